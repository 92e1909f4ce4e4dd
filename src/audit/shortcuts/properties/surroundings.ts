import { resizeMap } from "../../../image/resize-map.js";
import { lumaAt, meanColour, type Property } from "./property.js";
import type { Pixels, View } from "./view.js";

/** Thickness of a frame, and how deep the band behind it reaches, as shares of the shorter side. */
const FRAME = 1 / 12;
const BAND = 1 / 4;
/** Side of the blocks that a background is laid out of. */
const BLOCK = 1 / 8;
/** Share of the view, where the evidence is strongest, that keeps what it shows when the background is changed. */
const KEPT = 0.2;

const known = new Map<string, Int32Array>();

/** Places whose distance from the nearest edge is in a range, in shares of the shorter side. */
function places({ seen: { width, height } }: View, from: number, to: number): Int32Array {
  const key = [width, height, from, to].join();
  const found = known.get(key) ?? placesBetween(width, height, from, to);
  known.set(key, found);
  return found;
}

function placesBetween(width: number, height: number, from: number, to: number): Int32Array {
  const side = Math.min(width, height);
  const depth = (at: number, length: number) => Math.min(at, length - 1 - at);
  return Int32Array.from({ length: width * height }, (_, i) => i).filter((i) => {
    const deep = Math.min(depth(i % width, width), depth(Math.floor(i / width), height)) + 0.5;
    return deep >= from * side && deep < to * side;
  });
}

/** The outermost twelfth of a picture. */
export const frame: Property = {
  name: "frame",
  measure(view) {
    const [outer, inner] = [places(view, 0, FRAME), places(view, FRAME, 2 * FRAME)];
    const { data } = view.seen;
    const [own, next] = [meanColour(data, outer), meanColour(data, inner)];
    return [...own, ...own.map((value, c) => value - next[c]), unevenness(data, outer)];
  },
  edit(view, donor) {
    const pixels = Uint8ClampedArray.from(view.seen.data);
    for (const place of places(view, 0, FRAME)) copyPixel(donor.seen.data, place, pixels, place);
    return pixels;
  },
};

/** Logarithm of the luma's standard deviation over places. */
function unevenness(data: ArrayLike<number>, at: Int32Array): number {
  let [sum, squares] = [0, 0];
  for (const place of at) {
    const luma = lumaAt(data, place);
    sum += luma;
    squares += luma * luma;
  }
  return Math.log(1 + Math.sqrt(Math.max(0, squares / at.length - (sum / at.length) ** 2)));
}

function copyPixel(from: ArrayLike<number>, place: number, to: Pixels, at: number): void {
  for (let c = 0; c < 3; c++) to[3 * at + c] = from[3 * place + c];
}

/**
 * What lies around: measured in a band along the edges, behind the frame. A picture keeps what its evidence is strongest
 * on; the rest is laid out with blocks of the other picture's band, which show no object.
 */
export const background: Property = {
  name: "background",
  measure(view) {
    const band = places(view, FRAME, BAND);
    const { data, width } = view.seen;
    let [across, down] = [0, 0];
    for (const place of band) {
      const luma = lumaAt(data, place);
      across += Math.abs(lumaAt(data, place + 1) - luma);
      down += Math.abs(lumaAt(data, place + width) - luma);
    }
    const detail = [across, down].map((sum) => Math.log(1 + sum / band.length));
    return [...meanColour(data, band), unevenness(data, band), ...detail];
  },
  edit(view, donor, { integer }) {
    const kept = strongest(view);
    if (!kept) return undefined;
    const { data, width, height } = view.seen;
    const laid = laidOut(donor, integer);
    const pixels = Uint8ClampedArray.from(data);
    for (let i = 0; i < width * height; i++) {
      for (let c = 0; c < 3; c++) pixels[3 * i + c] = kept[i] * data[3 * i + c] + (1 - kept[i]) * laid[3 * i + c];
    }
    return pixels;
  },
};

/** What the colour of the middle is above that of the band: of a cast, which is everywhere, nothing in particular. */
export function middleAboveBand(view: View): readonly number[] {
  const { data } = view.seen;
  const band = meanColour(data, places(view, FRAME, BAND));
  return meanColour(data, places(view, BAND, 1)).map((value, c) => value - band[c]);
}

/** How much each pixel is kept, 0…1; undefined for a map without evidence. */
function strongest({ evidence, seen: { width, height } }: View): Float32Array | undefined {
  const side = Math.sqrt(evidence.length);
  const order = Array.from(evidence.keys()).sort((a, b) => evidence[b] - evidence[a]);
  if (evidence[order[0]] <= 0) return undefined;
  const mask = new Float32Array(evidence.length);
  for (const cell of order.slice(0, Math.round(KEPT * order.length))) mask[cell] = 1;
  return resizeMap(mask, side, side, width, height);
}

/** A picture's size of blocks from its band. */
function laidOut({ seen: { data, width, height } }: View, integer: (below: number) => number): Pixels {
  const side = Math.min(width, height);
  const block = Math.max(1, Math.round(BLOCK * side));
  const [first, last] = [Math.ceil(FRAME * side), Math.floor(BAND * side) - block];
  const out = new Uint8ClampedArray(data.length);
  for (let top = 0; top < height; top += block) {
    for (let left = 0; left < width; left += block) {
      const corner = bandCorner({ width, height, block, first, last: Math.max(first, last) }, integer);
      for (let y = top; y < Math.min(height, top + block); y++) {
        for (let x = left; x < Math.min(width, left + block); x++) {
          copyPixel(data, (corner.y + y - top) * width + corner.x + x - left, out, y * width + x);
        }
      }
    }
  }
  return out;
}

interface Band {
  readonly width: number;
  readonly height: number;
  readonly block: number;
  /** Depths of the outer edge of a block, from the nearest edge of the picture. */
  readonly first: number;
  readonly last: number;
}

/** Top left corner of a block in the band along one of the four edges. */
function bandCorner({ width, height, block, first, last }: Band, integer: (below: number) => number) {
  const depth = first + integer(last - first + 1);
  const along = (length: number) => first + integer(Math.max(1, length - 2 * first - block + 1));
  const edge = integer(4);
  if (edge === 0) return { x: along(width), y: depth };
  if (edge === 1) return { x: along(width), y: height - block - depth };
  if (edge === 2) return { x: depth, y: along(height) };
  return { x: width - block - depth, y: along(height) };
}
