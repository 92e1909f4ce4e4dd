import { assign } from "../core/assignment.js";
import { runYielding } from "../core/cooperative.js";
import { random } from "../core/random.js";
import type { Rect } from "../core/raw-image.js";
import { mean } from "../core/statistics.js";
import type { Tensor } from "../core/tensor.js";
import { type Factors, factorise, presenceOf, type Rows } from "../methods/concepts/factorise.js";
import { cellsOf, shuffled } from "../methods/concepts/parts.js";
import type { Control, InputGeometry, LayerInfo } from "../model/types.js";
import type { Controlled } from "./bank-facts.js";
import { cellsUnder } from "./crops.js";

/** A crop by its picture and its place in the model's input. */
export interface CropPlace {
  readonly picture: number;
  readonly rect: Rect;
}

/** Mean activations of crops, one row each. */
export class CropRows {
  readonly #layer: LayerInfo;
  readonly #means: Float32Array[] = [];
  readonly places: CropPlace[] = [];
  /** Whether any activation was below zero. */
  signed = false;

  constructor(layer: LayerInfo) {
    this.#layer = layer;
  }

  get rows(): number {
    return this.places.length;
  }

  /** Crops that were enlarged to the size of the input: a row of the batch that was observed for each. */
  addEnlarged(activations: ReadonlyMap<string, Tensor>, places: readonly CropPlace[]): void {
    places.forEach((place, i) => {
      this.#add(place, cellsOf(activations.get(this.#layer.name) as Tensor, this.#layer, i));
    });
  }

  /** Crops of a picture that was observed whole: the cells under each. */
  addInPlace(activations: ReadonlyMap<string, Tensor>, places: readonly CropPlace[], input: InputGeometry): void {
    const all = cellsOf(activations.get(this.#layer.name) as Tensor, this.#layer);
    for (const place of places) {
      const under = cellsUnder(place.rect, input, this.#layer.geometry);
      const data = new Float32Array(under.length * all.columns);
      under.forEach((cell, i) => {
        data.set(all.data.subarray(cell * all.columns, (cell + 1) * all.columns), i * all.columns);
      });
      this.#add(place, { data, rows: under.length, columns: all.columns });
    }
  }

  #add(place: CropPlace, cells: Rows): void {
    this.signed ||= cells.data.some((value) => value < 0);
    this.#means.push(meanRow(cells));
    this.places.push(place);
  }

  /** Some of them. */
  only(rows: readonly number[]): CropRows {
    const some = new CropRows(this.#layer);
    some.signed = this.signed;
    for (const row of rows) {
      some.#means.push(this.#means[row]);
      some.places.push(this.places[row]);
    }
    return some;
  }

  matrix(): Rows {
    const { channels } = this.#layer.geometry;
    const data = new Float32Array(this.rows * channels);
    this.#means.forEach((row, i) => {
      data.set(row, i * channels);
    });
    return { data, rows: this.rows, columns: channels };
  }
}

/** The mean of a matrix' rows. */
export function meanRow({ data, rows, columns }: Rows): Float32Array {
  const sums = new Float64Array(columns);
  for (let i = 0; i < data.length; i++) sums[i % columns] += data[i];
  return Float32Array.from(sums, (sum) => sum / rows);
}

/** Starts of the factorisation: the best is taken, the others say how stable it is. */
export const STARTS = 5;

/** What crops were taken apart into, and how far other starts agree. */
export interface FoundConcepts extends Factors {
  readonly rank: number;
  readonly stability: readonly Controlled[];
}

/** @param onStart called after each of {@link STARTS} factorisations */
export async function findConcepts(
  data: Rows,
  { rank, signed, seed, signal, onStart }: { rank: number; signed: boolean; seed: number; onStart(): void } & Control,
): Promise<FoundConcepts> {
  const found: Factors[] = [];
  for (let start = 0; start < STARTS; start++) {
    found.push(await runYielding(factorise(data, { rank, signed, random: random(seed).fork(start) }), signal));
    onStart();
  }
  const best = found.reduce((one, other) => (other.residual < one.residual ? other : one));
  const kept = withoutEmpty(best, data.columns);
  const size = kept.directions.length / data.columns;
  const others = found.filter((one) => one !== best);
  const strangers = others.map((other, i) => shuffled(other.directions, rank, random(seed).fork(STARTS + i)));
  const agreement = others.map(({ directions }) => cosinesWith(kept.directions, directions, data.columns));
  const control = strangers.map((directions) => cosinesWith(kept.directions, directions, data.columns));
  const stability = Array.from({ length: size }, (_, k) => ({
    value: mean(agreement.map((cosines) => cosines[k])),
    control: mean(control.map((cosines) => cosines[k])),
  }));
  return { ...kept, rank: size, stability };
}

/** Directions that came to nothing are no concepts. */
function withoutEmpty({ presence, directions, residual }: Factors, columns: number): Factors {
  const rank = directions.length / columns;
  const kept = Array.from({ length: rank }, (_, k) => k).filter(
    (k) =>
      directions.subarray(k * columns, (k + 1) * columns).some((value) => value !== 0) &&
      presence.some((value, i) => i % rank === k && value > 0),
  );
  const rows = presence.length / rank;
  return {
    residual,
    directions: Float32Array.from({ length: kept.length * columns }, (_, i) => {
      return directions[kept[Math.floor(i / columns)] * columns + (i % columns)];
    }),
    presence: Float32Array.from({ length: rows * kept.length }, (_, i) => {
      return presence[Math.floor(i / kept.length) * rank + kept[i % kept.length]];
    }),
  };
}

/** Cosines of each direction with that of others which is matched to it, one to one, so that their sum is largest. */
export function cosinesWith(directions: Float32Array, others: Float32Array, columns: number): number[] {
  const [rank, size] = [directions.length / columns, others.length / columns];
  const n = Math.max(rank, size);
  const cosines = Array.from({ length: n }, (_, i) =>
    Float64Array.from({ length: n }, (__, j) => {
      let sum = 0;
      if (i >= rank || j >= size) return 0;
      for (let c = 0; c < columns; c++) sum += directions[i * columns + c] * others[j * columns + c];
      return sum;
    }),
  );
  return assign(cosines)
    .slice(0, rank)
    .map((j, i) => cosines[i][j]);
}

/** Indices of the rows in which a concept is among the strongest tenth, and present at all. */
export async function strongestRows(
  data: Rows,
  directions: Float32Array,
  concept: number,
  share: number,
  { signal }: Control,
): Promise<number[]> {
  const rank = directions.length / data.columns;
  const presence = await runYielding(presenceOf(data, directions, rank), signal);
  const strength = Float64Array.from({ length: data.rows }, (_, row) => presence[row * rank + concept]);
  const border = strength.toSorted()[Math.min(data.rows - 1, Math.floor((1 - share) * data.rows))];
  return [...strength.keys()].filter((row) => strength[row] >= border && strength[row] > 0);
}

/** Crops in which a concept is strongest, none of which overlaps another, strongest first. */
export function strongestCrops(
  { presence, rank }: FoundConcepts,
  concept: number,
  places: readonly CropPlace[],
  most: number,
): { row: number; strength: number }[] {
  const strength = (row: number) => presence[row * rank + concept];
  const chosen: number[] = [];
  for (const row of [...places.keys()].sort((a, b) => strength(b) - strength(a) || a - b)) {
    if (chosen.length === most || strength(row) <= 0) break;
    if (!chosen.some((other) => overlap(places[row], places[other]))) chosen.push(row);
  }
  return chosen.map((row) => ({ row, strength: strength(row) }));
}

function overlap(a: CropPlace, b: CropPlace): boolean {
  if (a.picture !== b.picture) return false;
  const apart = (from: number, size: number, other: number, otherSize: number) =>
    from + size <= other || other + otherSize <= from;
  const [p, q] = [a.rect, b.rect];
  return !apart(p.x, p.width, q.x, q.width) && !apart(p.y, p.height, q.y, q.height);
}
