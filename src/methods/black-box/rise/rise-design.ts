import { type CooperativeTask, runSync } from "../../../core/cooperative.js";
import type { StretchedMask } from "../../../core/method-step.js";
import type { Random } from "../../../core/random.js";
import type { MaskedBatch } from "../../../model/types.js";

/** Bilinear weights (half-pixel centres, edges clamped) of one axis for every shift: two cells a pixel. */
export interface BilinearAxis {
  readonly cell: number;
  /** [cell shifts, size]: lower of the two cells. */
  readonly low: Int32Array;
  /** [cell shifts, size]: weight of the upper one. */
  readonly weight: Float32Array;
}

function bilinearAxis(size: number, cells: number): BilinearAxis {
  const cell = Math.ceil(size / cells);
  const scale = cells / ((cells + 1) * cell);
  const low = new Int32Array(cell * size);
  const weight = new Float32Array(cell * size);
  for (let shift = 0; shift < cell; shift++) {
    for (let i = 0; i < size; i++) {
      const position = Math.min(cells - 1, Math.max(0, (i + shift + 0.5) * scale - 0.5));
      const lower = Math.min(cells - 2, Math.floor(position));
      low[shift * size + i] = lower;
      weight[shift * size + i] = position - lower;
    }
  }
  return { cell, low, weight };
}

/** The random masks of one run: a grid of 0 and 1 and two shifts each, drawn in order from one stream. */
export class RiseDesign {
  readonly rows: BilinearAxis;
  readonly columns: BilinearAxis;
  readonly grids: Uint8Array[] = [];
  readonly shifts: [row: number, column: number][] = [];

  constructor(
    readonly height: number,
    readonly width: number,
    readonly cells: number,
    readonly probability: number,
    private readonly random: Random,
  ) {
    this.rows = bilinearAxis(height, cells);
    this.columns = bilinearAxis(width, cells);
  }

  /** Draws masks until there are so many. */
  draw(count: number): void {
    while (this.grids.length < count) {
      const grid = new Uint8Array(this.cells ** 2);
      for (let i = 0; i < grid.length; i++) grid[i] = this.random.uniform() < this.probability ? 1 : 0;
      this.grids.push(grid);
      this.shifts.push([this.random.integer(this.rows.cell), this.random.integer(this.columns.cell)]);
    }
  }

  /** Masks as products left · right: left = row weights · grid, [count, height, cells]; right [count, cells, width]. */
  separable(from: number, count: number): Extract<MaskedBatch["masks"], { kind: "separable" }> {
    this.draw(from + count);
    const { cells, height, width, rows, columns } = this;
    const left = new Float32Array(count * height * cells);
    const right = new Float32Array(count * cells * width);
    for (let n = 0; n < count; n++) {
      const grid = this.grids[from + n];
      const [shiftY, shiftX] = this.shifts[from + n];
      for (let y = 0; y < height; y++) {
        const lower = rows.low[shiftY * height + y];
        const upper = rows.weight[shiftY * height + y];
        const row = (n * height + y) * cells;
        for (let j = 0; j < cells; j++) {
          left[row + j] = (1 - upper) * grid[lower * cells + j] + upper * grid[(lower + 1) * cells + j];
        }
      }
      for (let x = 0; x < width; x++) {
        const lower = columns.low[shiftX * width + x];
        const upper = columns.weight[shiftX * width + x];
        right[(n * cells + lower) * width + x] = 1 - upper;
        right[(n * cells + lower + 1) * width + x] = upper;
      }
    }
    return { kind: "separable", rank: cells, left, right };
  }

  /** Masks as they were drawn, not made. */
  stretched(from: number, count: number): StretchedMask[] {
    const { cells, width, height, rows, columns } = this;
    return this.grids.slice(from, from + count).map((grid, i) => {
      const [down, right] = this.shifts[from + i];
      const box = {
        x: -right / width,
        y: -down / height,
        width: ((cells + 1) * columns.cell) / width,
        height: ((cells + 1) * rows.cell) / height,
      };
      return { cells: grid, columns: cells, rows: cells, box, soft: true, around: 0 };
    });
  }

  /**
   * Σ weightₙ · maskₙ over samples start, start + step, …, without making a mask: grids are added up per pair of
   * shifts, and only those sums are interpolated.
   * @returns [height · width]
   */
  accumulate(weights: ArrayLike<number>, start = 0, step = 1): Float32Array {
    return runSync(this.accumulating(weights, start, step));
  }

  /** The same as a task. */
  *accumulating(weights: ArrayLike<number>, start = 0, step = 1): CooperativeTask<Float32Array> {
    const { cells, height, width, rows, columns } = this;
    const size = cells * cells;
    const sums = new Float64Array(rows.cell * columns.cell * size);
    for (let n = start; n < weights.length; n += step) {
      const grid = this.grids[n];
      const [shiftY, shiftX] = this.shifts[n];
      const at = (shiftY * columns.cell + shiftX) * size;
      const weight = weights[n];
      for (let i = 0; i < size; i++) sums[at + i] += weight * grid[i];
    }
    const map = new Float64Array(height * width);
    const band = new Float64Array(cells * width);
    for (let shiftY = 0; shiftY < rows.cell; shiftY++) {
      yield;
      band.fill(0);
      for (let shiftX = 0; shiftX < columns.cell; shiftX++) {
        const at = (shiftY * columns.cell + shiftX) * size;
        for (let i = 0; i < cells; i++) {
          stretchRow(sums, at + i * cells, columns, shiftX * width, band, i * width, width);
        }
      }
      for (let y = 0; y < height; y++) {
        const lower = rows.low[shiftY * height + y] * width;
        blendRows(band, lower, rows.weight[shiftY * height + y], map, y * width, width);
      }
    }
    return Float32Array.from(map);
  }
}

/** Adds one row of cells, stretched over the width by an axis' weights, to a band. */
function stretchRow(
  cells: Float64Array,
  from: number,
  { low, weight }: BilinearAxis,
  shift: number,
  band: Float64Array,
  to: number,
  width: number,
): void {
  for (let x = 0; x < width; x++) {
    const cell = from + low[shift + x];
    band[to + x] += cells[cell] + weight[shift + x] * (cells[cell + 1] - cells[cell]);
  }
}

/** Adds a row between two rows of a band to a map. */
function blendRows(
  band: Float64Array,
  lower: number,
  upper: number,
  map: Float64Array,
  to: number,
  width: number,
): void {
  for (let x = 0; x < width; x++) {
    map[to + x] += (1 - upper) * band[lower + x] + upper * band[lower + width + x];
  }
}
