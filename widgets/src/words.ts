import { colourMaps } from "../../src/render/colour-maps.js";
import type { ShownExplanation } from "./drawing.js";

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
  colourMaps: Object.keys(colourMaps).map((name) => [name, name.replaceAll("_", " ")] as const),
} as const;

/** What a map shows, in a sentence: where it is strongest, and how concentrated. */
export function describeMap({ name, targets, maps, provenance }: ShownExplanation, target: number): string {
  const map = maps[target];
  const { data, width, height } = map;
  const peak = data.reduce((best, value, i) => (value > data[best] ? i : best), 0);
  const column = ["left", "middle", "right"][Math.min(2, Math.floor((((peak % width) + 0.5) / width) * 3))];
  const row = ["upper", "middle", "lower"][Math.min(2, Math.floor(((Math.floor(peak / width) + 0.5) / height) * 3))];
  const sorted = Float32Array.from(data, (value) => Math.max(0, value)).sort();
  const all = sorted.reduce((sum, value) => sum + value, 0);
  let share = 0;
  let count = 0;
  while (count < sorted.length && share < all / 2) {
    count += 1;
    share += sorted[sorted.length - count];
  }
  const what = `Map of ${provenance.method} for ${targets[target].label} on ${name}`;
  if (all === 0) return `${what}: no evidence for the class.`;
  const percent = (part: number) => `${Math.max(1, Math.round(part * 100))} %`;
  const place = row === "middle" && column === "middle" ? "in the middle" : `at the ${row} ${column}`;
  return `${what}: strongest ${place}; half of the evidence in ${percent(count / sorted.length)} of the picture.`;
}
