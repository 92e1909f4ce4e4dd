/** A raw map at its method's own resolution, rows from the top left. */
export interface StoredMap {
  readonly data: Float32Array;
  readonly height: number;
  readonly width: number;
}

/** Where a picture's map is stored. */
export interface MapPlace {
  readonly shard: number;
  readonly map_row: number;
}

/** Which pictures a slice is about: by an SQL condition, a cluster's number or their paths. */
export interface SliceChoice {
  where?: string;
  cluster?: number;
  pictures?: readonly string[];
  /** What must hold, as in `Slice.expect`. */
  expect?: string;
}
