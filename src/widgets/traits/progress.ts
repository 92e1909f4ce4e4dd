/** How far work is that the reader can cancel. */
export interface WireProgress {
  readonly done: number;
  readonly total: number;
  /** Milliseconds to go; null while unknown. */
  readonly left: number | null;
}

/** The reader cancels the work. */
export interface CancelRequest {
  readonly type: "cancel";
}
