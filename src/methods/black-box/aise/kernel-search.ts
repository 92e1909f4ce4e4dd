import type { RawMap } from "../../../core/raw-map.js";
import type { MaskedBatch } from "../../../model/types.js";
import { Direct } from "./direct-search.js";

/** An isotropic Gaussian window: centre and standard deviation in pixels; 1 at its centre. */
export interface Kernel {
  readonly x: number;
  readonly y: number;
  readonly sigma: number;
}

export interface ScoredKernel extends Kernel {
  readonly score: number;
}

/** Where one target's windows may lie, and how wide they are. */
export interface KernelSpace {
  readonly x: readonly [low: number, high: number];
  readonly y: readonly [low: number, high: number];
  readonly sigmas: readonly number[];
}

export interface KernelSearch {
  /** One a target. */
  readonly spaces: readonly KernelSpace[];
  /** Windows to look at for each target and width. */
  readonly iterations: number;
  /** DIRECT's ε. */
  readonly epsilon: number;
  /** Scores of windows for every target, [windows][targets]. */
  score(kernels: readonly Kernel[]): Promise<readonly ArrayLike<number>[]>;
  /** Called after every batch; false stops the search. */
  step(scores: KernelScores): Promise<boolean>;
}

/** What was looked at: by target, then by width, in the order of the search. */
export type KernelScores = readonly (readonly (readonly ScoredKernel[])[])[];

/**
 * Searches the best Gaussian window for every target and width, all of them side by side, so that a batch holds the
 * points of one DIRECT iteration of all searches. A window that several searches ask for is looked at once. What a
 * target's search finds does not depend on the other targets.
 */
export async function searchKernels(options: KernelSearch): Promise<KernelScores> {
  const { spaces, iterations, epsilon, score, step } = options;
  const scoreOf = new Map<string, ArrayLike<number>>();
  const scores = spaces.map(({ sigmas }) => sigmas.map((): ScoredKernel[] => []));
  const searches = spaces.flatMap((space, target) =>
    space.sigmas.map((sigma, width) => ({
      direct: new Direct({ axes: 2, epsilon, limit: iterations }),
      target,
      scored: scores[target][width],
      at: ([u, v]: number[]): Kernel => ({
        x: space.x[0] + u * (space.x[1] - space.x[0]),
        y: space.y[0] + v * (space.y[1] - space.y[0]),
        sigma,
      }),
    })),
  );
  for (;;) {
    const asked = searches.map(({ direct, at }) => direct.ask().map(at));
    const fresh = new Map(
      asked.flat().flatMap((kernel) => (scoreOf.has(keyOf(kernel)) ? [] : [[keyOf(kernel), kernel]])),
    );
    if (asked.every((kernels) => kernels.length === 0)) return scores;
    const answers = fresh.size > 0 ? await score([...fresh.values()]) : [];
    for (const [i, key] of [...fresh.keys()].entries()) scoreOf.set(key, answers[i]);
    searches.forEach(({ direct, target, scored }, i) => {
      if (asked[i].length === 0) return;
      const values = asked[i].map((kernel) => Number(scoreOf.get(keyOf(kernel))?.[target]));
      scored.push(...asked[i].map((kernel, k) => ({ ...kernel, score: values[k] })));
      direct.tell(values);
    });
    if (!(await step(scores))) return scores;
  }
}

const keyOf = ({ x, y, sigma }: Kernel) => `${x} ${y} ${sigma}`;

/** The window's profile along one axis, at the centres of pixels. */
function profile(centre: number, sigma: number, size: number): Float32Array {
  return Float32Array.from({ length: size }, (_, i) => Math.exp(-((i + 0.5 - centre) ** 2) / (2 * sigma * sigma)));
}

/**
 * Windows as separable masks; with `complements`, each followed by 1 − itself.
 * @returns masks of rank 1, or 2 with complements
 */
export function kernelMasks(
  kernels: readonly Kernel[],
  width: number,
  height: number,
  complements: boolean,
): Pick<MaskedBatch, "count" | "masks"> {
  const rank = complements ? 2 : 1;
  const count = kernels.length * rank;
  const left = new Float32Array(count * height * rank);
  const right = new Float32Array(count * rank * width);
  kernels.forEach(({ x, y, sigma }, k) => {
    const [rows, columns] = [profile(y, sigma, height), profile(x, sigma, width)];
    for (let copy = 0; copy < rank; copy++) {
      const n = k * rank + copy;
      const sign = copy === 0 ? 1 : -1;
      for (let i = 0; i < height; i++) {
        left[(n * height + i) * rank] = sign * rows[i];
        if (copy === 1) left[(n * height + i) * rank + 1] = 1;
      }
      right.set(columns, n * rank * width);
      if (copy === 1) right.fill(1, (n * rank + 1) * width, (n * rank + 2) * width);
    }
  });
  return { count, masks: { kind: "separable", rank, left, right } };
}

/** Windows weighted by their scores: for each width Σ score · window over its largest value, added up. */
export function kernelDensity(scored: readonly (readonly ScoredKernel[])[], width: number, height: number): RawMap {
  const data = new Float32Array(width * height);
  for (const kernels of scored) {
    const sum = new Float64Array(width * height);
    for (const { x, y, sigma, score } of kernels) {
      const [rows, columns] = [profile(y, sigma, height), profile(x, sigma, width)];
      for (let i = 0; i < height; i++) {
        const row = score * rows[i];
        for (let j = 0; j < width; j++) sum[i * width + j] += row * columns[j];
      }
    }
    const top = sum.reduce((most, value) => Math.max(most, value), 0);
    if (top > 0) for (let p = 0; p < data.length; p++) data[p] += sum[p] / top;
  }
  return { data, width, height };
}

/** The best window of all widths. */
export function bestKernel(scored: readonly (readonly ScoredKernel[])[]): ScoredKernel {
  return scored.flat().reduce((best, kernel) => (kernel.score > best.score ? kernel : best));
}
