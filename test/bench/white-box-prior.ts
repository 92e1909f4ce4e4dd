import { runSync } from "../../src/core/cooperative.js";
import type { RawMap } from "../../src/core/raw-map.js";
import { mean } from "../../src/core/statistics.js";
import { resizeMap } from "../../src/image/resize-map.js";
import type { RawImage } from "../../src/image/types.js";
import type { GpRiseOptions } from "../../src/methods/black-box/gp-rise/gp-rise.js";
import { dot } from "../../src/methods/black-box/gp-rise/linear-algebra.js";
import { PairProcess, type Solution } from "../../src/methods/black-box/gp-rise/pair-process.js";
import { MAP_SIDE, PRIOR_SIDE } from "../../src/methods/black-box/gp-rise/place-kernel.js";
import type { Design } from "./mask-designs.js";

/** What the white-box map would add to the scores, tried from −2 to 2 times their own deviation. */
const SHARES = Array.from({ length: 81 }, (_, i) => (i - 40) / 20);

interface Told {
  readonly image: RawImage;
  readonly prior: Pick<GpRiseOptions, "reach" | "colourReach">;
  readonly design: Design;
  readonly scores: readonly number[];
}

/**
 * gp-rise around a mean that is not zero: α times a white-box map, with the α under which the scores are likeliest; the
 * process explains what that leaves. Rasmussen & Williams, Gaussian Processes, §2.7.
 */
export function aroundWhiteBox({ image, prior, design, scores }: Told, whiteBox: RawMap): RawMap {
  const at = (side: number) => {
    const { data, width, height } = whiteBox;
    return Float64Array.from(resizeMap(data, width, height, side, side));
  };
  const level = mean(whiteBox.data);
  const coarse = at(PRIOR_SIDE).map((value) => value - level);
  const pairs = Array.from({ length: scores.length >> 1 }, (_, pair) => design.blocks(pair));
  const foretold = pairs.map((blocks) => dot(blocks, coarse));
  const unit =
    deviation(scores) / (Math.sqrt(dot(Float64Array.from(foretold), Float64Array.from(foretold)) / pairs.length) || 1);
  const series = SHARES.map((share) =>
    scores.map((score, n) => score - share * unit * (n % 2 === 0 ? foretold[n >> 1] : -foretold[n >> 1])),
  );
  const gaussian = runSync(PairProcess.of(image, prior));
  gaussian.add(pairs);
  const solutions = runSync(gaussian.solve(series));
  const costs = solutions.map((solution) => costOf(solution, scores.length));
  const best = costs.indexOf(Math.min(...costs));
  const { map } = solutions[best];
  const data = at(MAP_SIDE).map((value, p) => map.data[p] + SHARES[best] * unit * (value - level));
  return { data: Float32Array.from(data), width: MAP_SIDE, height: MAP_SIDE };
}

/** −log marginal likelihood of a series as it came: that of its standardised values, and the logarithm of their unit. */
const costOf = ({ fit, deviation }: Solution, count: number): number =>
  fit ? fit.cost + (count - 1) * Math.log(deviation) : Number.POSITIVE_INFINITY;

function deviation(values: readonly number[]): number {
  const middle = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - middle) ** 2)));
}
