import type { Random } from "../../../core/random.js";
import type { RawImage } from "../../../image/types.js";
import type { Pixels } from "./view.js";

/** Blocks along each side. */
const BLOCKS = 8;

/**
 * An edit of the same size as another one that means nothing: the same differences, their blocks in random order, each
 * block's channels turned and with signs of their own.
 */
export function randomEdit({ data, width, height }: RawImage, edited: Pixels, random: Random): Pixels {
  const order = random.shuffle(Array.from({ length: BLOCKS * BLOCKS }, (_, i) => i));
  const turns = order.map(() => random.integer(3));
  const signs = Array.from({ length: 3 * order.length }, () => (random.uniform() < 0.5 ? -1 : 1));
  const [across, down] = [Math.ceil(width / BLOCKS), Math.ceil(height / BLOCKS)];
  const out = Uint8ClampedArray.from(data);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const block = order[Math.floor(y / down) * BLOCKS + Math.floor(x / across)];
      const fromX = Math.min(width - 1, (block % BLOCKS) * across + (x % across));
      const fromY = Math.min(height - 1, Math.floor(block / BLOCKS) * down + (y % down));
      const [to, from] = [3 * (y * width + x), 3 * (fromY * width + fromX)];
      for (let c = 0; c < 3; c++) {
        const k = from + ((c + turns[block]) % 3);
        out[to + c] = data[to + c] + signs[3 * block + c] * (edited[k] - data[k]);
      }
    }
  }
  return out;
}
