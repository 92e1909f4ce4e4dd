import type { AuditRow } from "../row.js";

/**
 * One picture's line in `hygiene.parquet`, the table `hygiene`, in the order of the results: which picture it repeats,
 * whether its label is to be believed, what is odd about its pixels. Null where nothing can be said.
 */
export interface HygieneRow {
  readonly path: string;
  /** As in the results: `results join hygiene using (shard, map_row)`. */
  readonly shard: number;
  readonly map_row: number;
  /** Number of the group of pictures that are the same; null for one that stands alone. */
  readonly duplicate_group: number | null;
  /** "exact" where another file of the group has the same bytes, else "near". */
  readonly duplicate: "exact" | "near" | null;
  /** Path of the other picture of the group that it is most like. */
  readonly duplicate_of: string | null;
  /** Correlation of their aligned pixels, 0…1. */
  readonly similarity: number | null;
  /** Whether pictures of the group have different true classes; null where that is not known. */
  readonly conflicting: boolean | null;
  /** Whether pictures of the group are in different splits; null where that is not known. */
  readonly leak: boolean | null;
  /** Path of the picture in another split that it is most like; null without a leak. */
  readonly leak_of: string | null;
  /**
   * Probability of the true class by a model that has not learned from the picture, the audited or a cross-validated one, 0…1; of
   * independent labels how probable what is said of the least believable one is.
   */
  readonly label_quality: number | null;
  /** Whether the true class is likely to be wrong, or one of independent labels to be missing or too many, by confident learning. */
  readonly label_issue: boolean | null;
  /** The class that it is more likely to be, or the independent labels that it is likely to have; null without an issue. */
  readonly suggested_label: string | null;
  readonly dark: boolean | null;
  readonly bright: boolean | null;
  readonly blurred: boolean | null;
  readonly grey: boolean | null;
  readonly odd_aspect: boolean | null;
  readonly low_information: boolean | null;
}

/** What is looked at: a picture without an error, and what the audit knows of it. */
export interface HygienePicture
  extends Pick<AuditRow, "path" | "shard" | "map_row" | "truth" | "split">,
    Record<PixelMeasure | "width" | "height", number> {
  readonly sha256: string;
}

/** What the pixels of each picture are measured by. */
export type PixelMeasure = "brightness" | "darkest" | "brightest" | "saturation" | "sharpness" | "entropy";

/** What is found out about a picture. */
export type HygieneColumns = Omit<HygieneRow, "path" | "shard" | "map_row">;

/** Pictures that are the same, as files or as seen. */
export interface DuplicateGroup {
  readonly group: number;
  /** "exact" where all files have the same bytes, else "near". */
  readonly kind: "exact" | "near";
  readonly pictures: readonly {
    readonly path: string;
    readonly truth: string | null;
    readonly split: string | null;
    /** Correlation with the picture of the group that it is most like. */
    readonly similarity: number;
  }[];
  /** Whether their true classes differ, and whether their splits do. */
  readonly conflicting: boolean;
  readonly leak: boolean;
}

/** A picture whose label is likely to be wrong. */
export interface LabelIssue {
  readonly path: string;
  /** The label that it has. */
  readonly label: string;
  readonly suggested: string;
  /** Probability of the label that it has: the least believable first. */
  readonly quality: number;
}
