import type { Polarity } from "../../src/render/config.js";
import type { MapLike } from "../../src/render/noise.js";
import type { Percentiles, Range } from "../../src/render/prepared-map.js";

const BINS = 60;

/** How often values occur. */
export interface Histogram {
  /** Of each bin. */
  readonly centres: readonly number[];
  readonly counts: readonly number[];
}

/** The values that an axis shows: of evidence for and against as much on either side, else from the least to the most. */
export function boundsOf({ data, signed }: MapLike, polarity: Polarity): Range {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of data) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) return { low: 0, high: 1 };
  if (!signed || polarity !== "both") return { low, high };
  const most = Math.max(-low, high);
  return { low: -most, high: most };
}

export function histogramOf({ data }: MapLike, { low, high }: Range): Histogram {
  const width = (high - low) / BINS || 1;
  const counts = new Array<number>(BINS).fill(0);
  for (const value of data) {
    if (Number.isFinite(value)) counts[Math.min(BINS - 1, Math.floor((value - low) / width))] += 1;
  }
  return { centres: counts.map((_, i) => low + (i + 0.5) * width), counts };
}

/** The lowest and the highest percentile at which a value stands. */
export function percentilesAt(
  percentiles: Percentiles,
  polarity: Polarity,
  value: number,
): { below: number; above: number } {
  const search = (isRight: (at: number) => boolean) => {
    let [left, right] = [0, 100];
    for (let i = 0; i < 24; i++) {
      const middle = (left + right) / 2;
      if (isRight(percentiles.at(middle, polarity))) right = middle;
      else left = middle;
    }
    return { left, right };
  };
  const below = search((at) => at >= value).right;
  const above = search((at) => at > value).left;
  return {
    below: percentiles.at(0, polarity) >= value ? 0 : below,
    above: percentiles.at(100, polarity) <= value ? 100 : above,
  };
}
