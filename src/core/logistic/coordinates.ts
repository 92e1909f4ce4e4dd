import { addTo, dot } from "./vectors.js";

/**
 * Rows in coordinates of the space that they span around their mean: as many as there are rows, where features are more.
 * Distances and angles stay, so a model with a penalty on the length of its weights is the same one, and found sooner.
 */
export interface Coordinates {
  /** [rows, width] */
  readonly data: Float64Array;
  readonly width: number;
  /** Weights [width] for coordinates as weights [features] and a bias for the features themselves. */
  toFeatures(weights: Float64Array): { weights: Float64Array; bias: number };
}

/** Rows that are this small against the largest are taken for 0: nothing but rounding is left of them. */
const NOTHING = 1e-7;

/**
 * Coordinates of rows, scaled so that the mean squared length of a row is 1: a penalty then means the same whatever the
 * features' unit. Gram and Schmidt's procedure, twice for each row against rounding.
 * @param rows of the same length
 */
export function coordinatesOf(rows: readonly Float32Array[]): Coordinates {
  const features = rows[0].length;
  const mean = new Float64Array(features);
  for (const row of rows) for (let f = 0; f < features; f++) mean[f] += row[f] / rows.length;
  const centred = rows.map((row) => Float64Array.from(row, (value, f) => value - mean[f]));
  const lengths = centred.map((row) => Math.sqrt(dot(row, row)));
  const power = lengths.reduce((sum, length) => sum + length ** 2, 0) / rows.length;
  const scale = power > 0 ? 1 / Math.sqrt(power) : 0;
  const basis = rows.length < features ? orthonormal(centred, Math.max(...lengths)) : undefined;
  const width = basis?.length ?? features;
  const data = new Float64Array(rows.length * width);
  centred.forEach((row, i) => {
    for (let k = 0; k < width; k++) data[i * width + k] = scale * (basis ? dot(row, basis[k]) : row[k]);
  });
  return {
    data,
    width,
    toFeatures(weights) {
      const full = new Float64Array(features);
      if (!basis) full.set(weights.map((weight) => scale * weight));
      for (const [k, axis] of (basis ?? []).entries()) addTo(full, axis, scale * weights[k]);
      return { weights: full, bias: -dot(full, mean) };
    },
  };
}

function orthonormal(rows: readonly Float64Array[], most: number): Float64Array[] {
  const basis: Float64Array[] = [];
  for (const row of rows) {
    const rest = row.slice();
    for (let pass = 0; pass < 2; pass++) for (const axis of basis) addTo(rest, axis, -dot(axis, rest));
    const length = Math.sqrt(dot(rest, rest));
    if (length > NOTHING * most) basis.push(rest.map((value) => value / length));
  }
  return basis;
}
