import type { Deed, PictureNote } from "../audit/annotations/types.js";
import type { LabelTally } from "../audit/labels/label-counts.js";
import type { LabelMeasures } from "../audit/labels/label-measures.js";
import type { LayoutKind, PictureLayout } from "../audit/layout/types.js";
import type { Calibration } from "../audit/measures/calibration.js";
import type { Confusion } from "../audit/measures/confusion.js";
import type { PictureClaim, ShortcutProof } from "../audit/proofs/types.js";

export type { LayoutKind, PictureLayout } from "../audit/layout/types.js";
export type { PictureClaim, ProofSide, ShortcutProof } from "../audit/proofs/types.js";

/** What the explorer's two halves tell each other: the questions of a page and the answers of an audit. */

/** A column of the pictures' table, and how it is shown and filtered. */
export interface Column {
  readonly name: string;
  /**
   * "category": some values, each with its count; "number": a histogram; "set": several values a picture, as tags are;
   * "text": too many values to list, searched and sorted by.
   */
  readonly kind: "category" | "number" | "set" | "text";
  /** The least and the largest number of a column of numbers. */
  readonly low?: number;
  readonly high?: number;
  /** Whether its numbers are times: milliseconds since 1970, UTC. */
  readonly time?: boolean;
  /** Whether a list of the pictures brought it. */
  readonly listed?: boolean;
}

/** One thing that pictures are held against. */
export type Condition =
  /** The column has one of these values; null is none at all. */
  | { readonly kind: "values"; readonly column: string; readonly values: readonly (string | null)[] }
  /** The column's number is from `from` to `to`, both included. */
  | { readonly kind: "range"; readonly column: string; readonly from: number; readonly to: number }
  /** Each word is in one of the picture's texts, whatever its case. */
  | { readonly kind: "text"; readonly text: string }
  /** A condition in SQL over the columns of `results`. */
  | { readonly kind: "sql"; readonly where: string }
  /** Certain pictures, by their numbers. */
  | { readonly kind: "pictures"; readonly ids: readonly number[]; readonly name: string };

/** Pictures for which every condition holds. */
export type Filter = readonly Condition[];

export interface Sort {
  readonly column: string;
  readonly descending: boolean;
}

/** How many pictures have each value, of those that all other conditions leave. */
export type Facet =
  | {
      readonly kind: "values";
      readonly column: string;
      /** The most frequent ones and those that are chosen; null stands for no value. */
      readonly values: readonly { readonly value: string | null; readonly count: number }[];
      /** Values that are not listed. */
      readonly more: number;
    }
  | {
      readonly kind: "range";
      readonly column: string;
      /** Pictures in each of as many equal steps from the column's least number to its largest. */
      readonly counts: readonly number[];
      /** Pictures without a number. */
      readonly missing: number;
    };

/** What is to be said of pictures as a whole. */
export interface Overview {
  /** Null where labels are independent: `labels` takes their place. */
  readonly confusion: Confusion | null;
  readonly calibration: Calibration | null;
  readonly labels: LabelOverview | null;
  /** Pictures in each of as many equal steps of confidence from 0 to 1: right and wrong ones, and those of unknown truth. */
  readonly confidence: Readonly<Record<"right" | "wrong" | "unknown", readonly number[]>>;
  /** Pictures that could not be looked at, by the code of their error. */
  readonly leftOut: readonly { readonly code: string; readonly pictures: number; readonly example: string }[];
  /** What the audit noticed of the pictures and their truths: sentences. */
  readonly notes: readonly string[];
  /** What was found and assumed where the model was loaded: sentences. */
  readonly assumed: readonly string[];
  /** Numbers of wrong answers, those whose truth was given the least probability first. */
  readonly surprising: readonly number[];
  /** What the audit flags, in sentences, and the numbers of the pictures. */
  readonly findings: readonly ShownFinding[];
  /** What was not looked for, and why: sentences. */
  readonly notLookedFor: readonly string[];
}

/** What is to be said of independent labels. */
export interface LabelOverview extends LabelTally {
  /** Average precision and calibration, of all pictures of the audit. */
  readonly whole: LabelMeasures;
}

/** What the audit flags. */
export interface ShownFinding {
  /** Its place among the audit's findings. */
  readonly index: number;
  readonly kind: string;
  readonly claim: string;
  /** Numbers of its pictures. */
  readonly ids: Int32Array;
  /** Of pictures that are the same: both of each pair, at most so many pairs as a page shows. */
  readonly pairs: readonly (readonly [one: number, other: number])[];
  /** Whether the model can prove it: it says of a place or a property that it decides about a class. */
  readonly provable: boolean;
  /** What the model said when it was tested; null before. */
  readonly proof: ShortcutProof | null;
}

/** A column's value for each picture. */
export interface ColumnValues {
  readonly ids: Int32Array;
  /** NaN for none; where there are labels the place of one, and 8 for a rarer one. */
  readonly values: Float32Array;
  /** The most frequent ones of a column of texts; null for numbers. */
  readonly labels: readonly string[] | null;
}

/** How far a test is. */
export interface TestProgress {
  readonly done: number;
  /** 0 where it is not known. */
  readonly total: number;
}

/** What people did with the pictures so far, and what whoever asks may take back. */
export interface Annotated {
  /** Who asks. */
  readonly by: string;
  /** Grows with whatever anybody does. */
  readonly revision: number;
  readonly tags: readonly NamedPictures[];
  readonly slices: readonly NamedPictures[];
  /** What pages showed, kept under names. */
  readonly views: readonly { readonly name: string; readonly state: string }[];
  /** What would be taken back, and what would be done again: "tagged 12 pictures 'watermark'". */
  readonly undo: string | null;
  readonly redo: string | null;
  /** What was done last, the latest at the end. */
  readonly recent: readonly Deed[];
  /** What could not be read of it, in sentences. */
  readonly notices: readonly string[];
}

/** How many pictures go by a name. */
export interface NamedPictures {
  readonly name: string;
  readonly pictures: number;
}

/** What somebody does with pictures; null takes away. */
export type Doing =
  | { readonly kind: "tag" | "untag"; readonly tag: string; readonly ids: readonly number[] }
  | { readonly kind: "note"; readonly text: string; readonly ids: readonly number[] }
  | { readonly kind: "edit-note"; readonly note: string; readonly text: string | null }
  | { readonly kind: "slice"; readonly name: string; readonly ids: readonly number[] | null }
  | { readonly kind: "view"; readonly name: string; readonly state: string | null }
  | { readonly kind: "undo" | "redo" };

/** What pictures leave an audit as: a file of rows, or a dataset that FiftyOne opens. */
export const EXPORT_FORMATS = ["csv", "parquet", "fiftyone"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** A file of pictures' rows. */
export interface Exported {
  readonly bytes: Uint8Array;
  /** MIME type, and how the file's name ends. */
  readonly type: string;
  readonly ending: string;
  /** What whoever opens it should know. */
  readonly notes: readonly string[];
}

/** What a page needs to know of an audit before it asks for pictures. */
export interface AuditFacts {
  readonly model: string;
  /** SHA-256 of the model's file, hex. */
  readonly sha256: string;
  readonly method: string;
  readonly seed: number;
  readonly pictures: number;
  readonly columns: readonly Column[];
  readonly notes: readonly string[];
  /** The model of the earlier audit that this one is held against; null where there is none. */
  readonly before: string | null;
  /** Whether the audited model is at hand, so that claims can be tested. */
  readonly live: boolean;
  /** How to bring the model, where it is not: a sentence. */
  readonly howToTest: string;
  /** Side of a thumbnail in pixels, and how many stand in a row of a sheet. */
  readonly thumbnail: { readonly side: number; readonly columns: number };
}

/** A picture in the grid. */
export interface GridRow {
  readonly id: number;
  readonly path: string;
  readonly prediction: string | null;
  readonly probability: number | null;
  readonly truth: string | null;
  readonly correct: boolean | null;
  readonly case: string | null;
  readonly error: string | null;
  /** Its tags, with `|` between them. */
  readonly tags: string | null;
  /** Whether anybody noted something. */
  readonly noted: boolean;
  /** Where its thumbnail is. */
  readonly shard: number;
  readonly cell: number;
}

/** Maps of pictures, one after the other, all of one size. */
export interface GridMaps {
  readonly width: number;
  readonly height: number;
  /** NaN where a picture has no map. */
  readonly values: Float32Array;
}

/** All that is known of a picture. */
export interface PictureDetail {
  readonly id: number;
  /** Every column of the audit. */
  readonly row: Readonly<Record<string, string | number | boolean | null>>;
  /** Where its file is. */
  readonly file: string;
  /** What the audit flags it for, in sentences. */
  readonly flags: readonly string[];
  readonly tags: readonly string[];
  /** Slices that were kept in the explorer. */
  readonly slices: readonly string[];
  readonly notes: readonly PictureRemark[];
  /** Pictures whose maps are most alike, the most alike first. */
  readonly neighbours: readonly { readonly id: number; readonly similarity: number }[];
  /** What the model said when the picture was tested last; null before. */
  readonly tested: PictureClaim | null;
}

/** A note on a picture, and on how many it is altogether. */
export type PictureRemark = Omit<PictureNote, "pictures"> & { readonly pictures: number };

/**
 * What a page asks of an audit; `Explorer` answers, through a server on this machine, a notebook's kernel or the page
 * itself.
 */
export interface ExplorerBackend {
  about(): Promise<AuditFacts>;
  /** The numbers of the pictures that a filter leaves, in their order; in the audit's own where none is given. */
  order(filter: Filter, sort: Sort | null): Promise<Int32Array>;
  /** One for each column that is named. */
  facets(filter: Filter, columns: readonly string[]): Promise<Facet[]>;
  /** Pictures by their numbers, in any order; numbers that no picture has are left out. */
  rows(ids: readonly number[]): Promise<GridRow[]>;
  overview(filter: Filter): Promise<Overview>;
  /** What people did with the pictures. */
  annotated(): Promise<Annotated>;
  /** Does something with pictures, for all who work on the audit. */
  annotate(doing: Doing): Promise<Annotated>;
  /** The rows of the pictures that a filter leaves, in the audit's order. */
  export(filter: Filter, format: ExportFormat): Promise<Exported>;
  /** One map for each number. */
  maps(ids: readonly number[]): Promise<GridMaps>;
  detail(id: number): Promise<PictureDetail>;
  /** The thumbnails of a shard's pictures on one sheet, WebP. */
  sheet(shard: number): Promise<Uint8Array>;
  /** Where the pictures lie by what the model sees or where it looks. */
  layout(by: LayoutKind): Promise<PictureLayout>;
  /** What a map is coloured by. */
  values(column: string): Promise<ColumnValues>;
  /** Hides what the map of a picture claims; one test at a time, a later one ends the one before. */
  testPicture(id: number): Promise<PictureClaim>;
  /** Tests a finding on its pictures, both ways. @param index its place among the audit's findings */
  prove(index: number): Promise<ShortcutProof>;
  /** How far the test under way is; null where there is none. */
  progress(): Promise<TestProgress | null>;
  /** Ends the test under way. */
  cancel(): Promise<null>;
  /** A picture as it is now, no larger than a screen shows, JPEG. */
  picture(id: number): Promise<Uint8Array>;
}
