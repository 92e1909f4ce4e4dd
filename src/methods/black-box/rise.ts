import { atOnce, type Steps } from "../../core/cooperative.js";
import { SightlineError } from "../../core/errors.js";
import type { Random } from "../../core/random.js";
import type { RawMap } from "../../core/raw-map.js";
import type { Tensor } from "../../core/tensor.js";
import type { MaskedBatch } from "../../model/types.js";
import { type Fill, fillTensor, subtract } from "../../perturb/fill.js";
import { method } from "../method.js";
import { mapsOf, type Sampler, type SamplingOptions, sample } from "../sampling.js";
import { CubicRiseSampler } from "./cubic-rise.js";

export interface RiseOptions extends SamplingOptions {
  /** Number of masks N. */
  masks: number;
  /** Cells s of the random grid, along each side. */
  cells: number;
  /** Probability p that a cell is shown. */
  probability: number;
  /** Subtract the mean score before accumulating (converges about eight times faster); false is the paper's sum. */
  centre: boolean;
  /** What is shown where a mask hides. */
  fill: Fill;
  /** How grids become masks: `bilinear` is the paper's; `bicubic`, cut to 0…1, is OpenVINO XAI's, and dearer to make. */
  interpolation: "bilinear" | "bicubic";
}

/**
 * RISE: the class probability of N randomly masked copies, summed mask by mask. Petsiuk et al., BMVC 2018, eq. 6:
 * S = 1/(N·p) · Σ f(x ⊙ Mᵢ) · Mᵢ. With `centre` the mean of f over the masks is subtracted first, which changes the
 * expectation by a constant and removes most of the noise; the map is then signed around 0.
 */
export const rise = method<RiseOptions>({
  name: "rise",
  summary: "probabilities of randomly masked copies; needs nothing but the model's answers",
  needs: ["forward"],
  signed: true,
  view: "pixels",
  source: "Petsiuk, Das & Saenko, RISE, BMVC 2018",
  defaults: { masks: 5000, cells: 8, probability: 0.5, centre: true, fill: "zero", interpolation: "bilinear" },
  options: ["masks", "cells", "probability", "centre", "fill", "interpolation", "budget", "until"],
  presets: {
    speed: { masks: 1000, cells: 4 },
    balance: { masks: 5000, cells: 8 },
    quality: { masks: 10000, cells: 12 },
  },
  cost: ({ masks, budget }) => ({ forward: Math.min(masks, budget?.passes ?? masks), backward: 0 }),
  async explain(subject, options) {
    checkOptions(options);
    const { height, width } = subject.geometry;
    const base = fillTensor(subject, options.fill);
    const design = new RiseDesign(height, width, options.cells, options.probability, subject.random);
    const Sampling = options.interpolation === "bicubic" ? CubicRiseSampler : RiseSampler;
    const sampler = new Sampling(design, subject.targets, options.centre, {
      base,
      delta: subtract(subject.input, base),
      probabilities: (scores) => subject.probabilities(scores),
    });
    const outcome = await sample(subject, options.masks, options, sampler);
    return {
      maps: await mapsOf(sampler),
      resolved: { passes: outcome.passes, convergence: outcome.convergence },
      notes: outcome.notes,
    };
  },
});

function checkOptions({ masks, cells, probability, interpolation }: RiseOptions): void {
  const bad = (what: string, received: unknown, expected: string): never => {
    throw new SightlineError("bad-config", `rise cannot use ${what} ${received}`, { received, expected });
  };
  if (!(Number.isInteger(masks) && masks >= 1)) bad("masks", masks, "a whole number of at least 1");
  if (!(Number.isInteger(cells) && cells >= 2 && cells <= 64)) bad("cells", cells, "a whole number from 2 to 64");
  if (!["bilinear", "bicubic"].includes(interpolation)) bad("interpolation", interpolation, "bilinear or bicubic");
  if (!(probability > 0 && probability < 1)) bad("probability", probability, "a number between 0 and 1");
}

/** Bilinear weights (half-pixel centres, edges clamped) of one axis for every shift: two cells a pixel. */
interface Axis {
  readonly cell: number;
  /** [cell shifts, size]: lower of the two cells. */
  readonly low: Int32Array;
  /** [cell shifts, size]: weight of the upper one. */
  readonly weight: Float32Array;
}

function axis(size: number, cells: number): Axis {
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
  readonly rows: Axis;
  readonly columns: Axis;
  readonly grids: Uint8Array[] = [];
  readonly shifts: [row: number, column: number][] = [];

  constructor(
    readonly height: number,
    readonly width: number,
    readonly cells: number,
    readonly probability: number,
    private readonly random: Random,
  ) {
    this.rows = axis(height, cells);
    this.columns = axis(width, cells);
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

  /**
   * Σ weightₙ · maskₙ over samples start, start + step, …, without making a mask: grids are added up per pair of
   * shifts, and only those sums are interpolated.
   * @returns [height · width]
   */
  accumulate(weights: ArrayLike<number>, start = 0, step = 1): Float32Array {
    return atOnce(this.accumulating(weights, start, step));
  }

  /** The same, in steps. */
  *accumulating(weights: ArrayLike<number>, start = 0, step = 1): Steps<Float32Array> {
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
  { low, weight }: Axis,
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

interface RiseInputs {
  readonly base: Tensor;
  readonly delta: Tensor;
  probabilities(scores: Tensor): Tensor;
}

class RiseSampler implements Sampler {
  readonly halves = true;
  /** Probabilities per target, in order of the samples. */
  readonly #scores: number[][];

  constructor(
    private readonly design: RiseDesign,
    private readonly targets: readonly number[],
    private readonly centre: boolean,
    private readonly inputs: RiseInputs,
  ) {
    this.#scores = targets.map(() => []);
  }

  batch(from: number, count: number): MaskedBatch {
    const { base, delta } = this.inputs;
    return { base, delta, count, masks: this.design.separable(from, count) };
  }

  take(scores: Tensor): void {
    const { data, dims } = this.inputs.probabilities(scores);
    const [count, classes] = dims;
    this.targets.forEach((target, t) => {
      for (let n = 0; n < count; n++) this.#scores[t].push(data[n * classes + target]);
    });
  }

  *maps(half?: 0 | 1): Iterable<RawMap | undefined> {
    const { width, height, probability } = this.design;
    const step = half === undefined ? 1 : 2;
    for (const scores of this.#scores) {
      const start = half ?? 0;
      let count = 0;
      let sum = 0;
      for (let n = start; n < scores.length; n += step, count++) sum += scores[n];
      const mean = this.centre && count > 0 ? sum / count : 0;
      const scale = 1 / (Math.max(1, count) * probability);
      const weights = Float64Array.from(scores, (score) => (score - mean) * scale);
      yield { data: yield* this.design.accumulating(weights, start, step), width, height };
    }
  }
}
