import { resizeMap } from "../image/resize-map.js";
import type { RawImage } from "../image/types.js";
import { colourTable, LEVELS } from "./colour-maps.js";
import type { Look, OverlayType, Polarity } from "./config.js";
import { type Evidence, evidence, type MapLike } from "./noise.js";
import { strokeOutlines } from "./outlines.js";

/** Width and height in whole pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The values between which colours run: nothing is drawn below `low`, everything from `high` up has the last colour. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

/** A map at the size it is drawn at, with what recolouring needs again and again. */
export interface PreparedMap extends Size {
  readonly source: MapLike;
  /** The values at this size; NaN where there are none. */
  readonly values: Float32Array;
  readonly evidence: Evidence;
  readonly percentiles: Percentiles;
}

/**
 * The first of two steps: everything that does not depend on the look. Maps of regions and maps that are not to be
 * smoothed keep their cells; all others are interpolated.
 *
 * @param options.scale size of the scores behind the map, see {@link evidence}
 */
export function prepareMap(
  map: MapLike,
  { width, height }: Size,
  { scale = 0, smooth = true }: { scale?: number; smooth?: boolean } = {},
): PreparedMap {
  const interpolate = smooth && !map.regions;
  return {
    source: map,
    width,
    height,
    values: interpolate
      ? resizeMap(map.data, map.width, map.height, width, height)
      : nearest(map.data, map.width, map.height, width, height),
    evidence: evidence(map, scale),
    percentiles: new Percentiles([map]),
  };
}

/** Copy at another size, each output pixel from the cell that its centre falls in. */
function nearest(data: Float32Array, width: number, height: number, newWidth: number, newHeight: number): Float32Array {
  const out = new Float32Array(newWidth * newHeight);
  for (let y = 0, o = 0; y < newHeight; y++) {
    const row = Math.floor(((y + 0.5) * height) / newHeight) * width;
    for (let x = 0; x < newWidth; x++, o++) out[o] = data[row + Math.floor(((x + 0.5) * width) / newWidth)];
  }
  return out;
}

/**
 * Percentiles of raw map values, sorted once for each polarity. Of signed maps, `positive` evidence is max(v, 0),
 * `negative` max(−v, 0), `both` |v|, zeros counted; of unsigned maps the values as they are. Values that are not finite
 * are left out. Several maps together have one scale.
 */
export class Percentiles {
  readonly #maps: readonly MapLike[];
  readonly #sorted = new Map<Polarity, Float32Array>();

  constructor(maps: readonly MapLike[]) {
    this.#maps = maps;
  }

  /** Value at a percentile (0…100), linear between the two nearest ranks; 0 where nothing is finite. */
  at(percentile: number, polarity: Polarity): number {
    const sorted = this.#values(polarity);
    if (sorted.length === 0) return 0;
    const rank = (percentile / 100) * (sorted.length - 1);
    const low = Math.floor(rank);
    const high = Math.min(sorted.length - 1, low + 1);
    return sorted[low] + (rank - low) * (sorted[high] - sorted[low]);
  }

  range({ polarity, clipBelow, clipAbove }: Pick<Look, "polarity" | "clipBelow" | "clipAbove">): Range {
    return { low: this.at(clipBelow, polarity), high: this.at(clipAbove, polarity) };
  }

  #values(polarity: Polarity): Float32Array {
    let sorted = this.#sorted.get(polarity);
    if (!sorted) {
      const all = new Float32Array(this.#maps.reduce((sum, { data }) => sum + data.length, 0));
      let count = 0;
      for (const { data, signed } of this.#maps) {
        const part = signed ? STRENGTH[polarity] : asIs;
        for (const value of data) if (Number.isFinite(value)) all[count++] = part(value);
      }
      sorted = all.subarray(0, count).sort();
      this.#sorted.set(polarity, sorted);
    }
    return sorted;
  }
}

const asIs = (value: number) => value;

const STRENGTH: Record<Polarity, (value: number) => number> = {
  positive: (value) => Math.max(value, 0),
  negative: (value) => Math.max(-value, 0),
  both: Math.abs,
};

/** Why nothing is drawn, in words for the picture; undefined where something is. */
export function emptiness(map: PreparedMap, polarity: Polarity): string | undefined {
  const { low, high, floor, aboveNoise } = map.evidence;
  if (!aboveNoise) return "no evidence above noise";
  if (polarity === "negative" && (!map.source.signed || -low <= floor)) return "no negative evidence above noise";
  if (polarity === "positive" && map.source.signed && high <= floor) return "no positive evidence above noise";
  return undefined;
}

/**
 * How opaque a colour is: `weight` where the evidence is strongest, nothing at the lower end, the square root between,
 * so that the middle of the scale is seen.
 */
export function opacity(t: number, weight: number): number {
  return weight * Math.sqrt(t);
}

/** What lies under the colours where there is no picture. */
const PAPER = 255;

/**
 * The second step: colours. Writes `width * height` opaque RGBA pixels (`out` begins at a multiple of four bytes, as image data does). A map without evidence leaves the picture bare.
 *
 * @param picture what lies under the map, at the map's size
 * @param range the scale shared with other maps; the map's own when left out
 */
export function paint(
  map: PreparedMap,
  picture: RawImage,
  look: Look,
  out: Uint8ClampedArray,
  range: Range = map.percentiles.range(look),
): void {
  const empty = emptiness(map, look.polarity) !== undefined;
  if (empty || look.type === "outlines") {
    paintBase(picture, look.overlay, out);
    if (!empty) strokeOutlines(map, picture, look, range, out);
  } else {
    paintPixels(map, picture, look, range, out);
  }
}

/** The picture alone, as an overlay type shows it where there is no evidence. */
export function paintBase(picture: RawImage, overlay: OverlayType, out: Uint8ClampedArray): void {
  const { data } = picture;
  for (let i = 0, p = 0; p < data.length; i += 4, p += 3) {
    if (overlay === "original") {
      out[i] = data[p];
      out[i + 1] = data[p + 1];
      out[i + 2] = data[p + 2];
    } else {
      const level = overlay === "grayscale" ? luma(data, p) : overlay === "none" ? PAPER : 0;
      out[i] = out[i + 1] = out[i + 2] = level;
    }
    out[i + 3] = 255;
  }
}

/** Brightness of an RGB pixel, 0…255 (ITU-R BT.601). */
function luma(data: RawImage["data"], at: number): number {
  return (data[at] * 19595 + data[at + 1] * 38470 + data[at + 2] * 7471 + 32768) >> 16;
}

/** Fixed-point one. */
const ONE = 65536;

/**
 * Everything a pixel needs, by its place on the scale: the colour already multiplied by its share, and the share left
 * to what lies below; evidence against the class in the second half.
 */
function mixTable(look: Look): Int32Array {
  const colours = colourTable(look.colourMap, look.polarity);
  const steps = LEVELS + 1;
  const table = new Int32Array(2 * steps * 4);
  for (let i = 0; i < 2 * steps; i++) {
    const t = (i % steps) / LEVELS;
    const share = Math.round(
      ONE * (look.overlay === "none" ? 1 : opacity(t, look.overlay === "mask_black" ? 1 : look.weight)),
    );
    for (let c = 0; c < 3; c++) {
      table[i * 4 + c] = (look.overlay === "mask_black" ? 0 : colours[i * 3 + c] * share) + ONE / 2;
    }
    table[i * 4 + 3] = look.overlay === "mask_black" ? share : ONE - share;
  }
  return table;
}

/** Pixels are written as 32-bit words. */
const LITTLE_ENDIAN = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;

function paintPixels(map: PreparedMap, picture: RawImage, look: Look, range: Range, out: Uint8ClampedArray): void {
  const { values } = map;
  const { data } = picture;
  const { low, high } = range;
  const { signed } = map.source;
  const { polarity, overlay } = look;
  const table = mixTable(look);
  const perUnit = high > low ? LEVELS / (high - low) : 0;
  const least = signed ? Math.max(low, Number.MIN_VALUE) : low;
  const sign = signed && polarity === "negative" ? -1 : 1;
  const fold = signed && polarity === "both";
  const grey = overlay === "grayscale";
  const pictured = grey || overlay === "original" || overlay === "mask_black";
  const bare = overlay === "mask_black" ? 0 : ONE;
  const paper = overlay === "none" ? PAPER * ONE : 0;
  const words = new Uint32Array(out.buffer, out.byteOffset, values.length);
  for (let i = 0, p = 0; i < values.length; i++, p += 3) {
    let value = sign * values[i];
    let k = 0;
    if (fold && value < 0) {
      value = -value;
      k = (LEVELS + 1) * 4;
    }
    let rest = bare;
    let red = paper;
    let green = paper;
    let blue = paper;
    if (value >= least) {
      k += (value >= high ? LEVELS : ((value - low) * perUnit + 0.5) | 0) * 4;
      red = table[k];
      green = table[k + 1];
      blue = table[k + 2];
      rest = table[k + 3];
    }
    if (grey) {
      const base = ((data[p] * 19595 + data[p + 1] * 38470 + data[p + 2] * 7471 + 32768) >> 16) * rest;
      red += base;
      green += base;
      blue += base;
    } else if (pictured) {
      red += data[p] * rest;
      green += data[p + 1] * rest;
      blue += data[p + 2] * rest;
    }
    words[i] = LITTLE_ENDIAN
      ? (red >>> 16) | ((green >>> 16) << 8) | ((blue >>> 16) << 16) | 0xff000000
      : ((red >>> 16) << 24) | ((green >>> 16) << 16) | ((blue >>> 16) << 8) | 0xff;
  }
}
