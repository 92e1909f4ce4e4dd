import type { VisualizationConfig } from "../../render/config.js";
import type { WireExplanation } from "./explanation.js";

/** Traits of {@link MethodComparison}, which its browser half reads. */
export interface MethodComparisonTraits {
  /** One explanation for each method, all of one picture. */
  explanations: readonly WireExplanation[];
  /** Each map on its own scale instead of one for all maps of a method. */
  separate: boolean;
  /** Which class the agreement is about, by its index in the model. */
  target: number;
  /** How the maps are drawn, as `visualize` takes it. */
  config: VisualizationConfig;
}
