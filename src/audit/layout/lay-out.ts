import { random } from "../../core/random.js";
import { umapCoordinates } from "../shortcuts/clusters.js";

/** UMAP is fitted to so many rows; the others are placed among them. */
export const FITTED = 1500;
/** Neighbours in UMAP's graph. */
const NEIGHBOURS = 15;
/** Fitted rows that decide where another one lies. */
const NEAREST = 5;

export interface LayoutRequest {
  /** One row after the other. */
  readonly rows: Float32Array;
  readonly length: number;
  readonly seed: number;
}

/**
 * Places rows in a plane, x and y of each, 0…1: UMAP of a sample, every other row at the mean of its nearest fitted ones,
 * weighted by 1 / distance. The same rows and seed give the same places, bit for bit.
 */
export async function layOut({ rows, length, seed }: LayoutRequest): Promise<Float32Array> {
  const count = rows.length / length;
  const fitted = fittedRows(count, seed);
  const row = (i: number) => rows.subarray(i * length, (i + 1) * length);
  const coordinates = await umapCoordinates(Array.from(fitted, row), { neighbours: NEIGHBOURS, seed });
  const places = new Float32Array(2 * count);
  const isFitted = new Uint8Array(count);
  fitted.forEach((i, at) => {
    isFitted[i] = 1;
    places.set(coordinates[at], 2 * i);
  });
  for (let i = 0; i < count; i++) {
    if (!isFitted[i]) places.set(placeAmong(row(i), fitted, row, coordinates), 2 * i);
  }
  return withinUnit(places);
}

/** The rows that UMAP is fitted to, in their order. */
export const fittedRows = (count: number, seed: number): Int32Array =>
  random(seed)
    .shuffle(Int32Array.from({ length: count }, (_, i) => i))
    .slice(0, FITTED)
    .sort();

/** Where a row lies among fitted ones: at the mean of the nearest, weighted by 1 / distance. */
export function placeAmong(
  own: Float32Array,
  fitted: Int32Array,
  row: (i: number) => Float32Array,
  coordinates: readonly (readonly [number, number])[],
): [x: number, y: number] {
  const near: { at: number; away: number }[] = [];
  let farthest = Number.POSITIVE_INFINITY;
  for (const [at, i] of fitted.entries()) {
    const other = row(i);
    let away = 0;
    for (let d = 0; d < own.length && away < farthest; d++) away += (own[d] - other[d]) ** 2;
    if (away >= farthest) continue;
    near.push({ at, away });
    near.sort((a, b) => a.away - b.away);
    near.length = Math.min(near.length, NEAREST);
    if (near.length === NEAREST) farthest = near[NEAREST - 1].away;
  }
  let [x, y, all] = [0, 0, 0];
  for (const { at, away } of near) {
    const weight = 1 / (Math.sqrt(away) + 1e-9);
    x += weight * coordinates[at][0];
    y += weight * coordinates[at][1];
    all += weight;
  }
  return [x / all, y / all];
}

/** How much of the square the places fill: marks at its edge are seen whole. */
const FILLED = 0.94;

/** Places scaled to fill a square, 0…1, along the longer side, the other one in the middle. */
function withinUnit(places: Float32Array): Float32Array {
  const bounds = [0, 1].map((axis) => {
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let i = axis; i < places.length; i += 2) {
      low = Math.min(low, places[i]);
      high = Math.max(high, places[i]);
    }
    return { middle: (low + high) / 2, extent: high - low };
  });
  const extent = Math.max(...bounds.map((bound) => bound.extent)) || 1;
  return places.map((value, i) => (FILLED * (value - bounds[i % 2].middle)) / extent + 0.5);
}
