import { descending } from "../../../src/core/ranks.js";
import { pixelsAt } from "../../../src/evaluate/curve.js";
import { resizeMap } from "../../../src/image/resize-map.js";
import type { WireMap } from "../../../src/widgets/traits/index.js";
import { readMap } from "../explanation.js";
import type { Received } from "../model.js";
import type { Pixels } from "../pictures.js";

/** The rank of each pixel in a map's order, most relevant first, as the measurement walks it. */
export function ranksOf(map: Received<WireMap>, { width, height }: Pixels): Uint32Array {
  const read = readMap(map);
  const values = resizeMap(read.data, read.width, read.height, width, height);
  const ranks = new Uint32Array(values.length);
  descending(values).forEach((pixel, rank) => {
    ranks[pixel] = rank;
  });
  return ranks;
}

/** A picture of which the first pixels of an order were replaced, up to a step of so many. */
export function replaced(ranks: Uint32Array, [from, to]: readonly [Pixels, Pixels], step: number, steps: number) {
  const { width, height } = from;
  const count = pixelsAt(step, steps, width * height);
  const data = new Uint8ClampedArray(from.data);
  for (let p = 0; p < ranks.length; p++) {
    if (ranks[p] < count) for (let c = 0; c < 4; c++) data[p * 4 + c] = to.data[p * 4 + c];
  }
  return { data, width, height };
}
