import { displaySymbol, type MimeBundle } from "../core/display.js";
import type { Explanation } from "../explain/explanation.js";
import type { VisualizationConfig } from "../render/config.js";
import { visualize } from "../render/visualize.js";

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text as it may stand in markup. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]);
}

/** The figure that `visualize` makes, for places that run no JavaScript. */
export async function fallbackFigure(explanation: Explanation, config: VisualizationConfig): Promise<MimeBundle> {
  const figure = await visualize(explanation, config);
  return figure[displaySymbol]();
}

/** A sentence, above the figure of an explanation where there is one, for places that run no JavaScript. */
export async function fallbackSentence(sentence: string, explanation: Explanation | undefined): Promise<MimeBundle> {
  const shown = explanation && (await fallbackFigure(explanation, {}));
  return {
    ...shown,
    "text/html": `<p>${escapeHtml(sentence)}</p>${shown?.["text/html"] ?? ""}`,
    "text/plain": sentence,
  };
}
