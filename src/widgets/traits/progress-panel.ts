/** Traits of {@link ProgressPanel}, which its browser half reads. */
export interface ProgressPanelTraits {
  /** What is being done, in words. */
  title: string;
  /** How the work stands. */
  state: "working" | "done" | "failed" | "cancelled";
  /** Passes, or other units of work, that are done. */
  done: number;
  /** Units of work in all. */
  total: number;
  /** Milliseconds since the work began. */
  elapsed: number;
  /** Milliseconds to go, by the pace so far; null while unknown. */
  left: number | null;
  /** Passes done and convergence (0…1), pair by pair. */
  convergence: readonly number[];
  /** The first map so far: float32 values. */
  map: Uint8Array;
  /** Columns of `map`; 0 while there is none. */
  map_width: number;
  /** Rows of `map`; 0 while there is none. */
  map_height: number;
  /** What went wrong and what to do. */
  message: string;
}
