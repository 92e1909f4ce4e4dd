import type { Provenance } from "../../src/explanation/parts.js";
import type { Prediction } from "../../src/model/types.js";
import { colourMaps } from "../../src/render/colour-maps.js";
import { describeMap } from "../../src/render/describe.js";
import { asking } from "../../src/render/figure-words.js";
import { duration, probability } from "../../src/render/format.js";
import { h } from "./dom.js";
import type { ShownExplanation } from "./explanation.js";

/** What choices are called on the page. */
export const WORDS = {
  overlays: [
    ["grayscale", "picture in grey"],
    ["original", "picture"],
    ["none", "nothing"],
    ["mask_black", "picture only where the evidence is"],
  ],
  types: [
    ["outlines", "outlines"],
    ["pixels", "every pixel"],
  ],
  polarities: [
    ["positive", "for the class"],
    ["negative", "against it"],
    ["both", "both"],
  ],
  resolutions: [
    ["smooth", "interpolated"],
    ["cells", "the method's own cells"],
    ["picture", "whole picture"],
  ],
  colourMaps: Object.keys(colourMaps).map((name) => [name, name.replaceAll("_", " ")] as const),
} as const;

/** What a picture's title asks: "Why tiger cat, .39?"; of a class that the model did not answer, what speaks for it. */
export function question(target: Prediction, prediction: Prediction): (Node | string)[] {
  const label = h("strong", {}, target.label);
  const p = (value: number) => h("span", { class: "sl-number", title: String(value) }, probability(value));
  const asked = [`${asking(target, prediction)} `, label, ", ", p(target.probability), "?"];
  if (asking(target, prediction) === "Why") return asked;
  const answer = [" The answer is ", prediction.label, ", ", p(prediction.probability), "."];
  return [...asked, h("span", { class: "sl-answer" }, ...answer)];
}

/** What a map cost, in runs of the model and time. */
export function cost({ forwardPasses: forward, backwardPasses: backward, milliseconds }: Provenance): string {
  const passes = backward > 0 ? `${forward} + ${backward} back passes` : forward === 1 ? "1 pass" : `${forward} passes`;
  return `${passes} · ${duration(milliseconds)}`;
}

/** What a map shows, for those who do not see it. */
export function altText({ name, targets, maps, scales, provenance }: ShownExplanation, target: number): string {
  return `Map of ${provenance.method} for ${targets[target].label} on ${name}: ${describeMap(maps[target], scales[target])}.`;
}
