import type { RawImage } from "../core/raw-image.js";
import { colourTable, LEVELS } from "./colour-maps.js";
import type { Look, OverlayType } from "./config.js";
import { strokeOutlines } from "./outlines.js";
import { emptiness, type PreparedMap, type Range } from "./prepared-map.js";

/**
 * How opaque a colour is: `weight` where the evidence is strongest, nothing at the lower end, in proportion between, so
 * that weak evidence lays no veil of the first colour over the picture.
 */
export function opacity(t: number, weight: number): number {
  return weight * t;
}

/** How bright `mask_black` shows the picture: the root, so that the middle of the scale can be seen. */
export function unmasked(t: number): number {
  return Math.sqrt(t);
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
    const share = Math.round(ONE * shareOf(t, look));
    for (let c = 0; c < 3; c++) {
      table[i * 4 + c] = (look.overlay === "mask_black" ? 0 : colours[i * 3 + c] * share) + ONE / 2;
    }
    table[i * 4 + 3] = look.overlay === "mask_black" ? share : ONE - share;
  }
  return table;
}

/** The share of a colour, or of the picture that a mask uncovers. */
function shareOf(t: number, { overlay, weight }: Look): number {
  if (overlay === "mask_black") return unmasked(t);
  return overlay === "none" ? 1 : opacity(t, weight);
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
