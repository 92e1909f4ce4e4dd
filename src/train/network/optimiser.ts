import type { Weights } from "./parameters.js";

/** Learning rate and first momentum of one step. */
export interface Pace {
  readonly rate: number;
  readonly momentum: number;
}

/** Share of the steps on which the rate rises. */
const RISE = 0.2;
const START_DIVISOR = 25;
const END_DIVISOR = 10_000;
const [LEAST_MOMENTUM, MOST_MOMENTUM] = [0.85, 0.95];

/**
 * One cycle (Smith & Topin, 2018), as torch's `OneCycleLR` with `pct_start=0.2`: the rate rises from a 25th to its peak
 * and falls to almost nothing, both along a cosine, and momentum goes the other way.
 * @param step from 0
 */
export function oneCycle(step: number, steps: number, peak: number): Pace {
  const top = RISE * steps - 1;
  const rising = step <= top;
  const share = rising ? step / Math.max(1e-9, top) : (step - top) / Math.max(1e-9, steps - 1 - top);
  const between = (from: number, to: number) => to + ((from - to) / 2) * (1 + Math.cos(Math.PI * Math.min(1, share)));
  const start = peak / START_DIVISOR;
  return rising
    ? { rate: between(start, peak), momentum: between(MOST_MOMENTUM, LEAST_MOMENTUM) }
    : { rate: between(peak, start / END_DIVISOR), momentum: between(LEAST_MOMENTUM, MOST_MOMENTUM) };
}

const SECOND_MOMENTUM = 0.999;
const EPSILON = 1e-8;

/** Running means of gradients and of their squares. */
export interface Moments {
  readonly first: Weights;
  readonly second: Weights;
}

/**
 * AdamW (Loshchilov & Hutter, ICLR 2019, algorithm 2) in place.
 * @param step from 1
 * @param decay weight decay for a rate of 1
 */
export function adamW(
  weights: Weights,
  gradients: Weights,
  { first, second }: Moments,
  step: number,
  { rate, momentum, decay }: Pace & { decay: number },
): void {
  const firstCorrection = 1 - momentum ** step;
  const secondCorrection = 1 - SECOND_MOMENTUM ** step;
  for (const [name, values] of Object.entries(weights)) {
    const [gradient, mean, square] = [gradients[name], first[name], second[name]];
    for (let i = 0; i < values.length; i++) {
      const slope = gradient[i];
      mean[i] += (1 - momentum) * (slope - mean[i]);
      square[i] += (1 - SECOND_MOMENTUM) * (slope * slope - square[i]);
      const reach = Math.sqrt(square[i] / secondCorrection) + EPSILON;
      values[i] = values[i] * (1 - rate * decay) - (rate * (mean[i] / firstCorrection)) / reach;
    }
  }
}
