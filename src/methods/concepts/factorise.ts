import type { CooperativeTask } from "../../core/cooperative.js";
import type { Random } from "../../core/random.js";

/** A matrix, row after row. */
export interface Rows {
  readonly data: Float32Array;
  readonly rows: number;
  readonly columns: number;
}

/** What a matrix was taken apart into: data ≈ presence · directions. */
export interface Factors {
  /** How much of each direction is in each row, at least 0; [rows, rank]. */
  readonly presence: Float32Array;
  /** Vectors of length 1, or 0 where fewer directions make up the matrix; [rank, columns]. */
  readonly directions: Float32Array;
  /** Share of the matrix's squared values that is left over, 0…1. */
  readonly residual: number;
}

/** What to take a matrix apart into. */
export interface FactorOptions {
  readonly rank: number;
  /** Whether directions may have values below zero, as the matrix has. */
  readonly signed: boolean;
  readonly random: Random;
}

/** Multiplications between two turns of the event loop. */
const SLICE = 4_000_000;
const MOST_ROUNDS = 200;
/** Updates of the presence for each product of the data with the directions, which costs more than they do. */
const INNER = 3;
/** A round that explains less than this share of the squared values more is the last. */
const TOLERANCE = 1e-6;
/** Rows whose mean a direction starts from. */
const STARTING_ROWS = 8;

/**
 * Non-negative matrix factorisation by coordinate descent (hierarchical alternating least squares), with several updates of
 * the presence a round. Directions start from means of random rows. Where `signed`, only the presence is non-negative
 * (semi-NMF). Cichocki & Phan, Fast local algorithms for large scale nonnegative matrix and tensor factorizations, 2009;
 * Gillis & Glineur, Accelerated multiplicative updates and HALS, 2012; Ding, Li & Jordan, Convex and semi-nonnegative matrix
 * factorizations, 2010.
 */
export function* factorise(data: Rows, { rank, signed, random }: FactorOptions): CooperativeTask<Factors> {
  const { rows, columns } = data;
  const directions = startingDirections(data, rank, random);
  normalise(directions, rank, columns);
  const presence = new Float32Array(rows * rank);
  const whole = squares(data.data);
  let left = whole;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const onto = yield* projected(data, directions, rank);
    const between = gram(directions, rank, columns);
    for (let i = 0; i < (round === 0 ? MOST_ROUNDS : INNER); i++) descend(presence, onto, between, rank);
    const back = yield* collected(data, presence, rank);
    const shared = sharedPresence(presence, rank);
    updateDirections(directions, back, shared, rank, signed);
    const now = leftOver(whole, directions, back, shared, rank);
    rescale(presence, directions, rank, columns);
    if (left - now <= TOLERANCE * whole && round > 0) break;
    left = now;
  }
  const settled = yield* presenceOf(data, directions, rank);
  const residual = whole > 0 ? residualOf(data, settled, directions, rank) / whole : 0;
  return { presence: settled, directions, residual };
}

/** How much of each direction is in each row: non-negative least squares by coordinate descent. */
export function* presenceOf(data: Rows, directions: Float32Array, rank: number): CooperativeTask<Float32Array> {
  const onto = yield* projected(data, directions, rank);
  const between = gram(directions, rank, data.columns);
  const presence = new Float32Array(data.rows * rank);
  const largest = onto.reduce((most, value) => Math.max(most, value), 0);
  for (let i = 0; i < MOST_ROUNDS; i++) if (descend(presence, onto, between, rank) <= 1e-6 * largest) break;
  return presence;
}

/** Squared values of what directions leave over. */
export function residualOf(data: Rows, presence: Float32Array, directions: Float32Array, rank: number): number {
  const { rows, columns } = data;
  const row = new Float64Array(columns);
  let total = 0;
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) row[c] = data.data[r * columns + c];
    for (let k = 0; k < rank; k++) {
      const amount = presence[r * rank + k];
      if (amount > 0) for (let c = 0; c < columns; c++) row[c] -= amount * directions[k * columns + c];
    }
    total += squares(row);
  }
  return total;
}

export function squares(values: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i] * values[i];
  return total;
}

/** Makes each direction's length 1; returns the lengths before. */
export function normalise(directions: Float32Array, rank: number, columns: number): Float64Array {
  return Float64Array.from({ length: rank }, (_, k) => {
    const row = directions.subarray(k * columns, (k + 1) * columns);
    const length = Math.sqrt(squares(row));
    if (length > 0) for (let c = 0; c < columns; c++) row[c] /= length;
    return length;
  });
}

function startingDirections({ data, rows, columns }: Rows, rank: number, random: Random): Float32Array {
  const directions = new Float32Array(rank * columns);
  for (let k = 0; k < rank; k++) {
    for (let n = 0; n < STARTING_ROWS; n++) {
      const from = random.integer(rows) * columns;
      for (let c = 0; c < columns; c++) directions[k * columns + c] += data[from + c];
    }
  }
  return directions;
}

/** data · directionsᵀ, [rows, rank]. */
function* projected(
  { data, rows, columns }: Rows,
  directions: Float32Array,
  rank: number,
): CooperativeTask<Float64Array> {
  const out = new Float64Array(rows * rank);
  for (let r = 0, done = 0; r < rows; r++) {
    const from = r * columns;
    for (let k = 0; k < rank; k++) {
      const other = k * columns;
      let a = 0;
      let b = 0;
      let c = 0;
      for (; c + 1 < columns; c += 2) {
        a += data[from + c] * directions[other + c];
        b += data[from + c + 1] * directions[other + c + 1];
      }
      if (c < columns) a += data[from + c] * directions[other + c];
      out[r * rank + k] = a + b;
    }
    done += columns * rank;
    if (done > SLICE) {
      done = 0;
      yield;
    }
  }
  return out;
}

/** presenceᵀ · data, [rank, columns]. */
function* collected(
  { data, rows, columns }: Rows,
  presence: Float32Array,
  rank: number,
): CooperativeTask<Float64Array> {
  const out = new Float64Array(rank * columns);
  for (let r = 0, done = 0; r < rows; r++) {
    const from = r * columns;
    for (let k = 0; k < rank; k++) {
      const amount = presence[r * rank + k];
      if (amount === 0) continue;
      for (let c = 0, to = k * columns; c < columns; c++, to++) out[to] += amount * data[from + c];
    }
    done += columns * rank;
    if (done > SLICE) {
      done = 0;
      yield;
    }
  }
  return out;
}

function gram(directions: Float32Array, rank: number, columns: number): Float64Array {
  const out = new Float64Array(rank * rank);
  for (let i = 0; i < rank; i++) {
    for (let j = 0; j < rank; j++) {
      let sum = 0;
      for (let c = 0; c < columns; c++) sum += directions[i * columns + c] * directions[j * columns + c];
      out[i * rank + j] = sum;
    }
  }
  return out;
}

function sharedPresence(presence: Float32Array, rank: number): Float64Array {
  const out = new Float64Array(rank * rank);
  for (let from = 0; from < presence.length; from += rank) {
    for (let i = 0; i < rank; i++) {
      const amount = presence[from + i];
      if (amount > 0) for (let j = 0; j < rank; j++) out[i * rank + j] += amount * presence[from + j];
    }
  }
  return out;
}

/** One sweep over all coordinates of the presence; returns the largest step, as it changes the projection. */
function descend(presence: Float32Array, onto: Float64Array, between: Float64Array, rank: number): number {
  let largest = 0;
  for (let from = 0; from < presence.length; from += rank) {
    for (let k = 0; k < rank; k++) {
      const own = between[k * rank + k];
      if (own === 0) continue;
      let slope = onto[from + k];
      for (let j = 0; j < rank; j++) slope -= presence[from + j] * between[k * rank + j];
      const before = presence[from + k];
      const after = Math.max(0, before + slope / own);
      presence[from + k] = after;
      largest = Math.max(largest, Math.abs(after - before) * own);
    }
  }
  return largest;
}

function updateDirections(
  directions: Float32Array,
  back: Float64Array,
  shared: Float64Array,
  rank: number,
  signed: boolean,
): void {
  const columns = directions.length / rank;
  for (let k = 0; k < rank; k++) {
    const own = shared[k * rank + k];
    if (own === 0) continue;
    for (let c = 0; c < columns; c++) {
      let slope = back[k * columns + c];
      for (let j = 0; j < rank; j++) slope -= shared[k * rank + j] * directions[j * columns + c];
      const value = directions[k * columns + c] + slope / own;
      directions[k * columns + c] = signed ? value : Math.max(0, value);
    }
  }
}

/** ‖data − presence · directions‖² without the data: ‖data‖² − 2·⟨presenceᵀ·data, directions⟩ + ⟨presenceᵀ·presence, gram⟩. */
function leftOver(
  whole: number,
  directions: Float32Array,
  back: Float64Array,
  shared: Float64Array,
  rank: number,
): number {
  const between = gram(directions, rank, directions.length / rank);
  let left = whole;
  for (let i = 0; i < back.length; i++) left -= 2 * back[i] * directions[i];
  for (let i = 0; i < shared.length; i++) left += shared[i] * between[i];
  return left;
}

/** Directions get length 1, and the presence what they lost. */
function rescale(presence: Float32Array, directions: Float32Array, rank: number, columns: number): void {
  const lengths = normalise(directions, rank, columns);
  for (let i = 0; i < presence.length; i++) presence[i] *= lengths[i % rank];
}
