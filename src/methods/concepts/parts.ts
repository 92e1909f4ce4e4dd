import { SightlineError } from "../../core/errors.js";
import { pixelIndex } from "../../core/pixel-index.js";
import type { Random } from "../../core/random.js";
import { sizeOf, type Tensor } from "../../core/tensor.js";
import type { LayerInfo } from "../../model/types.js";
import type { Rows } from "./factorise.js";

/** Directions in the channels of a layer, as `concepts` finds them. */
export interface ConceptDirections {
  readonly model: { readonly name: string; readonly sha256: string };
  /** The layer's name. */
  readonly layer: string;
  /** The class that they were found for. */
  readonly target: { readonly index: number; readonly label: string };
  readonly concepts: readonly { readonly name: string; readonly direction: Float32Array }[];
}

/** The channels of each cell of a layer, row by row from the top left; [cells, channels]. `picture` counts from 0. */
export function cellsOf({ data, dims }: Tensor, { geometry }: LayerInfo, picture = 0): Rows {
  const { channels, height, width } = geometry;
  const size = data.length / dims[0];
  const at = pixelIndex(geometry);
  const rows = height * width;
  const cells = new Float32Array(rows * channels);
  for (let cell = 0; cell < rows; cell++)
    for (let c = 0; c < channels; c++) cells[cell * channels + c] = data[picture * size + at(c, cell)];
  return { data: cells, rows, columns: channels };
}

/**
 * What each concept adds to a layer, one tensor a concept: its presence in a cell times its direction. Class and register
 * tokens are 0.
 * @param presence [cells, rank]
 * @param directions [rank, channels]
 */
export function partsOf(presence: Float32Array, directions: Float32Array, { geometry, shape }: LayerInfo): Tensor {
  const { channels, height, width } = geometry;
  const rank = directions.length / channels;
  const size = sizeOf(shape);
  const at = pixelIndex(geometry);
  const data = new Float32Array(rank * size);
  for (let k = 0; k < rank; k++) {
    for (let cell = 0; cell < height * width; cell++) {
      const amount = presence[cell * rank + k];
      if (amount === 0) continue;
      for (let c = 0; c < channels; c++) data[k * size + at(c, cell)] = amount * directions[k * channels + c];
    }
  }
  return { data, dims: [rank, ...shape.slice(1)] };
}

/** A tensor of batch 1 less all parts: what the concepts leave over. */
export function withoutParts({ data, dims }: Tensor, parts: Tensor): Tensor {
  const left = data.slice();
  for (let i = 0; i < parts.data.length; i++) left[i % left.length] -= parts.data[i];
  return { data: left, dims };
}

/** All parts together, batch 1. */
export function sumOfParts({ data, dims: [rank, ...dims] }: Tensor): Tensor {
  const sum = new Float32Array(data.length / rank);
  for (let i = 0; i < data.length; i++) sum[i % sum.length] += data[i];
  return { data: sum, dims: [1, ...dims] };
}

/** Random directions to stand beside others: each has the values of its own, in channels that were shuffled. */
export function shuffled(directions: Float32Array, rank: number, source: Random): Float32Array {
  const columns = directions.length / rank;
  const out = directions.slice();
  for (let k = 0; k < rank; k++) source.shuffle(out.subarray(k * columns, (k + 1) * columns));
  return out;
}

/** All of them in one array, [rank, channels]. */
export function flatDirections(concepts: ConceptDirections["concepts"]): Float32Array {
  const columns = concepts[0]?.direction.length ?? 0;
  const flat = new Float32Array(concepts.length * columns);
  concepts.forEach(({ direction }, k) => {
    flat.set(direction, k * columns);
  });
  return flat;
}

/** Weights [rank + 1, rank]: all parts, then all but one, in turn. */
export function leaveOneOut(rank: number): Float32Array {
  return Float32Array.from({ length: (rank + 1) * rank }, (_, i) => (Math.floor(i / rank) - 1 === i % rank ? 0 : 1));
}

/** Number of a concept among named ones, from 0. @throws SightlineError `index-out-of-range`, `unknown-label` */
export function conceptIndex(concepts: readonly { readonly name: string }[], concept: number | string): number {
  const names = concepts.map(({ name }) => name);
  if (typeof concept === "string") {
    const index = names.indexOf(concept);
    if (index >= 0) return index;
    throw new SightlineError("unknown-label", `there is no concept '${concept}'`, {
      received: concept,
      expected: `one of ${names.join(", ")}`,
    });
  }
  if (Number.isInteger(concept) && concept >= 0 && concept < names.length) return concept;
  throw new SightlineError("index-out-of-range", `there is no concept ${concept}`, {
    received: concept,
    expected: `a whole number from 0 to ${names.length - 1}`,
  });
}
