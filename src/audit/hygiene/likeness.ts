import { agreementOf, correlation } from "./agreement.js";
import { GRID, type Luma, type Window } from "./perceptual-hash.js";

/** How two pictures lie on each other. */
export interface Alignment {
  /** The part of the first one that the second one shows. */
  readonly window: Window;
  /** Whether the second one is mirrored. */
  readonly mirrored: boolean;
}

/** How alike two pictures are where they are laid on each other best, and how they lie. */
export interface Likeness extends Alignment {
  /** Correlation of their slopes, −1…1; 0 where it is plain at once that they differ. */
  readonly similarity: number;
  /** Whether they are the same picture. */
  readonly same: boolean;
}

/** Cells along each side that are compared: half of the grid's, as what is smaller does not survive that a picture is saved again. */
const SIDE = GRID / 2;
/** Steps by which a window is moved and scaled until the pictures agree most, how many cells a side they are held on, and how much they must agree before to be worth it. */
const SEARCH = [
  { step: 0.04, side: SIDE / 2, least: 0.5 },
  { step: 0.02, side: SIDE / 2, least: 0.8 },
  { step: 0.01, side: SIDE, least: 0.85 },
];
/** A window with shorter sides is no crop any more. */
const LEAST_SIDE = 0.85;
const WHOLE: Window = { x: 0, y: 0, width: 1, height: 1 };

/**
 * Moves the window until the pictures agree most, then compares their slopes: those of pictures that are the same agree,
 * those of others do not, however alike their light and shade.
 */
export function likeness(first: Luma, second: Luma, { window: start, mirrored }: Alignment): Likeness {
  let window = start;
  for (const { step, side, least } of SEARCH) {
    const target = sampled(second, WHOLE, side, mirrored);
    const agreement = (one: Window) => correlation(sampled(first, one, side, false), target);
    let best = agreement(window);
    if (best < least) return { similarity: 0, same: false, window, mirrored };
    for (let improved = true; improved; ) {
      improved = false;
      for (const next of neighbours(window, step)) {
        const value = agreement(next);
        if (value > best + 1e-6) [best, window, improved] = [value, next, true];
      }
    }
  }
  const here = sampled(first, window, SIDE, false);
  const there = sampled(second, WHOLE, SIDE, mirrored);
  return { ...agreementOf(here, there, SIDE), window, mirrored };
}

function neighbours({ x, y, width, height }: Window, step: number): Window[] {
  const moved = [
    { x: x - step, y, width, height },
    { x: x + step, y, width, height },
    { x, y: y - step, width, height },
    { x, y: y + step, width, height },
    { x: x - step / 2, y, width: width + step, height },
    { x: x + step / 2, y, width: width - step, height },
    { x, y: y - step / 2, width, height: height + step },
    { x, y: y + step / 2, width, height: height - step },
  ];
  const slack = 1e-9;
  return moved.filter(
    (one) =>
      one.x >= -slack &&
      one.y >= -slack &&
      one.x + one.width <= 1 + slack &&
      one.y + one.height <= 1 + slack &&
      one.width >= LEAST_SIDE &&
      one.height >= LEAST_SIDE,
  );
}

/** A window of a picture, [side · side], between its cells linearly. */
function sampled(luma: Luma, { x, y, width, height }: Window, side: number, mirrored: boolean): Float32Array {
  const out = new Float32Array(side * side);
  const at = (i: number, start: number, length: number) =>
    Math.min(GRID - 1, Math.max(0, (start + ((i + 0.5) / side) * length) * GRID - 0.5));
  for (let row = 0; row < side; row++) {
    const v = at(row, y, height);
    const top = Math.floor(v);
    const below = Math.min(GRID - 1, top + 1);
    const down = v - top;
    for (let column = 0; column < side; column++) {
      const u = at(column, x, width);
      const left = Math.floor(u);
      const right = Math.min(GRID - 1, left + 1);
      const across = u - left;
      const upper = luma[top * GRID + left] * (1 - across) + luma[top * GRID + right] * across;
      const lower = luma[below * GRID + left] * (1 - across) + luma[below * GRID + right] * across;
      out[row * side + (mirrored ? side - 1 - column : column)] = upper * (1 - down) + lower * down;
    }
  }
  return out;
}
