import { inTurns, type Steps } from "../../../core/cooperative.js";
import { SightlineError } from "../../../core/errors.js";
import type { Random } from "../../../core/random.js";
import type { RawMap } from "../../../core/raw-map.js";
import type { Tensor } from "../../../core/tensor.js";
import { resizeMap } from "../../../image/resize-map.js";
import type { RawImage } from "../../../image/types.js";
import type { MaskedBatch } from "../../../model/types.js";
import { type Fill, fillTensor, subtract } from "../../../perturb/fill.js";
import { toLab } from "../../../segment/lab.js";
import { type MethodResult, method, type Subject } from "../../method.js";
import { type Sampler, type SamplingOptions, sample } from "../../sampling.js";
import { TargetScores } from "../../target-scores.js";
import { RiseDesign } from "../rise.js";
import {
  cholesky,
  dot,
  NOISE_RATIOS,
  products,
  quadraticForms,
  type Regression,
  regress,
  type Tridiagonal,
  tridiagonalise,
} from "./gaussian-process.js";

export interface GpRiseOptions extends SamplingOptions {
  /** Number of masks, half of them the opposites of the other half; at most 4000, as the regression grows with its cube. */
  masks: number;
  /** Cells of the random grid, along each side. */
  cells: number;
  /** How far a place speaks for its surroundings: σ of the kernel, as a share of the picture's longer side. */
  reach: number;
  /** How far a colour speaks for like ones: σ of the kernel, in CIELAB units; 1000 leaves colour out. */
  colourReach: number;
  /** What is shown where a mask hides. */
  fill: Fill;
}

/**
 * Gaussian-process regression of the class probability on balanced, antithetic RISE masks. The prior says that places
 * near each other, and more so of like colour, matter alike: k(p, q) = exp(−|p − q|²/2ℓ²) · (½ + ½·exp(−|Δ Lab|²/2c²)).
 * The noise is found by marginal likelihood. Maps are the posterior mean at 56 × 56 places, in probability per shown
 * 1/28 × 1/28 of the picture; `uncertainty` is the posterior's standard deviation, reckoned at 28 × 28 places.
 * Ours; compare Petsiuk et al., RISE, BMVC 2018, and Rasmussen & Williams, Gaussian Processes, eq. 2.23–2.24.
 */
export const gpRise = method<GpRiseOptions>({
  name: "gp-rise",
  summary: "Gaussian process over random masks with a colour-aware kernel; sharper than RISE and with its uncertainty",
  needs: ["forward"],
  signed: true,
  view: "pixels",
  source: "ours; after Petsiuk et al., RISE, BMVC 2018, and Rasmussen & Williams, Gaussian Processes, 2006",
  defaults: { masks: 1000, cells: 8, reach: 1 / 7, colourReach: 20, fill: "zero" },
  options: ["masks", "cells", "reach", "colourReach", "fill", "budget", "until"],
  presets: { speed: { masks: 300 }, balance: {}, quality: { masks: 2000 } },
  cost: ({ masks, budget }) => ({
    forward: Math.min(even(masks), budget?.passes ?? Number.POSITIVE_INFINITY),
    backward: 0,
  }),
  async explain(subject, options) {
    checkOptions(options);
    const gaussian = await inTurns(PairProcess.of(await subject.pixels(), options), subject.signal);
    const sampler = new GpSampler(subject, gaussian, options);
    const outcome = await sample(subject, even(options.masks), options, sampler);
    const { maps, artifacts, notes } = await inTurns(sampler.posterior(), subject.signal);
    return {
      maps,
      artifacts,
      resolved: { passes: outcome.passes, convergence: outcome.convergence },
      notes: [...outcome.notes, ...notes],
    };
  },
});

const even = (masks: number) => 2 * Math.ceil(masks / 2);

function checkOptions({ masks, cells, reach, colourReach }: GpRiseOptions): void {
  const bad = (what: string, received: number, expected: string): never => {
    throw new SightlineError("bad-config", `gp-rise cannot use ${what} ${received}`, { received, expected });
  };
  if (!(Number.isInteger(masks) && masks >= 2 && masks <= MOST_MASKS)) {
    bad("masks", masks, `a whole number from 2 to ${MOST_MASKS}; rise takes more`);
  }
  if (!(Number.isInteger(cells) && cells >= 2 && cells <= 64)) bad("cells", cells, "a whole number from 2 to 64");
  if (!(reach > 0 && Number.isFinite(reach))) bad("reach", reach, "a number above 0");
  if (!(colourReach > 0 && Number.isFinite(colourReach))) bad("colourReach", colourReach, "a number above 0");
}

const MOST_MASKS = 4000;
/** For so many targets the uncertainty comes as a picture of its own. */
const SHOWN_UNCERTAINTIES = 8;
/** Places of the prior along each side, and of the map. */
const PLACES = 28;
const FINE = 56;

/** Pairs of a grid with exactly half of its cells shown and its opposite: sample 2k and 2k + 1. */
export class BalancedDesign extends RiseDesign {
  constructor(
    height: number,
    width: number,
    cells: number,
    private readonly source: Random,
  ) {
    super(height, width, cells, 0.5, source);
  }

  override draw(count: number): void {
    const size = this.cells ** 2;
    while (this.grids.length < count) {
      const grid = new Uint8Array(size).fill(1, 0, size >> 1);
      this.source.shuffle(grid);
      const shift: [number, number] = [this.source.integer(this.rows.cell), this.source.integer(this.columns.cell)];
      this.grids.push(
        grid,
        grid.map((shown) => 1 - shown),
      );
      this.shifts.push(shift, shift);
    }
  }

  /** Means of mask 2k over 28 × 28 blocks of the picture, less ½. */
  blocks(pair: number): Float64Array {
    this.draw(2 * pair + 2);
    const { cells } = this;
    const grid = this.grids[2 * pair];
    const [shiftY, shiftX] = this.shifts[2 * pair];
    const down = blockWeights(this.rows, shiftY, this.height, cells);
    const across = blockWeights(this.columns, shiftX, this.width, cells);
    const means = new Float64Array(PLACES * PLACES);
    const band = new Float64Array(cells);
    for (let y = 0; y < PLACES; y++) {
      for (let j = 0; j < cells; j++) {
        band[j] = 0;
        for (let i = 0; i < cells; i++) band[j] += down[y * cells + i] * grid[i * cells + j];
      }
      for (let x = 0; x < PLACES; x++) {
        let sum = -0.5;
        for (let j = 0; j < cells; j++) sum += across[x * cells + j] * band[j];
        means[y * PLACES + x] = sum;
      }
    }
    return means;
  }
}

/** [28, cells]: how much of each cell a block of the picture sees, along one axis. */
function blockWeights({ low, weight }: RiseDesign["rows"], shift: number, size: number, cells: number): Float64Array {
  const weights = new Float64Array(PLACES * cells);
  for (let block = 0; block < PLACES; block++) {
    const [from, to] = [Math.floor((block * size) / PLACES), Math.ceil(((block + 1) * size) / PLACES)];
    for (let i = from; i < to; i++) {
      const part = Math.min(i + 1, ((block + 1) * size) / PLACES) - Math.max(i, (block * size) / PLACES);
      const share = (part * PLACES) / size;
      weights[block * cells + low[shift * size + i]] += share * (1 - weight[shift * size + i]);
      weights[block * cells + low[shift * size + i] + 1] += share * weight[shift * size + i];
    }
  }
  return weights;
}

/** Mean colours of a grid of blocks in CIELAB, three planes [count · count]. */
function blockColours({ data, width, height }: RawImage, count: number): Float32Array[] {
  const means = new Uint8Array(count * count * 3);
  const edge = (i: number, size: number) => Math.floor((i * size) / count);
  for (let block = 0; block < count * count; block++) {
    const [top, left] = [edge(Math.floor(block / count), height), edge(block % count, width)];
    const bottom = Math.max(top + 1, edge(Math.floor(block / count) + 1, height));
    const right = Math.max(left + 1, edge((block % count) + 1, width));
    const sum = [0, 0, 0];
    for (let y = top; y < bottom; y++) {
      for (let x = left; x < right; x++) for (let c = 0; c < 3; c++) sum[c] += data[3 * (y * width + x) + c];
    }
    for (let c = 0; c < 3; c++) means[3 * block + c] = Math.round(sum[c] / ((bottom - top) * (right - left)));
  }
  return toLab({ data: means, width: count, height: count });
}

const FALLOFF_STEPS = 256;
const FALLOFF = Float64Array.from({ length: 20 * FALLOFF_STEPS + 2 }, (_, i) => Math.exp(-i / FALLOFF_STEPS));

/** exp(−t / 256) by linear interpolation, to 2e-6; three million of them make a kernel. */
function gaussian(t: number): number {
  if (t >= 20 * FALLOFF_STEPS) return 0;
  const i = t | 0;
  return FALLOFF[i] + (t - i) * (FALLOFF[i + 1] - FALLOFF[i]);
}

/** The kernel between a grid of places (rows) and the prior's 28 × 28 (columns). */
export function* kernel(
  image: RawImage,
  count: number,
  { reach, colourReach }: Pick<GpRiseOptions, "reach" | "colourReach">,
): Steps<Float64Array[]> {
  const longer = Math.max(image.width, image.height);
  const near = (size: number) =>
    Array.from({ length: count }, (_, i) =>
      Float64Array.from({ length: PLACES }, (__, j) => {
        const distance = (((i + 0.5) / count - (j + 0.5) / PLACES) * size) / longer;
        return Math.exp(-(distance ** 2) / (2 * reach ** 2));
      }),
    );
  const down = near(image.height);
  const across = near(image.width);
  const [l, a, b] = blockColours(image, count);
  const [priorL, priorA, priorB] = count === PLACES ? [l, a, b] : blockColours(image, PLACES);
  const falloff = FALLOFF_STEPS / (2 * colourReach ** 2);
  const rowOf = (p: number) => {
    const row = new Float64Array(PLACES * PLACES);
    const [rowNear, columnNear] = [down[Math.floor(p / count)], across[p % count]];
    for (let y = 0, q = 0; y < PLACES; y++) {
      for (let x = 0; x < PLACES; x++, q++) {
        const difference = (l[p] - priorL[q]) ** 2 + (a[p] - priorA[q]) ** 2 + (b[p] - priorB[q]) ** 2;
        row[q] = rowNear[y] * columnNear[x] * (0.5 + 0.5 * gaussian(difference * falloff));
      }
    }
    return row;
  };
  const rows: Float64Array[] = [];
  while (rows.length < count * count) {
    rows.push(rowOf(rows.length));
    yield;
  }
  return rows;
}

class GpSampler implements Sampler {
  readonly halves = true;
  readonly #design: BalancedDesign;
  readonly #base: Tensor;
  readonly #delta: Tensor;
  readonly #scores: TargetScores;

  constructor(
    private readonly subject: Subject,
    private readonly gaussian: PairProcess,
    options: GpRiseOptions,
  ) {
    const { height, width } = subject.geometry;
    this.#design = new BalancedDesign(height, width, options.cells, subject.random);
    this.#base = fillTensor(subject, options.fill);
    this.#delta = subtract(subject.input, this.#base);
    this.#scores = new TargetScores(subject);
  }

  batch(from: number, count: number): MaskedBatch {
    const masks = this.#design.separable(from, count);
    return { base: this.#base, delta: this.#delta, count, masks };
  }

  take(scores: Tensor): void {
    this.#scores.take(scores);
    const { pairs } = this.gaussian;
    const fresh = (this.#scores.count >> 1) - pairs;
    this.gaussian.add(Array.from({ length: fresh }, (_, i) => this.#design.blocks(pairs + i)));
  }

  *maps(half?: 0 | 1): Iterable<RawMap | undefined> {
    for (const { map } of yield* this.gaussian.solve(this.#scores.values, half)) yield map;
  }

  /** The maps with their uncertainty, also as pictures for the first targets, and what is to be said about them. */
  *posterior(): Steps<Required<Pick<MethodResult, "maps" | "artifacts" | "notes">>> {
    const solutions = yield* this.gaussian.solve(this.#scores.values);
    const spreads = yield* this.gaussian.uncertainty(solutions);
    const { targets, names } = this.subject;
    return {
      maps: solutions.map(({ map }, t) => ({ ...map, uncertainty: spreads[t] })),
      artifacts: solutions.slice(0, SHOWN_UNCERTAINTIES).flatMap(({ fit }, t) => {
        const picture = { data: spreads[t], width: FINE, height: FINE, target: targets[t] };
        return fit ? [{ ...picture, kind: "unsigned" as const, title: "uncertainty (standard deviation)" }] : [];
      }),
      notes: solutions.flatMap((solution, t) => {
        const reason = weakness(solution);
        return reason ? [`low signal for ${names[targets[t]]}: ${reason}`] : [];
      }),
    };
  }
}

/** The Gaussian process of one picture, told of masks by pairs of opposites, whatever design they come from. */
export class PairProcess {
  /** Per pair: block means d, K·d, and d·K·d' with itself and at least every earlier pair. */
  readonly #blocks: Float64Array[] = [];
  readonly #images: Float64Array[] = [];
  readonly #covariances: Float64Array[] = [];
  /** The last one asked for. */
  #form?: Covariance;

  /** @param prior how far places and colours speak for others */
  static *of(image: RawImage, prior: Pick<GpRiseOptions, "reach" | "colourReach">): Steps<PairProcess> {
    return new PairProcess(yield* kernel(image, PLACES, prior), yield* kernel(image, FINE, prior));
  }

  private constructor(
    private readonly coarse: readonly Float64Array[],
    private readonly fine: readonly Float64Array[],
  ) {}

  /** How many pairs it knows of. */
  get pairs(): number {
    return this.#blocks.length;
  }

  /** @param pairs for each the means of its mask over 28 × 28 blocks, less ½ */
  add(pairs: readonly Float64Array[]): void {
    const images = products(this.coarse, pairs);
    this.#blocks.push(...pairs);
    this.#images.push(...images);
    this.#covariances.push(...products(this.#blocks, images));
  }

  /**
   * Posterior means, one per series of scores.
   * @param scores scores of pair k's mask and its opposite at 2k and 2k + 1
   * @param half only even or odd pairs
   */
  *solve(scores: readonly (readonly number[])[], half?: 0 | 1): Steps<Solution[]> {
    const pairs = this.#chosen(half);
    const covariance = yield* this.#covariance(pairs);
    const solutions: Solution[] = [];
    for (const series of scores) {
      yield;
      const { differences, energyOfSums, deviation } = standardise(series, pairs);
      const evidence = new Float64Array(PLACES * PLACES);
      const fit = deviation > 0 ? regress(covariance.form, covariance.scale, differences, energyOfSums) : undefined;
      fit?.weights.forEach((weight, i) => {
        const scaled = (weight * deviation * covariance.scale) / Math.SQRT2;
        const blocks = this.#blocks[pairs[i]];
        for (let q = 0; q < evidence.length; q++) evidence[q] += scaled * blocks[q];
      });
      const data = Float32Array.from(this.fine, (row) => dot(row, evidence));
      solutions.push({ map: { data, width: FINE, height: FINE }, fit, deviation });
    }
    return solutions;
  }

  /** Posterior standard deviations of what {@link solve} found from all pairs. */
  *uncertainty(solutions: readonly Solution[]): Steps<Float32Array[]> {
    const { scale } = yield* this.#covariance(this.#chosen());
    const left = new Map<number, Float32Array>();
    for (const { fit } of solutions) {
      if (fit && !left.has(fit.noiseRatio)) left.set(fit.noiseRatio, yield* this.#unexplained(scale, fit.noiseRatio));
    }
    return solutions.map(({ fit, deviation }) => {
      if (!fit) return new Float32Array(FINE * FINE);
      const amplitude = deviation * Math.sqrt(fit.variance * (scale / 2));
      return (left.get(fit.noiseRatio) as Float32Array).map((share) => amplitude * share);
    });
  }

  /** Standard deviation of the posterior as a share of the prior's, where the noise has a given ratio. */
  *#unexplained(scale: number, noiseRatio: number): Steps<Float32Array> {
    const rows = this.#rows(this.#chosen());
    yield;
    rows.forEach((row, i) => {
      for (let j = 0; j <= i; j++) row[j] *= scale;
      row[i] += noiseRatio;
    });
    const columns: Float64Array[] = [];
    while (columns.length < PLACES * PLACES) {
      const column = new Float64Array(rows.length);
      for (let i = 0; i < column.length; i++) column[i] = this.#images[i][columns.length];
      columns.push(column);
      yield;
    }
    const explained = yield* quadraticForms(yield* cholesky(rows), columns);
    const shares = Float32Array.from(explained, (part) => Math.sqrt(Math.max(0, 1 - scale * part)));
    return resizeMap(shares, PLACES, PLACES, FINE, FINE);
  }

  #chosen(half?: 0 | 1): number[] {
    const all = Array.from(this.#blocks, (_, pair) => pair);
    return half === undefined ? all : all.filter((pair) => pair % 2 === half);
  }

  *#covariance(pairs: readonly number[]): Steps<Covariance> {
    const known = this.#form;
    if (known?.pairs.length === pairs.length && known.pairs.every((pair, i) => pair === pairs[i])) return known;
    const rows = this.#rows(pairs);
    const trace = rows.reduce((sum, row, i) => sum + row[i], 0);
    const found = { pairs, form: yield* tridiagonalise(rows), scale: (2 * pairs.length) / trace };
    this.#form = found;
    return found;
  }

  /** Lower triangle of the covariances between some pairs. */
  #rows(pairs: readonly number[]): Float64Array[] {
    return pairs.map((pair, i) => {
      const row = new Float64Array(i + 1);
      for (let j = 0; j <= i; j++) row[j] = this.#covariances[pair][pairs[j]];
      return row;
    });
  }
}

/** C = d·K·d' of the pairs, tridiagonal, and the factor that makes the trace of the masks' covariance their number. */
interface Covariance {
  readonly pairs: readonly number[];
  readonly form: Tridiagonal;
  readonly scale: number;
}

/** A map and how it was found. */
export interface Solution {
  readonly map: RawMap;
  /** Undefined where the scores are all the same. */
  readonly fit?: Regression;
  /** Standard deviation of the scores. */
  readonly deviation: number;
}

/** Scores less their mean, in units of their deviation: (y − y')/√2 of each pair, and Σ (y + y')²/2 over all. */
function standardise(scores: readonly number[], pairs: readonly number[]) {
  let sum = 0;
  let squares = 0;
  for (const pair of pairs) {
    sum += scores[2 * pair] + scores[2 * pair + 1];
    squares += scores[2 * pair] ** 2 + scores[2 * pair + 1] ** 2;
  }
  const count = 2 * Math.max(1, pairs.length);
  const mean = sum / count;
  const variance = squares / count - mean * mean;
  const deviation = variance > 1e-12 * squares ? Math.sqrt(variance) : 0;
  const unit = Math.SQRT2 * (deviation || 1);
  let energyOfSums = 0;
  for (const pair of pairs) energyOfSums += ((scores[2 * pair] + scores[2 * pair + 1] - 2 * mean) / unit) ** 2;
  const differences = Float64Array.from(pairs, (pair) => (scores[2 * pair] - scores[2 * pair + 1]) / unit);
  return { differences, energyOfSums, deviation };
}

/** Scores that vary less than this are hardly moved by any mask. */
const LEAST_DEVIATION = 0.01;

function weakness({ fit, deviation }: Solution): string | undefined {
  if (!fit || deviation < LEAST_DEVIATION) {
    return `the masks hardly move its probability (standard deviation ${deviation.toPrecision(2)})`;
  }
  if (fit.noiseRatio >= NOISE_RATIOS[NOISE_RATIOS.length - 1]) return "its probability looks like noise to the model";
  return undefined;
}
