import type { VisualizationConfig } from "../../src/render/config.js";
import type { Drawing } from "./drawing.js";
import type { ShownExplanation } from "./explanation.js";

/** The `visualize` call that draws what is shown. */
export function codeOf(explanation: ShownExplanation, target: number, config: VisualizationConfig): string {
  const { index } = explanation.targets[target];
  const options = Object.entries({ ...config, targets: index })
    .map(([key, value]) => `  ${key}: ${JSON.stringify(value)},`)
    .join("\n");
  return `await visualize(explanation, {\n${options}\n});`;
}

/** The `visualization` object that Google's explanation metadata has for what is shown. */
export function googleConfig(config: Drawing["config"]): Record<string, unknown> {
  const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);
  return {
    type: capital(config.type),
    polarity: config.polarity,
    clip_percent_lowerbound: config.clipBelow,
    clip_percent_upperbound: config.clipAbove,
    color_map: config.colourMap,
    overlay_type: config.overlay,
  };
}
