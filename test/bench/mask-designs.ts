import { runSync } from "../../src/core/cooperative.js";
import type { Random } from "../../src/core/random.js";
import type { RawImage } from "../../src/image/types.js";
import { BalancedDesign } from "../../src/methods/black-box/gp-rise/balanced-design.js";
import type { GpRiseOptions } from "../../src/methods/black-box/gp-rise/gp-rise.js";
import { dot } from "../../src/methods/black-box/gp-rise/linear-algebra.js";
import { placeKernel } from "../../src/methods/black-box/gp-rise/place-kernel.js";
import { sobolSequence } from "../../src/methods/black-box/sobol-sequence.js";

/** Antithetic masks: sample 2k is a mask, 2k + 1 its opposite. */
export type Design = Pick<BalancedDesign, "separable" | "blocks">;

export interface DesignSetting {
  readonly height: number;
  readonly width: number;
  readonly random: Random;
  readonly image: RawImage;
  readonly prior: Pick<GpRiseOptions, "reach" | "colourReach">;
}

/** A design whose grids come from a function; cells, shifts and opposites as in gp-rise. */
class GridDesign extends BalancedDesign {
  constructor(
    { height, width, random }: DesignSetting,
    cells: number,
    private readonly next: (pair: number) => Uint8Array,
    private readonly stream = random,
  ) {
    super(height, width, cells, random);
  }

  override draw(count: number): void {
    while (this.grids.length < count) {
      const grid = this.next(this.grids.length >> 1);
      const shift: [number, number] = [this.stream.integer(this.rows.cell), this.stream.integer(this.columns.cell)];
      this.grids.push(
        grid,
        grid.map((shown) => 1 - shown),
      );
      this.shifts.push(shift, shift);
    }
  }
}

/** Rows of the 64 × 64 Hadamard matrix, each with 32 ones, laid on the grid in an order drawn anew every 63 pairs. */
function hadamard(setting: DesignSetting): Design {
  const bits = (value: number) => value.toString(2).replaceAll("0", "").length;
  const order = Uint32Array.from({ length: 64 }, (_, i) => i);
  return new GridDesign(setting, 8, (pair) => {
    if (pair % 63 === 0) setting.random.shuffle(order);
    const row = (pair % 63) + 1;
    return Uint8Array.from(order, (column) => bits(row & column) % 2);
  });
}

/** Grids from a Sobol' sequence: the 32 highest of 64 coordinates are shown. */
function sobol(setting: DesignSetting): Design {
  const next = sobolSequence(64, setting.random);
  return new GridDesign(setting, 8, () => {
    const point = next();
    const order = Array.from(point.keys()).sort((a, b) => point[b] - point[a]);
    const grid = new Uint8Array(64);
    for (const cell of order.slice(0, 32)) grid[cell] = 1;
    return grid;
  });
}

/** Half-shown grids of several sizes in turn. */
function mixed(setting: DesignSetting, sizes: readonly number[]): Design {
  const { height, width, random } = setting;
  const parts = sizes.map((cells) => new BalancedDesign(height, width, cells, random));
  const rank = Math.max(...sizes);
  const place = (pair: number) => ({ part: parts[pair % sizes.length], at: Math.floor(pair / sizes.length) });
  return {
    separable(from, count) {
      const left = new Float32Array(count * height * rank);
      const right = new Float32Array(count * rank * width);
      for (let n = 0; n < count; n++) {
        const { part, at } = place((from + n) >> 1);
        const one = part.separable(2 * at + ((from + n) % 2), 1);
        for (let y = 0; y < height; y++) {
          left.set(one.left.subarray(y * part.cells, (y + 1) * part.cells), (n * height + y) * rank);
        }
        right.set(one.right, n * rank * width);
      }
      return { kind: "separable", rank, left, right };
    },
    blocks(pair) {
      const { part, at } = place(pair);
      return part.blocks(at);
    },
  };
}

/** Grids that show three quarters of their cells; their opposites show one quarter. */
function lopsided(setting: DesignSetting): Design {
  return new GridDesign(setting, 8, () => setting.random.shuffle(new Uint8Array(64).fill(1, 0, 48)));
}

/**
 * Of `candidates` random masks the one whose score the process is least sure of, given all masks so far: the posterior
 * covariance is updated mask by mask, with the noise ratio taken as 0.3.
 */
function active(setting: DesignSetting, candidates: number): Design {
  const { image, prior, height, width, random } = setting;
  const pool = new BalancedDesign(height, width, 8, random);
  const chosen = new BalancedDesign(height, width, 8, random);
  const covariance = runSync(placeKernel(image, 28, prior));
  let noise = 0;
  let drawn = 0;
  chosen.draw = (count) => {
    while (chosen.grids.length < count) {
      let best = { variance: -1, pair: 0, image: new Float64Array(0) };
      for (let pair = drawn; pair < drawn + candidates; pair++) {
        const blocks = pool.blocks(pair);
        const seen = Float64Array.from(covariance, (row) => dot(row, blocks));
        const variance = dot(seen, blocks);
        if (variance > best.variance) best = { variance, pair, image: seen };
      }
      drawn += candidates;
      if (noise === 0) noise = 0.3 * best.variance;
      const scale = 1 / (best.variance + noise);
      for (let p = 0; p < covariance.length; p++) {
        const row = covariance[p];
        const weight = best.image[p] * scale;
        for (let q = 0; q < row.length; q++) row[q] -= weight * best.image[q];
      }
      for (const n of [2 * best.pair, 2 * best.pair + 1]) {
        chosen.grids.push(pool.grids[n]);
        chosen.shifts.push(pool.shifts[n]);
      }
    }
  };
  return chosen;
}

export interface DesignUnderTest {
  readonly name: string;
  /** Whether it goes beyond the pictures for tuning. */
  readonly reported: boolean;
  make(setting: DesignSetting): Design;
}

/** Designs under test; all are explained by the same Gaussian process. */
export const designs: readonly DesignUnderTest[] = [
  {
    name: "gp-rise",
    reported: true,
    make: ({ height, width, random }) => new BalancedDesign(height, width, 8, random),
  },
  { name: "gp-rise, grids 4, 8, 12", reported: true, make: (setting) => mixed(setting, [4, 8, 12]) },
  { name: "gp-rise, grids 6, 8", reported: false, make: (setting) => mixed(setting, [6, 8]) },
  { name: "gp-rise, grids 8, 12", reported: false, make: (setting) => mixed(setting, [8, 12]) },
  { name: "gp-rise, ¾ and ¼ shown", reported: false, make: lopsided },
  { name: "gp-rise, Hadamard", reported: false, make: hadamard },
  { name: "gp-rise, Sobol'", reported: false, make: sobol },
  { name: "gp-rise, active", reported: false, make: (setting) => active(setting, 8) },
];
