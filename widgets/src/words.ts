import type { Provenance } from "../../src/explanation/parts.js";
import { colourMaps } from "../../src/render/colour-maps.js";
import { describeMap } from "../../src/render/describe.js";
import { duration } from "../../src/render/format.js";
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

/** What a map cost, in runs of the model and time. */
export function cost({ forwardPasses: forward, backwardPasses: backward, milliseconds }: Provenance): string {
  const passes = backward > 0 ? `${forward} + ${backward} back passes` : forward === 1 ? "1 pass" : `${forward} passes`;
  return `${passes} · ${duration(milliseconds)}`;
}

/** What a map shows, for those who do not see it. */
export function altText({ name, targets, maps, scales, provenance }: ShownExplanation, target: number): string {
  return `Map of ${provenance.method} for ${targets[target].label} on ${name}: ${describeMap(maps[target], scales[target])}.`;
}
