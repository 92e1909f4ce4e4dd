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
 * @param plane [height · width]
 * @param hidden 1 where a pixel is to be filled; at least one pixel is not
 */
export function imputeLinearly(plane: Float32Array, hidden: Uint8Array, width: number, height: number): Float32Array {
  const grid = new Padded(width, height);
  const unknown = Int32Array.from(indicesOf(hidden));
  const places = unknown.map((pixel) => grid.at(pixel));
  const known = new Float64Array(grid.length);
  const inside = new Uint8Array(grid.length);
  for (let pixel = 0; pixel < plane.length; pixel++) {
    inside[grid.at(pixel)] = 1;
    if (!hidden[pixel]) known[grid.at(pixel)] = plane[pixel];
  }
  const right = new Float64Array(grid.length);
  const diagonal = new Float64Array(grid.length);
  for (const at of places) {
    for (const [n, [, , weight]] of NEIGHBOURS.entries()) {
      right[at] += weight * known[at + grid.offsets[n]];
      diagonal[at] += weight * inside[at + grid.offsets[n]];
    }
  }
  const filled = fromCoarse(plane, hidden, width, height);
  const solution = new Float64Array(grid.length);
  unknown.forEach((pixel, i) => {
    solution[places[i]] = filled[pixel];
  });
  conjugateGradients({ grid, places, right, diagonal }, solution);
  unknown.forEach((pixel, i) => {
    filled[pixel] = solution[places[i]];
  });
  return filled;
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
  const apply = (v: Float64Array, out: Float64Array) => {
    for (const at of places) {
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
  for (const at of places) {
    residual[at] = right[at] - product[at];
    direction[at] = residual[at] / diagonal[at];
    rz += residual[at] * direction[at];
    goal += right[at] ** 2 / diagonal[at];
  }
  goal *= TOLERANCE ** 2;
  for (let step = 0; step < places.length && rz > goal; step++) {
    apply(direction, product);
    let curvature = 0;
    for (const at of places) curvature += direction[at] * product[at];
    const length = rz / curvature;
    let next = 0;
    for (const at of places) {
      x[at] += length * direction[at];
      residual[at] -= length * product[at];
      next += residual[at] ** 2 / diagonal[at];
    }
    const share = next / rz;
    for (const at of places) direction[at] = residual[at] / diagonal[at] + share * direction[at];
    rz = next;
  }
}

/** A first guess of hidden pixels: the mean of what is known in ever larger blocks around them. */
function fromCoarse(plane: Float32Array, hidden: Uint8Array, width: number, height: number): Float32Array {
  const filled = plane.slice();
  if (width * height === 1 || !hidden.includes(1)) return filled;
  const [w, h] = [Math.ceil(width / 2), Math.ceil(height / 2)];
  const sums = new Float32Array(w * h);
  const counts = new Uint8Array(w * h);
  const blockOf = (pixel: number) => (Math.floor(pixel / width) >> 1) * w + ((pixel % width) >> 1);
  for (let pixel = 0; pixel < plane.length; pixel++) {
    if (hidden[pixel]) continue;
    sums[blockOf(pixel)] += plane[pixel];
    counts[blockOf(pixel)]++;
  }
  const means = sums.map((sum, i) => (counts[i] ? sum / counts[i] : 0));
  const coarse = fromCoarse(
    means,
    counts.map((count) => +(count === 0)),
    w,
    h,
  );
  for (let pixel = 0; pixel < plane.length; pixel++) if (hidden[pixel]) filled[pixel] = coarse[blockOf(pixel)];
  return filled;
}

function* indicesOf(flags: Uint8Array): Generator<number> {
  for (let i = 0; i < flags.length; i++) if (flags[i]) yield i;
}
