/** One picture's line in `results.parquet`. Shares are 0…1 of the positive evidence; null where there is none to say. */
export interface AuditRow {
  readonly path: string;
  /** SHA-256 of the file's bytes, hex. */
  readonly sha256: string | null;
  /** Pixels of the picture as it stands upright. */
  readonly width: number | null;
  readonly height: number | null;
  /** True class or classes, separated by `|`; of independent labels all that are there, `none` where none is. */
  readonly truth: string | null;
  readonly prediction: string | null;
  readonly probability: number | null;
  readonly second: string | null;
  readonly second_probability: number | null;
  /** Probability of the true class; of several independent labels of the one that is given the least. */
  readonly truth_probability: number | null;
  /** Of independent labels those at .5 or above, separated by `|`, `none` where none is; null of classes that exclude each other. */
  readonly seen: string | null;
  /** True labels that are not seen, and seen ones that are not true; null where there are none. */
  readonly missed: string | null;
  readonly mistaken: string | null;
  /** Whether the prediction is true; of independent labels whether exactly the true ones are seen. */
  readonly correct: boolean | null;
  readonly case: string | null;
  readonly method: string | null;
  /** Where the map has its largest value, fractions of the model's view. */
  readonly peak_x: number | null;
  readonly peak_y: number | null;
  /** Share of the evidence in the strongest tenth of the view: .1 is flat, 1 a point. */
  readonly concentration: number | null;
  /** Share of the evidence in the outer tenth on each side. */
  readonly border_share: number | null;
  /** Share of the evidence on the object's mask. */
  readonly mask_share: number | null;
  /** Rank correlation of the map with those of other seeds or of slightly noisy copies, −1…1. */
  readonly stability: number | null;
  /** What the picture is for, where that is known: "train", "test", … */
  readonly split: string | null;
  /** Mean luma (Rec. 601) of the whole picture, 0 black … 1 white. */
  readonly brightness: number | null;
  /** Luma that 5 % of the picture do not reach, and that 95 % do not exceed, 0…1. */
  readonly darkest: number | null;
  readonly brightest: number | null;
  /** Mean difference between a pixel's strongest and weakest colour, 0 grey … 1. */
  readonly saturation: number | null;
  /** Variance of the luma's Laplacian over the variance of the luma itself, at most 256 pixels a side: 0 flat, under .01 blurred. */
  readonly sharpness: number | null;
  /** Entropy of the luma, bits: 0 of one value, 8 where all are equally frequent. */
  readonly entropy: number | null;
  /** Sentences about the picture or the map, separated by line breaks. */
  readonly notes: string | null;
  /** Code and words of the error for a picture that could not be looked at. */
  readonly error: string | null;
  /** Its map is row `map_row` of `maps/<shard>.npy`, its thumbnail cell `map_row` of `thumbnails/<shard>.webp`. */
  readonly shard: number;
  readonly map_row: number;
}

type ColumnType = "STRING" | "DOUBLE" | "INT32" | "BOOLEAN" | "TIMESTAMP";

const TYPES: Record<keyof AuditRow, ColumnType> = {
  path: "STRING",
  sha256: "STRING",
  width: "INT32",
  height: "INT32",
  truth: "STRING",
  prediction: "STRING",
  probability: "DOUBLE",
  second: "STRING",
  second_probability: "DOUBLE",
  truth_probability: "DOUBLE",
  seen: "STRING",
  missed: "STRING",
  mistaken: "STRING",
  correct: "BOOLEAN",
  case: "STRING",
  method: "STRING",
  peak_x: "DOUBLE",
  peak_y: "DOUBLE",
  concentration: "DOUBLE",
  border_share: "DOUBLE",
  mask_share: "DOUBLE",
  stability: "DOUBLE",
  split: "STRING",
  brightness: "DOUBLE",
  darkest: "DOUBLE",
  brightest: "DOUBLE",
  saturation: "DOUBLE",
  sharpness: "DOUBLE",
  entropy: "DOUBLE",
  notes: "STRING",
  error: "STRING",
  shard: "INT32",
  map_row: "INT32",
};

/** Names of the columns of `results.parquet`, in their order. */
export const auditColumns = Object.keys(TYPES) as readonly (keyof AuditRow)[];

/** A column of `results.parquet`, null where a picture has no value. */
export interface AuditColumn {
  readonly name: string;
  readonly type: ColumnType;
  readonly data: readonly (string | number | boolean | Date | null)[];
}

/** Rows as columns. */
export const columnsOf = (rows: readonly AuditRow[]): AuditColumn[] =>
  auditColumns.map((name) => ({ name, type: TYPES[name], data: rows.map((row) => row[name]) }));

/** Columns as a Parquet file. */
export async function parquetOf(columns: readonly AuditColumn[]): Promise<Uint8Array> {
  const { parquetWriteBuffer } = await import("hyparquet-writer");
  const columnData = columns.map(({ data, ...column }) => ({ ...column, nullable: true, data: [...data] }));
  return new Uint8Array(parquetWriteBuffer({ columnData }));
}
