import type { Case } from "../../../src/explain/cases.js";
import { SERIES } from "../charts.js";

/** How a case is marked: colour is never alone. */
export interface CaseMark {
  readonly color: string;
  /** Plotly's name of the shape. */
  readonly symbol: string;
  /** The same shape as text. */
  readonly glyph: string;
}

export const CASE_MARKS: Readonly<Record<Case, CaseMark>> = {
  "true positive, high confidence": { color: SERIES[0], symbol: "circle", glyph: "●" },
  "true positive, low confidence": { color: SERIES[4], symbol: "circle-open", glyph: "○" },
  "false positive, high confidence": { color: SERIES[1], symbol: "x", glyph: "✖" },
  "false positive, low confidence": { color: SERIES[5], symbol: "x-open", glyph: "✕" },
  "missed class": { color: SERIES[3], symbol: "triangle-down", glyph: "▼" },
  "mixed predictions": { color: SERIES[2], symbol: "diamond", glyph: "◆" },
  "confident, truth unknown": { color: "#666666", symbol: "square", glyph: "■" },
  "uncertain, truth unknown": { color: "#999999", symbol: "square-open", glyph: "□" },
};
