/** What brings pictures together on a map: what the model sees in them, or where it looks. */
export const LAYOUTS = ["features", "maps"] as const;

/** One of {@link LAYOUTS}. */
export type LayoutKind = (typeof LAYOUTS)[number];

/** Pictures in a plane, the alike beside each other. */
export interface PictureLayout {
  /** Number of each picture: its shard times the shard's size, and its place in it. */
  readonly ids: Int32Array;
  /** x and y of each, 0…1. */
  readonly places: Float32Array;
  /** On the map of an earlier audit: where each picture lay there; NaN for one that it did not have. */
  readonly earlier?: Float32Array;
  /** How it was made: a sentence. */
  readonly note: string;
}
