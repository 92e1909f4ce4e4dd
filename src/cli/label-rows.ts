import type { LabelMeasures } from "../audit/index.js";
import type { Rows } from "./terminal.js";

/** A row for each independent label. */
export const labelRows = ({ labels }: LabelMeasures): Rows =>
  labels.map(({ label, pictures, seen, right, recall, precision, averagePrecision, calibration }) => ({
    label,
    pictures,
    missed: pictures - right,
    mistaken: seen - right,
    recall,
    precision,
    "average precision": averagePrecision,
    "calibration error": calibration.ece,
  }));
