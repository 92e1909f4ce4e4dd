/** A map as the drawing code takes it; a `SaliencyMap` is one. */
export interface MapLike {
  readonly data: Float32Array;
  readonly width: number;
  readonly height: number;
  readonly signed: boolean;
  readonly regions?: Int32Array;
  readonly uncertainty?: Float32Array;
}

/** What can be said of a map before any colour: its range over the finite values, and whether it says anything. */
export interface Evidence {
  readonly low: number;
  readonly high: number;
  /** Differences up to this one are rounding, not evidence. */
  readonly floor: number;
  /** Cells that are NaN or infinite; they are never drawn. */
  readonly missing: number;
  readonly aboveNoise: boolean;
}

/**
 * What single-precision arithmetic through a deep network may leave of a difference that is really zero, relative to
 * the numbers it is made of (measured rounding differences between batch sizes are 1e-7…1e-6; ten times that).
 */
const ROUNDING = 1e-5;

/** Chance that a map of pure noise with a known standard deviation is taken for evidence. */
const FALSE_ALARM = 0.05;

/**
 * Whether a map holds evidence above noise. It does not when
 * - its values differ by no more than rounding: highest − lowest ≤ 1e-5 · max(|value|, `scale`), or
 * - every cell's standard deviation is known and no cell is further from zero (signed maps) or from the mean (others)
 *   than the largest of as many standard deviations may be by chance: √(2 ln(cells / .05)), or
 * - no value is finite.
 *
 * @param scale the size of the scores that the values are differences of (a probability, a logit); 0 where unknown.
 *   Centred maps need it: their values are small because they cancel, and rounding does not cancel with them.
 */
export function evidence(map: MapLike, scale = 0): Evidence {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  let sum = 0;
  let finite = 0;
  for (const value of map.data) {
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
    sum += value;
    finite++;
  }
  const missing = map.data.length - finite;
  if (finite === 0) return { low: 0, high: 0, floor: 0, missing, aboveNoise: false };
  const floor = ROUNDING * Math.max(Math.abs(low), Math.abs(high), scale);
  const centre = map.signed ? 0 : sum / finite;
  return { low, high, floor, missing, aboveNoise: high - low > floor && significant(map, centre, finite) };
}

function significant({ data, uncertainty }: MapLike, centre: number, cells: number): boolean {
  if (!uncertainty) return true;
  const limit = Math.sqrt(2 * Math.log(cells / FALSE_ALARM));
  return data.some((value, i) => Number.isFinite(value) && Math.abs(value - centre) > limit * uncertainty[i]);
}
