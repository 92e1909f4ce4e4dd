import type { Provenance } from "../explanation/parts.js";
import { colourTable, LEVELS } from "./colour-maps.js";
import type { Look } from "./config.js";
import { mapValue } from "./format.js";
import { unmasked } from "./paint.js";
import type { Range } from "./prepared-map.js";

/** The scale of a map as a picture: a strip of colour with the strongest evidence on top, and where values stand. */
export interface ColourBar {
  /** RGBA, `width * height`. */
  readonly data: Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
  /** What the values are measured in. */
  readonly unit?: string;
  /** `y` in pixels from the top. */
  readonly ticks: readonly { readonly y: number; readonly value: number; readonly text: string }[];
}

/** What the values of a map are measured in, as colour bars and histograms say it. */
export function unitOf({ score }: Pick<Provenance, "score">): string {
  return score === "none" ? "no unit" : score;
}

/** Values smaller than this share of the scale are written as 0: what rounding leaves says nothing. */
const ZERO = 1e-3;

/** A value as the scale of its map writes it. */
export function valueOnScale(value: number, { low, high }: Range): string {
  return mapValue(Math.abs(value) < ZERO * Math.max(Math.abs(low), Math.abs(high)) ? 0 : value);
}

/** @param signed whether the maps have values for and against */
export function colourBar(look: Look, { low, high }: Range, signed: boolean, width: number, height: number): ColourBar {
  const table = colourTable(look.colourMap, look.polarity);
  const both = signed && look.polarity === "both";
  const sign = signed && look.polarity === "negative" ? -1 : 1;
  const data = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let y = 0; y < height; y++) {
    const place = 1 - y / Math.max(1, height - 1);
    const t = both ? 2 * place - 1 : place;
    const strength = both ? (Math.abs(t) * high - low) / (high - low || 1) : t;
    if (strength < 0) continue;
    if (look.overlay === "mask_black") {
      data.fill(255 * unmasked(Math.min(1, strength)), y * width * 4, (y + 1) * width * 4);
      continue;
    }
    const at = ((both && t < 0 ? LEVELS + 1 : 0) + Math.round(Math.min(1, strength) * LEVELS)) * 3;
    for (let x = 0; x < width; x++) data.set(table.subarray(at, at + 3), (y * width + x) * 4);
  }
  const values = both ? [high, 0, -high] : [high, (low + high) / 2, low].map((value) => sign * value);
  const ticks = values.map((value, i) => ({
    y: (i / 2) * (height - 1),
    value,
    text: valueOnScale(value, { low, high }),
  }));
  for (let i = 3; i < data.length; i += 4) data[i] = 255;
  return { data, width, height, ticks };
}
