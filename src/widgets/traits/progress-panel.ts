/** Traits of {@link ProgressPanel}, which its browser half reads. */
export interface ProgressPanelTraits {
  title: string;
  state: "working" | "done" | "failed" | "cancelled";
  done: number;
  total: number;
  /** Milliseconds since the work began. */
  elapsed: number;
  /** Milliseconds to go, by the pace so far; null while unknown. */
  left: number | null;
  /** Passes done and convergence (0…1), pair by pair. */
  convergence: readonly number[];
  /** The first map so far: float32 values. */
  map: Uint8Array;
  map_width: number;
  map_height: number;
  /** What went wrong and what to do. */
  message: string;
}
