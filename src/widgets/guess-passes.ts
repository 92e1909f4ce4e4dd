import { random } from "../core/random.js";
import { median } from "../core/statistics.js";
import type { Work } from "../core/work.js";
import type { Region } from "../evaluate/region.js";
import { scoresOfMasks, writeElsewhere } from "../evaluate/region-passes.js";
import type { PreparedImage } from "../image/types.js";
import type { Model } from "../model/types.js";
import { type Fill, fillable, fillTensor, subtract } from "../perturb/fill.js";
import { probability } from "../render/format.js";

/** What is hidden, and how. */
export interface GuessPlan {
  readonly guesses: readonly Region[];
  readonly map: Region;
  /** Index of the class whose probability is watched. */
  readonly target: number;
  readonly fill: Fill;
  /** Random regions that the guesses are compared with, and as many for the map's region. */
  readonly controls: number;
  readonly seed: number;
}

/** Probabilities of the class with each region hidden. */
export interface GuessScores {
  readonly guesses: readonly number[];
  readonly map: number;
  readonly random: readonly number[];
  readonly randomOfMap: readonly number[];
}

/** Hides every guess, the map's region and random regions of the same shapes, one pass of the model each. */
export async function passGuesses(
  model: Model,
  { tensor: input }: PreparedImage,
  { guesses, map, target, fill, controls, seed }: GuessPlan,
  work: Work,
): Promise<GuessScores> {
  const size = map.mask.length;
  const first = guesses.length + 1;
  const masks = new Float32Array((first + 2 * controls) * size);
  for (const [i, { mask }] of [...guesses, map].entries()) masks.set(mask, i * size);
  const source = random(seed);
  writeElsewhere(guesses, source, masks.subarray(first * size, (first + controls) * size));
  writeElsewhere([map], source, masks.subarray((first + controls) * size));
  const hidden = fillTensor(fillable(model, input), fill);
  const scores = model.probabilities(
    await scoresOfMasks(model, { base: input, delta: subtract(hidden, input) }, masks, work),
  );
  const classes = scores.dims[1];
  const all = Array.from({ length: scores.dims[0] }, (_, n) => scores.data[n * classes + target]);
  return {
    guesses: all.slice(0, guesses.length),
    map: all[guesses.length],
    random: all.slice(first, first + controls),
    randomOfMap: all.slice(first + controls),
  };
}

/** The rank of each probability: 1 for the lowest, equal ones share a rank. */
export function ranksOf(after: readonly number[]): number[] {
  return after.map((value) => 1 + after.filter((other) => other < value).length);
}

/** What a round of guesses came to, in a sentence that claims no more than was measured. */
export function describeGuesses(
  { share, fill, label, before }: { share: number; fill: Fill; label: string; before: number },
  names: readonly string[],
  { guesses, map, random: elsewhere }: GuessScores,
): string {
  const best = guesses.indexOf(Math.min(...guesses));
  const whose = guesses.length === 1 ? `${names[0]}'s guess` : `${names[best]}'s guess, the best of ${guesses.length},`;
  const chance =
    elsewhere.length > 0
      ? `; the median of ${elsewhere.length} random regions is ${probability(median(elsewhere))}`
      : "";
  return (
    `hiding ${Math.round(100 * share)} % of the picture (${fill}) takes ${label} from ${probability(before)} ` +
    `to ${probability(guesses[best])} by ${whose} and to ${probability(map)} by the map's region${chance}`
  );
}
