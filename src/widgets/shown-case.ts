import type { CaseAnswer } from "../explain/cases.js";
import type { Explanation } from "../explain/explanation.js";
import type { RawImage } from "../image/types.js";

/** A picture of `CaseBrowser`, wherever it comes from. */
export interface ShownCase {
  readonly name: string;
  /** Large enough for a thumbnail. */
  readonly image: RawImage;
  /** Most probable first; the true class is among them where the model gives it any weight. */
  readonly predictions: readonly CaseAnswer[];
  readonly truth?: string;
  /** Share of the evidence in the strongest tenth of the map, 0…1; null without a map. */
  readonly concentration: number | null;
  /** Its explanation, made when it is opened; absent where there is none and no model to make it. */
  explain?(signal: AbortSignal): Promise<Explanation>;
}
