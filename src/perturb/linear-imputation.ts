/** Neighbours of a pixel and their weights: sides 1/6, corners 1/12. */
const NEIGHBOURS: readonly (readonly [down: number, right: number, weight: number])[] = [
  [-1, -1, 1 / 12],
  [-1, 0, 1 / 6],
  [-1, 1, 1 / 12],
  [0, -1, 1 / 6],
  [0, 1, 1 / 6],
  [1, -1, 1 / 12],
  [1, 0, 1 / 6],
  [1, 1, 1 / 12],
];
const WEIGHTS = NEIGHBOURS.map(([, , weight]) => weight);

/** Residual at which the equations count as solved, as a share of that of zeros. */
const TOLERANCE = 1e-6;

/** A plane with a border of one pixel, so that every pixel has eight neighbours. */
class Padded {
  readonly stride: number;
  readonly length: number;
  readonly offsets: readonly number[];

  constructor(
    readonly width: number,
    readonly height: number,
  ) {
    this.stride = width + 2;
    this.length = this.stride * (height + 2);
    this.offsets = NEIGHBOURS.map(([down, right]) => down * this.stride + right);
  }

  at(pixel: number): number {
    return (Math.floor(pixel / this.width) + 1) * this.stride + (pixel % this.width) + 1;
  }
}

/**
 * Fills hidden pixels so that each is the weighted mean of its eight neighbours within the picture: sides count 1/6,
 * corners 1/12. Rong et al., A consistent and efficient evaluation strategy for attribution methods (ROAD), ICML 2022,
 * without its noise. The equations are solved by conjugate gradients.
 * @param hidden 1 where a pixel is to be filled; at least one pixel is not
 * @returns what fills one plane after the other, [height · width] each
 */
export function linearImputer(
  hidden: Uint8Array,
  width: number,
  height: number,
): (plane: Float32Array) => Float32Array {
  const grid = new Padded(width, height);
  const unknown = indicesOf(hidden);
  const places = unknown.map((pixel) => grid.at(pixel));
  const diagonal = diagonalOf(grid, places);
  const blocks = blocksOf(hidden, width, height);
  return (plane) => {
    const filled = fromCoarse(plane, blocks);
    const solution = new Float64Array(grid.length);
    for (let i = 0; i < places.length; i++) solution[places[i]] = filled[unknown[i]];
    conjugateGradients({ grid, places, right: rightOf(plane, hidden, grid, places), diagonal }, solution);
    for (let i = 0; i < places.length; i++) filled[unknown[i]] = solution[places[i]];
    return filled;
  };
}

/** What neighbours within the picture weigh together, at each unknown. */
function diagonalOf(grid: Padded, places: Int32Array): Float64Array {
  const inside = new Float64Array(grid.length);
  for (let pixel = 0; pixel < grid.width * grid.height; pixel++) inside[grid.at(pixel)] = 1;
  return neighbourSums(inside, grid, places);
}

/** What known neighbours add, at each unknown. */
function rightOf(plane: Float32Array, hidden: Uint8Array, grid: Padded, places: Int32Array): Float64Array {
  const known = new Float64Array(grid.length);
  for (let pixel = 0; pixel < plane.length; pixel++) if (!hidden[pixel]) known[grid.at(pixel)] = plane[pixel];
  return neighbourSums(known, grid, places);
}

/** The weighted sum of the neighbours' values, at each of the places; 0 elsewhere. */
function neighbourSums(values: Float64Array, grid: Padded, places: Int32Array): Float64Array {
  const sums = new Float64Array(grid.length);
  for (let i = 0; i < places.length; i++) {
    let sum = 0;
    for (let n = 0; n < WEIGHTS.length; n++) sum += WEIGHTS[n] * values[places[i] + grid.offsets[n]];
    sums[places[i]] = sum;
  }
  return sums;
}

interface Equations {
  readonly grid: Padded;
  /** Places of the unknowns; everything else is 0 in vectors. */
  readonly places: Int32Array;
  readonly right: Float64Array;
  readonly diagonal: Float64Array;
}

/** Solves (diagonal − neighbours) · x = right, preconditioned by the diagonal; x is the start, changed in place. */
function conjugateGradients({ grid, places, right, diagonal }: Equations, x: Float64Array): void {
  const [a, b, c, d, e, f, g, h] = grid.offsets;
  const count = places.length;
  const apply = (v: Float64Array, out: Float64Array) => {
    for (let i = 0; i < count; i++) {
      const at = places[i];
      const corners = v[at + a] + v[at + c] + v[at + f] + v[at + h];
      const sides = v[at + b] + v[at + d] + v[at + e] + v[at + g];
      out[at] = diagonal[at] * v[at] - corners / 12 - sides / 6;
    }
  };
  const product = new Float64Array(grid.length);
  const residual = new Float64Array(grid.length);
  const direction = new Float64Array(grid.length);
  apply(x, product);
  let goal = 0;
  let rz = 0;
  for (let i = 0; i < count; i++) {
    const at = places[i];
    residual[at] = right[at] - product[at];
    direction[at] = residual[at] / diagonal[at];
    rz += residual[at] * direction[at];
    goal += right[at] ** 2 / diagonal[at];
  }
  goal *= TOLERANCE ** 2;
  for (let step = 0; step < count && rz > goal; step++) {
    apply(direction, product);
    let curvature = 0;
    for (let i = 0; i < count; i++) curvature += direction[places[i]] * product[places[i]];
    const length = rz / curvature;
    let next = 0;
    for (let i = 0; i < count; i++) {
      const at = places[i];
      x[at] += length * direction[at];
      residual[at] -= length * product[at];
      next += residual[at] ** 2 / diagonal[at];
    }
    const share = next / rz;
    for (let i = 0; i < count; i++) {
      const at = places[i];
      direction[at] = residual[at] / diagonal[at] + share * direction[at];
    }
    rz = next;
  }
}

/** Pixels two by two as pixels of a smaller picture, and so on until each of them holds something known. */
interface Blocks {
  readonly hidden: Uint8Array;
  /** The block of each pixel. */
  readonly of: Int32Array;
  /** How many known pixels each block has. */
  readonly counts: Uint8Array;
  readonly coarser?: Blocks;
}

function blocksOf(hidden: Uint8Array, width: number, height: number): Blocks {
  const [w, h] = [Math.ceil(width / 2), Math.ceil(height / 2)];
  const counts = new Uint8Array(w * h);
  const of = new Int32Array(width * height);
  for (let pixel = 0; pixel < of.length; pixel++) {
    of[pixel] = (Math.floor(pixel / width) >> 1) * w + ((pixel % width) >> 1);
    if (!hidden[pixel]) counts[of[pixel]]++;
  }
  const ends = width * height === 1 || !hidden.includes(1);
  return {
    hidden,
    of,
    counts,
    coarser: ends
      ? undefined
      : blocksOf(
          counts.map((count) => +(count === 0)),
          w,
          h,
        ),
  };
}

/** A first guess of hidden pixels: the mean of what is known in ever larger blocks around them. */
function fromCoarse(plane: Float32Array, { hidden, of, counts, coarser }: Blocks): Float32Array {
  const filled = plane.slice();
  if (!coarser) return filled;
  const sums = new Float32Array(counts.length);
  for (let pixel = 0; pixel < plane.length; pixel++) if (!hidden[pixel]) sums[of[pixel]] += plane[pixel];
  const means = sums.map((sum, i) => (counts[i] ? sum / counts[i] : 0));
  const coarse = fromCoarse(means, coarser);
  for (let pixel = 0; pixel < plane.length; pixel++) if (hidden[pixel]) filled[pixel] = coarse[of[pixel]];
  return filled;
}

function indicesOf(flags: Uint8Array): Int32Array {
  const found = new Int32Array(flags.length);
  let count = 0;
  for (let i = 0; i < flags.length; i++) if (flags[i]) found[count++] = i;
  return found.slice(0, count);
}
