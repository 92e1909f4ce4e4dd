/** From this correlation of their slopes on, two pictures may be the same. */
export const SAME = 0.8;
/** Luma that differs by more levels than these, once light and contrast are evened out, is no trace of saving again. */
const MOST_LEFT = 8;
/** Steepness, in levels of luma from cell to cell, at which a slope counts half as much as the steepest. */
const HALF = 4;
/**
 * What slopes have to agree by that count nearly the same, the steep and the gentle: more where all run one way, as round a
 * single edge between dark and bright, which much else looks like.
 */
const LEAST_SHAPE = { anyWay: 0.725, oneWay: 0.875 };
/** Of pictures with little to see but one steep edge the rest is lost when they are saved: there hardly anything is left over, either. */
const PLAIN = { left: 1.25, slopes: 0.93, shape: 0.6 };

/** How far two pictures agree that lie on each other, and whether they are the same one. */
export interface Agreement {
  /** Correlation of their slopes, −1…1. */
  readonly similarity: number;
  readonly same: boolean;
}

/**
 * Compares slopes: those of pictures that are the same agree, those of others do not, however alike their light and shade.
 * One steep edge outweighs all else in that, so that the gentle slopes are asked as well, and what is left over.
 * @param here, there luma, [side · side]
 */
export function agreementOf(here: Float32Array, there: Float32Array, side: number): Agreement {
  const [own, other] = [slopes(here, side), slopes(there, side)];
  const similarity = correlation(own, other);
  if (similarity < SAME) return { similarity, same: false };
  const left = leftOver(here, there);
  const shape = correlation(evened(own), evened(other));
  const way = Math.max(oneWay(own), oneWay(other));
  const least = LEAST_SHAPE.anyWay + (LEAST_SHAPE.oneWay - LEAST_SHAPE.anyWay) * way;
  const plain = left < PLAIN.left && similarity >= PLAIN.slopes && shape >= PLAIN.shape;
  return { similarity, same: left < MOST_LEFT && (shape >= least || plain) };
}

/** Differences to the right and down, one after the other. */
function slopes(values: Float32Array, side: number): Float32Array {
  const out = new Float32Array(2 * values.length);
  for (let y = 0; y < side - 1; y++) {
    for (let x = 0; x < side - 1; x++) {
      const i = y * side + x;
      out[2 * i] = values[i + 1] - values[i];
      out[2 * i + 1] = values[i + side] - values[i];
    }
  }
  return out;
}

/** The same directions, steep slopes hardly longer than gentle ones. */
function evened(slope: Float32Array): Float32Array {
  const out = new Float32Array(slope.length);
  for (let i = 0; i < slope.length; i += 2) {
    const steepness = Math.hypot(slope[i], slope[i + 1]) + HALF;
    out[i] = slope[i] / steepness;
    out[i + 1] = slope[i + 1] / steepness;
  }
  return out;
}

/** How far all slopes run along one line, 0…1: the coherence of the structure tensor. */
function oneWay(slope: Float32Array): number {
  let [across, down, both] = [0, 0, 0];
  for (let i = 0; i < slope.length; i += 2) {
    across += slope[i] ** 2;
    down += slope[i + 1] ** 2;
    both += slope[i] * slope[i + 1];
  }
  return across + down > 0 ? Math.hypot(across - down, 2 * both) / (across + down) : 0;
}

/** Standard deviation, in levels, of what one picture's luma says nothing of in the other's. */
function leftOver(here: Float32Array, there: Float32Array): number {
  const mean = there.reduce((sum, value) => sum + value, 0) / there.length;
  const power = there.reduce((sum, value) => sum + (value - mean) ** 2, 0) / there.length;
  return Math.sqrt(power * Math.max(0, 1 - correlation(here, there) ** 2));
}

/** Pearson's; 0 where one of them is the same all over. */
export function correlation(a: Float32Array, b: Float32Array): number {
  let [sumA, sumB, ab, aa, bb] = [0, 0, 0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    sumA += a[i];
    sumB += b[i];
    ab += a[i] * b[i];
    aa += a[i] * a[i];
    bb += b[i] * b[i];
  }
  const count = a.length;
  const spread = (aa - sumA ** 2 / count) * (bb - sumB ** 2 / count);
  return spread > 0 ? (ab - (sumA * sumB) / count) / Math.sqrt(spread) : 0;
}
