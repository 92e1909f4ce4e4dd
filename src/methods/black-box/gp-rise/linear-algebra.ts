import type { CooperativeTask } from "../../../core/cooperative.js";

/**
 * A symmetric matrix as Q·T·Qᵀ with T tridiagonal, by Householder reflections. All that regression asks of the matrix
 * (determinant, quadratic form, solution for many ridges r) follows from T in linear time.
 */
export interface Tridiagonal {
  readonly size: number;
  readonly diagonal: Float64Array;
  readonly below: Float64Array;
  /** Row k, from column 0 to k − 1: the reflection that cleared it, scaled so that H = 1 − v·vᵀ. */
  readonly reflections: readonly Float64Array[];
}

/** @param rows lower triangle, row i with i + 1 values; used as working space. Golub & Van Loan, §8.3.1. */
export function* tridiagonalise(rows: Float64Array[]): CooperativeTask<Tridiagonal> {
  const size = rows.length;
  const diagonal = new Float64Array(size);
  const below = new Float64Array(Math.max(0, size - 1));
  const reflections: Float64Array[] = [];
  const image = new Float64Array(size);
  for (let k = size - 1; k >= 0; k--) {
    const row = rows[k];
    diagonal[k] = row[k];
    const v = row.subarray(0, k);
    if (k > 0) below[k - 1] = reflect(v);
    reflections[k] = v;
    if (k < 2) continue;
    reduce(rows, v, image);
    yield;
  }
  return { size, diagonal, below, reflections };
}

/** H·A·H for the leading rows of A that a reflection H = 1 − v·vᵀ meets. */
function reduce(rows: readonly Float64Array[], v: Float64Array, image: Float64Array): void {
  const k = v.length;
  image.fill(0, 0, k);
  for (let i = 0; i < k; i++) {
    const line = rows[i];
    const vi = v[i];
    let sum = line[i] * vi;
    for (let j = 0; j < i; j++) {
      sum += line[j] * v[j];
      image[j] += line[j] * vi;
    }
    image[i] += sum;
  }
  let half = 0;
  for (let i = 0; i < k; i++) half += image[i] * v[i];
  half /= 2;
  for (let i = 0; i < k; i++) image[i] -= half * v[i];
  for (let i = 0; i < k; i++) {
    const line = rows[i];
    const vi = v[i];
    const wi = image[i];
    for (let j = 0; j <= i; j++) line[j] -= vi * image[j] + wi * v[j];
  }
}

/** Turns x into the v of a reflection 1 − v·vᵀ that maps x to (0, …, 0, s), and returns s. */
function reflect(x: Float64Array): number {
  const last = x.length - 1;
  let rest = 0;
  for (let i = 0; i < last; i++) rest += x[i] * x[i];
  if (rest === 0) {
    const kept = x[last];
    x.fill(0);
    return kept;
  }
  const norm = Math.sqrt(rest + x[last] * x[last]);
  const target = x[last] > 0 ? -norm : norm;
  x[last] -= target;
  const scale = Math.SQRT2 / Math.sqrt(rest + x[last] * x[last]);
  for (let i = 0; i <= last; i++) x[i] *= scale;
  return target;
}

/** Qᵀ·y (or Q·y with `back`), in place. */
export function rotate({ reflections, size }: Tridiagonal, y: Float64Array, back = false): Float64Array {
  for (let step = 1; step < size; step++) {
    const v = reflections[back ? step : size - step];
    let dot = 0;
    for (let i = 0; i < v.length; i++) dot += v[i] * y[i];
    if (dot !== 0) for (let i = 0; i < v.length; i++) y[i] -= dot * v[i];
  }
  return y;
}

/** scale · T + ridge as L·D·Lᵀ: D and the subdiagonal of L. */
export function factor(
  { diagonal, below, size }: Tridiagonal,
  scale: number,
  ridge: number,
): { pivots: Float64Array; lower: Float64Array } {
  const pivots = new Float64Array(size);
  const lower = new Float64Array(Math.max(0, size - 1));
  for (let i = 0; i < size; i++) {
    const carried = i > 0 ? lower[i - 1] * lower[i - 1] * pivots[i - 1] : 0;
    pivots[i] = Math.max(scale * diagonal[i] + ridge - carried, 1e-12 * ridge);
    if (i < size - 1) lower[i] = (scale * below[i]) / pivots[i];
  }
  return { pivots, lower };
}

/** The lower triangle L with L·Lᵀ = A, in place. @param rows lower triangle of a positive definite A */
export function* cholesky(rows: readonly Float64Array[]): CooperativeTask<readonly Float64Array[]> {
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i];
    for (let j = 0; j < i; j++) row[j] = (row[j] - dot(row, rows[j], j)) / rows[j][j];
    row[i] = Math.sqrt(row[i] - dot(row, row, i));
    yield;
  }
  return rows;
}

/** wᵀ·(L·Lᵀ)⁻¹·w for each column w, by forward substitution of two rows and four columns at a time. */
export function* quadraticForms(
  lower: readonly Float64Array[],
  columns: readonly Float64Array[],
): CooperativeTask<Float64Array> {
  const forms = new Float64Array(columns.length);
  const sums = new Float64Array(8);
  const z = Array.from({ length: 4 }, () => new Float64Array(lower.length));
  for (let c = 0; c < columns.length; c += 4) {
    const width = Math.min(4, columns.length - c);
    for (let i = 0; i < lower.length; i += 2) {
      const next = lower[i + 1];
      eightProducts(lower[i], next ?? lower[i], z[0], z[1], z[2], z[3], sums, i);
      for (let k = 0; k < width; k++) {
        const w = columns[c + k];
        z[k][i] = (w[i] - sums[k]) / lower[i][i];
        forms[c + k] += z[k][i] ** 2;
        if (!next) continue;
        z[k][i + 1] = (w[i + 1] - sums[4 + k] - next[i] * z[k][i]) / next[i + 1];
        forms[c + k] += z[k][i + 1] ** 2;
      }
    }
    yield;
  }
  return forms;
}

/** Scalar product of the first values; four sums at once, which a processor adds side by side. */
export function dot(a: Float64Array, b: Float64Array, length = a.length): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let i = 0;
  for (; i + 3 < length; i += 4) {
    s0 += a[i] * b[i];
    s1 += a[i + 1] * b[i + 1];
    s2 += a[i + 2] * b[i + 2];
    s3 += a[i + 3] * b[i + 3];
  }
  for (; i < length; i++) s0 += a[i] * b[i];
  return s0 + s1 + (s2 + s3);
}

/**
 * Scalar products of all rows with all columns, two rows and four columns at a time: six numbers fetched for eight
 * products.
 * @returns for each column its products, in the order of the rows
 */
export function products(rows: readonly Float64Array[], columns: readonly Float64Array[]): Float64Array[] {
  const sums = new Float64Array(8);
  const answers = columns.map(() => new Float64Array(rows.length));
  for (let j = 0; j < columns.length; j += 4) {
    const at = (k: number) => columns[Math.min(j + k, columns.length - 1)];
    const [c0, c1, c2, c3] = [at(0), at(1), at(2), at(3)];
    const width = Math.min(4, columns.length - j);
    for (let i = 0; i < rows.length; i += 2) {
      const next = Math.min(i + 1, rows.length - 1);
      eightProducts(rows[i], rows[next], c0, c1, c2, c3, sums, rows[i].length);
      for (let k = 0; k < width; k++) {
        answers[j + k][i] = sums[k];
        answers[j + k][next] = sums[next > i ? 4 + k : k];
      }
    }
  }
  return answers;
}

function eightProducts(
  a: Float64Array,
  b: Float64Array,
  c0: Float64Array,
  c1: Float64Array,
  c2: Float64Array,
  c3: Float64Array,
  sums: Float64Array,
  length: number,
): void {
  let a0 = 0;
  let a1 = 0;
  let a2 = 0;
  let a3 = 0;
  let b0 = 0;
  let b1 = 0;
  let b2 = 0;
  let b3 = 0;
  for (let i = 0; i < length; i++) {
    const x = a[i];
    const y = b[i];
    const z0 = c0[i];
    const z1 = c1[i];
    const z2 = c2[i];
    const z3 = c3[i];
    a0 += x * z0;
    a1 += x * z1;
    a2 += x * z2;
    a3 += x * z3;
    b0 += y * z0;
    b1 += y * z1;
    b2 += y * z2;
    b3 += y * z3;
  }
  sums[0] = a0;
  sums[1] = a1;
  sums[2] = a2;
  sums[3] = a3;
  sums[4] = b0;
  sums[5] = b1;
  sums[6] = b2;
  sums[7] = b3;
}
