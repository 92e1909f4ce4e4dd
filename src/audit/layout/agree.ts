import { Matrix, SingularValueDecomposition } from "ml-matrix";
import { random } from "../../core/random.js";
import { fittedRows, placeAmong } from "./lay-out.js";

/** Shared pictures that the turn is fitted to. */
const FITTED_PAIRS = 2000;
const ROUNDS = 50;
/** A picture that lies this near, as a share of the spread, counts no more than one that lies exactly there. */
const NEAR = 1e-4;

export interface Rows {
  /** One row after the other. */
  readonly rows: Float32Array;
  readonly length: number;
}

export interface AgreeRequest {
  readonly earlier: Rows;
  readonly later: Rows;
  /** Row in the earlier and row in the later audit of each picture that is in both. */
  readonly pairs: Int32Array;
  /** Where the earlier rows lie, x and y of each. */
  readonly places: Float32Array;
  /** Of the earlier layout. */
  readonly seed: number;
  /** Whether the two have coordinates of their own: features of two models. */
  readonly turn: boolean;
}

/**
 * Places the rows of a later audit on the map of an earlier one. A row that is what it was stays where it was; every other
 * lies at the mean of its nearest earlier rows, weighted by 1 / distance. Features of two models are first turned into each
 * other by the pictures that both have (see {@link turned}).
 */
export function agree({ earlier, later, pairs, places, seed, turn }: AgreeRequest): Float32Array {
  const own = turn ? turned(earlier, later, pairs, seed) : later;
  const count = earlier.rows.length / earlier.length;
  const fitted = fittedRows(count, seed);
  const row = (i: number) => earlier.rows.subarray(i * earlier.length, (i + 1) * earlier.length);
  const coordinates = Array.from(fitted, (i) => [places[2 * i], places[2 * i + 1]] as const);
  const before = new Map<number, number>();
  for (let k = 0; k < pairs.length; k += 2) before.set(pairs[k + 1], pairs[k]);
  const out = new Float32Array((2 * own.rows.length) / own.length);
  for (let i = 0; 2 * i < out.length; i++) {
    const now = own.rows.subarray(i * own.length, (i + 1) * own.length);
    const same = before.get(i);
    const stays = same !== undefined && row(same).every((value, d) => value === now[d]);
    out.set(stays ? places.subarray(2 * same, 2 * same + 2) : placeAmong(now, fitted, row, coordinates), 2 * i);
  }
  return out;
}

/**
 * The later rows in the coordinates of the earlier ones: moved, scaled to the same spread and turned or mirrored so that the
 * shared pictures lie as near as they can (orthogonal Procrustes: Schönemann, Psychometrika 1966; for embeddings of two times:
 * Hamilton, Leskovec & Jurafsky, ACL 2016). Distances count as they are, not squared, by weights that are found anew in each
 * round: the few pictures that the later model sees otherwise do not turn the many that it sees as before.
 */
export function turned(earlier: Rows, later: Rows, pairs: Int32Array, seed: number): Rows {
  const side = Math.max(earlier.length, later.length);
  const chosen = random(seed)
    .shuffle(Array.from({ length: pairs.length / 2 }, (_, k) => k))
    .slice(0, FITTED_PAIRS);
  const taken = ({ rows, length }: Rows, of: 0 | 1) =>
    chosen.map((k) => padded(rows.subarray(pairs[2 * k + of] * length, (pairs[2 * k + of] + 1) * length), side));
  const [target, source] = [taken(earlier, 0), taken(later, 1)];
  let weights = new Float64Array(chosen.length).fill(1);
  let fit = fitOf(source, target, weights, side);
  for (let round = 0; round < ROUNDS; round++) {
    const away = source.map((row, i) => distance(fit.apply(row), target[i]));
    weights = Float64Array.from(away, (one) => 1 / Math.max(one, NEAR * fit.spread));
    fit = fitOf(source, target, weights, side);
  }
  const rows = new Float32Array((later.rows.length / later.length) * earlier.length);
  for (let i = 0; i * later.length < later.rows.length; i++) {
    const row = padded(later.rows.subarray(i * later.length, (i + 1) * later.length), side);
    rows.set(fit.apply(row).subarray(0, earlier.length), i * earlier.length);
  }
  return { rows, length: earlier.length };
}

interface Fit {
  /** Root of the mean squared distance of the earlier rows from their mean. */
  readonly spread: number;
  apply(row: Float64Array): Float64Array;
}

function fitOf(
  source: readonly Float64Array[],
  target: readonly Float64Array[],
  weights: Float64Array,
  side: number,
): Fit {
  const [from, to] = [centred(source, weights, side), centred(target, weights, side)];
  const products = Array.from({ length: side }, () => new Float64Array(side));
  for (const [i, row] of from.rows.entries()) {
    for (let a = 0; a < side; a++) {
      const value = weights[i] * row[a];
      for (let b = 0; b < side; b++) products[a][b] += value * to.rows[i][b];
    }
  }
  const { leftSingularVectors: left, rightSingularVectors: right } = new SingularValueDecomposition(
    new Matrix(products.map((row) => Array.from(row))),
  );
  const turn = left.mmul(right.transpose());
  const scale = from.spread > 0 ? to.spread / from.spread : 1;
  return {
    spread: to.spread,
    apply(row) {
      const out = Float64Array.from(to.mean);
      for (let a = 0; a < side; a++) {
        const value = scale * (row[a] - from.mean[a]);
        for (let b = 0; b < side; b++) out[b] += value * turn.get(a, b);
      }
      return out;
    },
  };
}

function centred(rows: readonly Float64Array[], weights: Float64Array, side: number) {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const mean = new Float64Array(side);
  for (const [i, row] of rows.entries()) for (let d = 0; d < side; d++) mean[d] += (weights[i] * row[d]) / total;
  const moved = rows.map((row) => row.map((value, d) => value - mean[d]));
  const squares = moved.reduce(
    (sum, row, i) => sum + weights[i] * row.reduce((all, value) => all + value * value, 0),
    0,
  );
  return { mean, rows: moved, spread: Math.sqrt(squares / total) };
}

function padded(row: Float32Array, side: number): Float64Array {
  const out = new Float64Array(side);
  out.set(row);
  return out;
}

const distance = (a: Float64Array, b: Float64Array) =>
  Math.sqrt(a.reduce((sum, value, d) => sum + (value - b[d]) ** 2, 0));
