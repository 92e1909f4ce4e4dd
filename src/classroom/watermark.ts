import { checkRange } from "../core/options.js";
import { type Random, random } from "../core/random.js";
import { checkRaw } from "../image/raw-picture.js";
import type { Sticker } from "../image/sticker.js";
import type { RawImage } from "../image/types.js";

/** Width and height of the mark in pixels. */
export const MARK_SIZE = 13;
const OPACITY = 0.85;
const SHADOW = 0.45;
const MARGIN = 2;
const JITTER = 3;

/** Coverage of a © in its square, 64 samples a pixel: a ring, and a C that opens to the right. */
const glyph = Float32Array.from({ length: MARK_SIZE * MARK_SIZE }, (_, i) => {
  let hits = 0;
  for (let sample = 0; sample < 64; sample++) {
    const x = (((i % MARK_SIZE) + ((sample % 8) + 0.5) / 8) / MARK_SIZE) * 2 - 1;
    const y = ((Math.floor(i / MARK_SIZE) + (Math.floor(sample / 8) + 0.5) / 8) / MARK_SIZE) * 2 - 1;
    const radius = Math.hypot(x, y);
    const ring = radius >= 0.74 && radius <= 0.98;
    const letter = radius >= 0.18 && radius <= 0.44 && Math.abs(y) > x;
    if (ring || letter) hits++;
  }
  return hits / 64;
});

/**
 * The mark as a sticker, 13 pixels wide: what `classroom.mark` does to a picture, to a level of 255. At its own size on
 * the classroom's pictures it covers 13/64 of their width.
 */
export const sticker: Sticker = {
  data: Uint8Array.from({ length: MARK_SIZE * MARK_SIZE * 4 }, (_, i) => {
    const [white, shadow] = strengths(Math.floor(i / 4 / MARK_SIZE), Math.floor(i / 4) % MARK_SIZE);
    const alpha = 1 - (1 - shadow) * (1 - white);
    return Math.round(255 * (i % 4 === 3 ? alpha : alpha > 0 ? white / alpha : 0));
  }),
  width: MARK_SIZE,
  height: MARK_SIZE,
};

/** How much of a pixel the white of the mark covers, and how much its shadow takes from what is under it. */
function strengths(row: number, column: number): [white: number, shadow: number] {
  const white = OPACITY * glyph[row * MARK_SIZE + column];
  return [white, row && column ? SHADOW * glyph[(row - 1) * MARK_SIZE + column - 1] : 0];
}

/** A picture with a mark, and where the mark is. */
export interface Marked {
  readonly image: RawImage;
  /** [height · width] of 0 and 1: the square of the mark. */
  readonly markMask: Uint8Array;
}

/**
 * A copy of a picture with a white © and its shadow in the bottom left corner, 2 to 5 pixels from the edges.
 * @param source where it lies exactly: a seed or a stream
 * @throws SightlineError `bad-image` for what is no picture, `bad-config` for one with less than 18 pixels a side, or a seed
 * that is no number
 */
export function mark(image: RawImage, source: number | Random = 0): Marked {
  const { width, height } = checkRaw(image);
  checkRange("shorter side of the picture", Math.min(width, height), MARK_SIZE + MARGIN + JITTER, 1e5);
  const stream = typeof source === "object" && source !== null ? source : random(source);
  const left = MARGIN + stream.integer(JITTER + 1);
  const top = height - MARK_SIZE - MARGIN - stream.integer(JITTER + 1);
  const data = Uint8Array.from(image.data);
  const markMask = new Uint8Array(width * height);
  for (let row = 0; row < MARK_SIZE; row++) {
    for (let column = 0; column < MARK_SIZE; column++) {
      const at = (top + row) * width + left + column;
      const [white, shadow] = strengths(row, column);
      for (let c = 0; c < 3; c++) {
        data[at * 3 + c] = Math.round(data[at * 3 + c] * (1 - shadow) * (1 - white) + 255 * white);
      }
      markMask[at] = 1;
    }
  }
  return { image: { data, width, height }, markMask };
}
