import type { WireExplanation } from "./explanation.js";

/** Traits of {@link PositiveNegativePanes}, which its browser half reads. */
export interface PositiveNegativePanesTraits {
  /** The explanation that is shown: one, or none yet. */
  explanations: readonly WireExplanation[];
  /** Which of the targets is shown. */
  target: number;
  /** Zones on each side, at most. */
  zones: number;
}
