import type { Random } from "../core/random.js";
import { ranks } from "../core/ranks.js";
import { mean } from "../core/statistics.js";

const RESAMPLES = 2000;

/** A mean and its 95 % interval. */
export interface Estimate {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Average ranks of competitors over metrics, one row a picture; 1 is the best, equal values share the mean of their ranks.
 * @param pictures for each picture and metric the competitors' values, larger is better
 */
export function averageRanks(pictures: readonly (readonly (readonly number[])[])[]): number[][] {
  return pictures.map((metrics) => {
    const each = metrics.map((values) => ranks(Float32Array.from(values, (value) => -value)));
    return metrics[0].map((_, competitor) => mean(each.map((row) => row[competitor])));
  });
}

/**
 * The mean of a column over pictures with its percentile bootstrap interval (Efron & Tibshirani 1993): pictures are drawn again with
 * replacement. Every call draws the same samples, so that differences are paired.
 */
export function bootstrap(values: readonly number[], random: Random): Estimate {
  const means = Float64Array.from({ length: RESAMPLES }, () => {
    let sum = 0;
    for (let i = 0; i < values.length; i++) sum += values[random.integer(values.length)];
    return sum / values.length;
  }).sort();
  return {
    mean: mean(values),
    low: means[Math.round(0.025 * RESAMPLES)],
    high: means[Math.round(0.975 * RESAMPLES) - 1],
  };
}
