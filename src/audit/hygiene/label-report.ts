import type { Finding, Search } from "../findings.js";
import type { HygieneColumns, HygienePicture } from "./types.js";

/** What is said of a picture's label. */
export type LabelColumns = Pick<HygieneColumns, "label_quality" | "label_issue" | "suggested_label">;

export interface LabelReport {
  /** Of the pictures that could be judged. */
  readonly columns: ReadonlyMap<HygienePicture, LabelColumns>;
  readonly search: Search;
  readonly findings: readonly Finding[];
}
