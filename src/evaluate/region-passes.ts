import type { Random } from "../core/random.js";
import type { Tensor } from "../core/tensor.js";
import type { Work } from "../core/work.js";
import type { MaskedBatch, Model } from "../model/types.js";
import type { Region } from "./region.js";

/** Copies that are asked for at once: between two of these the reader sees how far it is. */
const CHUNK = 16;

/** Raw scores of copies of the picture, one for each mask of the model's input. */
export async function scoresOfMasks(
  model: Model,
  picture: Pick<MaskedBatch, "base" | "delta">,
  masks: Float32Array,
  { signal, progress }: Work,
): Promise<Tensor> {
  const size = model.info.input.width * model.info.input.height;
  const count = masks.length / size;
  const parts: Tensor[] = [];
  progress({ done: 0, total: count });
  for (let from = 0; from < count; from += CHUNK) {
    const taken = Math.min(CHUNK, count - from);
    const data = masks.subarray(from * size, (from + taken) * size);
    parts.push(await model.masked({ ...picture, count: taken, masks: { kind: "dense", data } }, { signal }));
    progress({ done: from + taken, total: count });
  }
  const classes = parts[0].dims[1];
  const data = new Float32Array(count * classes);
  for (const [i, part] of parts.entries()) data.set(part.data, i * CHUNK * classes);
  return { data, dims: [count, classes] };
}

/**
 * Fills masks with random regions: the shapes in turn, each moved around the picture's edges, mirrored or not.
 * @param masks zeros, as many as masks are wanted
 */
export function writeElsewhere(shapes: readonly Region[], source: Random, masks: Float32Array): void {
  const { width, height } = shapes[0];
  for (let at = 0, i = 0; at < masks.length; at += width * height, i++) {
    const offset = { right: source.integer(width), down: source.integer(height), mirrored: source.integer(2) === 1 };
    move(shapes[i % shapes.length], offset, masks.subarray(at, at + width * height));
  }
}

/** Writes a region moved around the edges, mirrored or not, as a mask. */
function move(
  { mask, width, height }: Region,
  { right, down, mirrored }: { right: number; down: number; mirrored: boolean },
  out: Float32Array,
): void {
  for (let y = 0; y < height; y++) {
    const row = ((y + down) % height) * width;
    for (let x = 0; x < width; x++) {
      if (mask[y * width + (mirrored ? width - 1 - x : x)]) out[row + ((x + right) % width)] = 1;
    }
  }
}
