import { checkRegionShape } from "../core/check-region.js";
import { SightlineError } from "../core/errors.js";
import { kindOf } from "../core/kind-of.js";
import { checkRange } from "../core/options.js";
import { random } from "../core/random.js";
import type { RawImage } from "../core/raw-image.js";
import { checkRaw } from "./raw-picture.js";

/** Something to paste on pictures: 8-bit sRGB with straight alpha, four interleaved channels, from the top left. */
export interface Sticker {
  readonly data: Uint8Array | Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
}

/** Where a sticker lies on a picture of any size. */
export interface StickerPlace {
  /** The sticker's middle, as shares of the picture's width and height, 0…1; what lies beyond the edge is cut. */
  readonly x: number;
  readonly y: number;
  /** Its width as a share of the picture's width, above 0 to 2; its height follows. */
  readonly size: number;
}

/** Samples along each side of a pixel where a sticker is not pasted at its own size. */
const SAMPLES = 4;
const MOST_NOISE = 4096;

/**
 * A copy of a picture with a sticker on it. At its own size the sticker's pixels are taken as they are; else each pixel
 * is the mean of 16 samples.
 * @example
 * const [boat] = classroom.pictures({ count: 1, labels: ["cup"] });
 * const marked = pasteSticker(boat.image, classroom.sticker, { x: 0.15, y: 0.85, size: 0.2 });
 * @throws SightlineError `bad-image`, `image-too-large` for what is no picture, `bad-config` for what is no sticker, for a
 * place or a size out of range
 */
export function pasteSticker(image: RawImage, sticker: Sticker, place: StickerPlace): RawImage {
  checkRaw(image);
  checkSticker(sticker);
  const { x, y, size } = place ?? {};
  checkRange("size of a sticker", size, 1e-3, 2);
  checkRange("x of a sticker", x, -2, 3);
  checkRange("y of a sticker", y, -2, 3);
  const width = Math.max(1, Math.round(size * image.width));
  const height = Math.max(1, Math.round((width * sticker.height) / sticker.width));
  const left = Math.round(x * image.width - width / 2);
  const top = Math.round(y * image.height - height / 2);
  const data = Uint8Array.from(image.data);
  const sample = sampler(sticker, width, height);
  for (let row = Math.max(0, -top); row < Math.min(height, image.height - top); row++) {
    for (let column = Math.max(0, -left); column < Math.min(width, image.width - left); column++) {
      const [red, green, blue, alpha] = sample(column, row);
      const at = ((top + row) * image.width + left + column) * 3;
      data[at] = Math.round(data[at] * (1 - alpha) + red);
      data[at + 1] = Math.round(data[at + 1] * (1 - alpha) + green);
      data[at + 2] = Math.round(data[at + 2] * (1 - alpha) + blue);
    }
  }
  return { data, width: image.width, height: image.height };
}

/** @throws SightlineError `bad-config` */
function checkSticker(sticker: Sticker): void {
  const { data, width, height } = sticker ?? {};
  const bytes = data instanceof Uint8Array || data instanceof Uint8ClampedArray;
  if (bytes && width >= 1 && height >= 1 && data.length === width * height * 4) return;
  throw new SightlineError("bad-config", `not a sticker: ${kindOf(sticker)}`, {
    received: sticker,
    expected: "{ data, width, height } with red, green, blue and alpha for each pixel",
    next: "cutSticker makes one, classroom.sticker is one",
  });
}

type Sample = readonly [red: number, green: number, blue: number, alpha: number];

/** Colours multiplied by their alpha (0…1) of a sticker at another size. */
function sampler(sticker: Sticker, width: number, height: number): (column: number, row: number) => Sample {
  const { data } = sticker;
  const samples = width === sticker.width && height === sticker.height ? 1 : SAMPLES;
  return (column, row) => {
    const sum: [number, number, number, number] = [0, 0, 0, 0];
    for (let i = 0; i < samples * samples; i++) {
      const across = column + ((i % samples) + 0.5) / samples;
      const down = row + (Math.floor(i / samples) + 0.5) / samples;
      const px = Math.floor((across / width) * sticker.width);
      const at = (Math.floor((down / height) * sticker.height) * sticker.width + px) * 4;
      const alpha = data[at + 3] / 255 / samples ** 2;
      for (let c = 0; c < 3; c++) sum[c] += data[at + c] * alpha;
      sum[3] += alpha;
    }
    return sum;
  };
}

/**
 * What a region of a picture shows, as a sticker: the region's bounding box, transparent outside of the region.
 * @param region 1 inside and 0 outside, on a grid that lies evenly over the picture, such as `boxRegion` makes
 * @returns a sticker of no pixels where the region is empty
 * @throws SightlineError `bad-image`, `image-too-large` for what is no picture, `bad-config`, `shape-mismatch` for what is no region
 */
export function cutSticker(
  image: RawImage,
  region: { readonly mask: Uint8Array; readonly width: number; readonly height: number },
): Sticker {
  checkRaw(image);
  checkRegionShape(region);
  const { mask, width, height } = region;
  const has = (px: number, py: number) =>
    mask[Math.floor((py / image.height) * height) * width + Math.floor((px / image.width) * width)] === 1;
  let [left, top, right, bottom] = [image.width, image.height, 0, 0];
  for (let py = 0; py < image.height; py++) {
    for (let px = 0; px < image.width; px++) {
      if (!has(px, py)) continue;
      [left, top, right, bottom] = [Math.min(left, px), Math.min(top, py), Math.max(right, px + 1), py + 1];
    }
  }
  const [across, down] = [Math.max(0, right - left), Math.max(0, bottom - top)];
  const data = new Uint8Array(across * down * 4);
  for (let i = 0; i < across * down; i++) {
    const [px, py] = [left + (i % across), top + Math.floor(i / across)];
    if (!has(px, py)) continue;
    const at = (py * image.width + px) * 3;
    data.set([image.data[at], image.data[at + 1], image.data[at + 2], 255], 4 * i);
  }
  return { data, width: across, height: down };
}

/**
 * Random content of a sticker's size, each value drawn evenly, opaque: what a sticker is to be compared with.
 * @param size width and height, 1…4096 pixels
 * @throws SightlineError `bad-config` for a size out of range
 */
export function noiseSticker(size: Pick<Sticker, "width" | "height">, seed = 0): Sticker {
  const { width, height } = size ?? {};
  checkRange("width of a sticker", width, 1, MOST_NOISE, true);
  checkRange("height of a sticker", height, 1, MOST_NOISE, true);
  const source = random(seed);
  const data = Uint8Array.from({ length: width * height * 4 }, (_, i) => (i % 4 === 3 ? 255 : source.integer(256)));
  return { data, width, height };
}
