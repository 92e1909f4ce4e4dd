import type { Column } from "../../../src/explorer/types.js";
import { mapValue, oneLine } from "../../../src/render/format.js";

/** Columns that have a plainer name than their own. */
const TITLES: Readonly<Record<string, string>> = {
  noted: "noted by",
  border_share: "evidence at the border",
  mask_share: "evidence on the mask",
  second: "second class",
  second_probability: "probability of the second class",
  truth_probability: "probability of the truth",
  peak_x: "peak, from the left",
  peak_y: "peak, from the top",
  sha256: "SHA-256",
};

/** What a column is called on the page. */
export const columnTitle = (name: string): string =>
  Object.hasOwn(TITLES, name) ? TITLES[name] : oneLine(name.replaceAll("_", " "));

/** A number of a column as it is read: times by their date, to the minute where they are not whole days. */
export function columnValue({ time = false }: Pick<Column, "time">, value: number): string {
  if (!time) return mapValue(value);
  const [day, hour] = new Date(value).toISOString().split("T");
  return hour.startsWith("00:00") ? day : `${day} ${hour.slice(0, 5)}`;
}
