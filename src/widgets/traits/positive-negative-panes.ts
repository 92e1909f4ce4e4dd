import type { WireExplanation } from "./explanation.js";

/** Traits of {@link PositiveNegativePanes}, which its browser half reads. */
export interface PositiveNegativePanesTraits {
  explanations: readonly WireExplanation[];
  /** Which of the targets is shown. */
  target: number;
  /** Zones on each side, at most. */
  zones: number;
}
