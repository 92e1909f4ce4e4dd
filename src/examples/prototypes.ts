import { checkKeys } from "../core/checks.js";
import { SightlineError, throwIfAborted } from "../core/errors.js";
import { checkOptions, type Limits, optionNames } from "../core/options.js";
import { median } from "../core/statistics.js";
import { longWork } from "../core/work.js";
import type { Control } from "../model/types.js";
import { type LibraryPicture, PictureLibrary } from "./library.js";

/** Options of {@link prototypes}. */
export interface PrototypeOptions extends Control {
  /** How many prototypes; default 5. */
  count?: number;
  /** How many criticisms; default 3. */
  criticisms?: number;
}

/** Pictures that speak for a library, and those that it would misspeak. */
export interface Prototypes {
  /** The pictures that stand for the others, in the order in which they were chosen. */
  readonly prototypes: readonly LibraryPicture[];
  /** Pictures that the prototypes stand for least. */
  readonly criticisms: readonly LibraryPicture[];
  /** Squared maximum mean discrepancy between the prototypes and the library; 0 where they are alike. */
  readonly discrepancy: number;
}

const OPTIONS = optionNames<PrototypeOptions>({ count: true, criticisms: true, signal: true });
const LIMITS: Limits<Pick<PrototypeOptions, "count" | "criticisms">> = {
  count: { from: 1, to: 1000, whole: true },
  criticisms: { from: 0, to: 1000, whole: true },
};
/** Each step looks at all pairs: more pictures would take minutes. */
const MOST_PICTURES = 10_000;

/**
 * Prototypes and criticisms (MMD-critic): prototypes are chosen one by one so that the maximum mean discrepancy to the
 * library becomes smallest, 2/(nm) Σ k(x, p) − 1/m² Σ k(p, p′) largest; criticisms are where the witness function
 * |1/n Σ k(x, c) − 1/m Σ k(p, c)| is largest, kept apart from each other by log det K. k is a Gaussian of the distance between features of
 * length 1, its width the median distance. Kim, Khanna & Koyejo, Examples are not enough, learn to criticize!, NeurIPS 2016, eq. 4 and 5.
 * @example
 * const library = await pictureLibrary(model, ["cat.png", "dog.png"]);
 * const { prototypes: speakers } = await prototypes(library, { count: 1, criticisms: 0 });
 * speakers[0].name;
 * @throws SightlineError `bad-config` where more are asked for than there are pictures, or for more than 10 000 pictures; `aborted`
 */
export async function prototypes(library: PictureLibrary, options: PrototypeOptions = {}): Promise<Prototypes> {
  checkKeys(options, OPTIONS, "prototypes");
  checkOptions("prototypes", LIMITS, options);
  const { count = 5, criticisms = 3 } = options;
  checkLibrary(library, count + criticisms);
  return longWork(`prototypes of ${library.pictures.length} pictures`, options.signal, async ({ signal }) => {
    const kernel = kernelOf(library.pictures.map(({ features }) => features));
    const row = (i: number) => {
      throwIfAborted(signal);
      return kernel(i);
    };
    const n = library.pictures.length;
    const means = Float64Array.from({ length: n }, (_, i) => row(i).reduce((sum, value) => sum + value, 0) / n);
    const chosen = choosePrototypes(row, means, count);
    const witness = means.map((value, i) => value - chosen.sums[i] / count);
    const odd = chooseCriticisms(row, witness, { count: criticisms, taken: chosen.indices });
    const inside = chosen.indices.reduce((sum, i) => sum + chosen.sums[i], 0) / count ** 2;
    const across = chosen.indices.reduce((sum, i) => sum + means[i], 0) / count;
    const overall = means.reduce((sum, value) => sum + value, 0) / n;
    return {
      prototypes: chosen.indices.map((i) => library.pictures[i]),
      criticisms: odd.map((i) => library.pictures[i]),
      discrepancy: Math.max(0, overall - 2 * across + inside),
    };
  });
}

function checkLibrary(library: PictureLibrary, wanted: number): void {
  const refuse = (message: string, expected: string) =>
    new SightlineError("bad-config", message, { received: library?.pictures?.length ?? library, expected });
  if (!(library instanceof PictureLibrary)) throw refuse("this is no library of pictures", "what pictureLibrary gives");
  const { length } = library.pictures;
  if (length < wanted) throw refuse(`the library has ${length} pictures, and ${wanted} are asked for`, "fewer");
  if (length > MOST_PICTURES) throw refuse(`the library has ${length} pictures`, `at most ${MOST_PICTURES}`);
}

/** Rows of a Gaussian kernel between features of length 1; its width is the median distance, of a thousand pairs at most. */
function kernelOf(features: readonly Float32Array[]): (i: number) => Float64Array {
  const unit = features.map((row) => {
    const length = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
    return length > 0 ? row.map((value) => value / length) : row;
  });
  const squared = (a: Float32Array, b: Float32Array) => {
    let sum = 0;
    for (let c = 0; c < a.length; c++) sum += (a[c] - b[c]) ** 2;
    return sum;
  };
  const n = unit.length;
  const step = Math.max(1, Math.floor((n * (n - 1)) / 2 / 1000));
  const distances: number[] = [];
  for (let i = 0, pair = 0; i < n; i++)
    for (let j = 0; j < i; j++, pair++) if (pair % step === 0) distances.push(squared(unit[i], unit[j]));
  const width = distances.length > 0 ? median(distances) : 0;
  const gamma = width > 0 ? 1 / (2 * width) : 1;
  return (i) => Float64Array.from(unit, (other) => Math.exp(-gamma * squared(unit[i], other)));
}

type Row = (i: number) => Float64Array;

/** Greedily; `sums` are each picture's kernel values with all prototypes together. */
function choosePrototypes(row: Row, means: Float64Array, count: number): { indices: number[]; sums: Float64Array } {
  const indices: number[] = [];
  const sums = new Float64Array(means.length);
  let across = 0;
  let inside = 0;
  while (indices.length < count) {
    const m = indices.length + 1;
    let best = -1;
    let most = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < means.length; i++) {
      if (indices.includes(i)) continue;
      const value = (2 * (across + means[i])) / m - (inside + 2 * sums[i] + 1) / m ** 2;
      if (value > most) [best, most] = [i, value];
    }
    across += means[best];
    inside += 2 * sums[best] + 1;
    indices.push(best);
    row(best).forEach((value, i) => {
      sums[i] += value;
    });
  }
  return { indices, sums };
}

/** Greedily: |witness| plus what log det K grows by, which is the log of the part of a picture that those before do not explain. */
function chooseCriticisms(
  row: Row,
  witness: Float64Array,
  { count, taken }: { count: number; taken: readonly number[] },
): number[] {
  const indices: number[] = [];
  const left = new Float64Array(witness.length).fill(1);
  const factors: Float64Array[] = [];
  while (indices.length < count) {
    let best = -1;
    let most = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < witness.length; i++) {
      if (taken.includes(i) || indices.includes(i)) continue;
      const value = Math.abs(witness[i]) + Math.log(Math.max(left[i], 1e-12));
      if (value > most) [best, most] = [i, value];
    }
    indices.push(best);
    const pivot = Math.sqrt(Math.max(left[best], 1e-12));
    const factor = row(best).map(
      (value, i) => (value - factors.reduce((sum, one) => sum + one[best] * one[i], 0)) / pivot,
    );
    factors.push(factor);
    factor.forEach((value, i) => {
      left[i] -= value * value;
    });
  }
  return indices;
}
