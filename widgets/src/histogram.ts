import type { Polarity } from "../../src/render/config.js";
import type { MapLike } from "../../src/render/noise.js";
import type { Range } from "../../src/render/prepared-map.js";

const BINS = 60;

/** How often values occur, and where drawing begins and ends. */
export interface Histogram {
  readonly centres: readonly number[];
  readonly counts: readonly number[];
  readonly low: number;
  readonly high: number;
}

export function histogramOf({ data, signed }: MapLike, polarity: Polarity, { low, high }: Range): Histogram {
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of data) {
    if (value < min) min = value;
    if (value > max) max = value;
  }
  const width = (max - min) / BINS || 1;
  const counts = new Array<number>(BINS).fill(0);
  for (const value of data) {
    if (Number.isFinite(value)) counts[Math.min(BINS - 1, Math.floor((value - min) / width))] += 1;
  }
  const sign = signed && polarity === "negative" ? -1 : 1;
  return { centres: counts.map((_, i) => min + (i + 0.5) * width), counts, low: sign * low, high: sign * high };
}
