import { resizeMap } from "../image/resize-map.js";
import type { RawImage } from "../image/types.js";
import { colourTable, LEVELS } from "./colour-maps.js";
import type { Look, Polarity } from "./config.js";
import { type Contour, contoursOf, strokeContours } from "./outlines.js";

/** A map as the painter takes it: raw values, rows from the top left. */
export interface PaintableMap {
  readonly data: Float32Array;
  readonly width: number;
  readonly height: number;
  readonly signed: boolean;
  readonly regions?: Int32Array;
  readonly uncertainty?: Float32Array;
}

/** A map made ready for pictures of one size: everything that does not depend on how it is drawn. */
export interface PreparedMap {
  readonly width: number;
  readonly height: number;
  readonly signed: boolean;
  /** Values at the picture's size, [height · width]; NaN where there is none. */
  readonly values: Float32Array;
  /** Finite values of the map itself, ascending. */
  readonly sorted: Float32Array;
  /** Share of the map's own cells whose largest evidence stands out from noise; see {@link hasEvidence}. */
  readonly evidence: Readonly<Record<Polarity, boolean>>;
  /** Contours are remembered by their level. */
  readonly contours: Map<string, readonly Contour[]>;
}

/** The two values between which colours run: at `low` a map begins to be drawn, from `high` on it has the last colour. */
export interface Scale {
  readonly low: number;
  readonly high: number;
}

/** A spread of values below this share of their size is the rounding of 32-bit sums, not evidence. */
const ROUNDING = 1e-5;

/**
 * Makes a map ready for pictures of one size. Between the method's cells values are interpolated (bilinear), except
 * where the map is made of regions or `smooth` is false.
 */
export function prepareMap(map: PaintableMap, width: number, height: number, smooth = true): PreparedMap {
  const finite = map.data.filter((value) => Number.isFinite(value));
  const values =
    smooth && !map.regions && finite.length === map.data.length
      ? resizeMap(map.data, map.width, map.height, width, height)
      : nearest(map, width, height);
  return {
    width,
    height,
    signed: map.signed,
    values,
    sorted: finite.sort(),
    evidence: {
      positive: hasEvidence(map, "positive"),
      negative: hasEvidence(map, "negative"),
      both: hasEvidence(map, "both"),
    },
    contours: new Map(),
  };
}

/**
 * Whether a map says anything: its values differ by more than the rounding of 32-bit arithmetic (one part in 100,000
 * of the largest), some of them with the polarity asked for; and where the method knows its uncertainty, some value
 * lies more than two standard deviations from nothing.
 */
export function hasEvidence(map: PaintableMap, polarity: Polarity): boolean {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  let certain = map.uncertainty === undefined;
  for (let i = 0; i < map.data.length; i++) {
    const value = map.data[i];
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
    const shown = evidenceOf(value, polarity, map.signed, 0);
    if (map.uncertainty && shown > 2 * map.uncertainty[i]) certain = true;
  }
  const size = Math.max(Math.abs(low), Math.abs(high));
  if (!(high - low > ROUNDING * size) || size === 0 || !certain) return false;
  if (!map.signed) return true;
  return polarity === "positive" ? high > 0 : polarity === "negative" ? low < 0 : true;
}

function nearest({ data, width, height }: PaintableMap, newWidth: number, newHeight: number): Float32Array {
  const columns = Int32Array.from({ length: newWidth }, (_, x) => Math.floor(((x + 0.5) * width) / newWidth));
  const out = new Float32Array(newWidth * newHeight);
  for (let y = 0, o = 0; y < newHeight; y++) {
    const row = Math.floor(((y + 0.5) * height) / newHeight) * width;
    for (let x = 0; x < newWidth; x++, o++) out[o] = data[row + columns[x]];
  }
  return out;
}

/** What counts as evidence: of signed maps the part of the polarity, from 0; of others the value above the map's least. */
function evidenceOf(value: number, polarity: Polarity, signed: boolean, least: number): number {
  if (!signed) return value - least;
  if (polarity === "positive") return value > 0 ? value : 0;
  if (polarity === "negative") return value < 0 ? -value : 0;
  return Math.abs(value);
}

/**
 * The scale of a map: the values of its evidence at the two clipping percentiles, over all its cells (cells without
 * evidence count as 0, so that at most 100 − clipBelow percent of the picture are drawn). For maps without signs the
 * values are the map's own.
 */
export function scaleOf({ sorted, signed }: PreparedMap, { polarity, clipBelow, clipAbove }: Look): Scale {
  if (sorted.length === 0) return { low: 0, high: 0 };
  if (!signed) return { low: quantile(sorted, clipBelow), high: quantile(sorted, clipAbove) };
  const evidence = sorted.map((value) => evidenceOf(value, polarity, true, 0)).sort();
  return { low: quantile(evidence, clipBelow), high: quantile(evidence, clipAbove) };
}

/** The scale that several maps share: from the lowest beginning to the highest end. */
export function commonScale(scales: readonly Scale[]): Scale {
  return {
    low: Math.min(...scales.map(({ low }) => low)),
    high: Math.max(...scales.map(({ high }) => high)),
  };
}

/** Linear interpolation between order statistics (type 7 of Hyndman & Fan). */
export function quantile(sorted: ArrayLike<number>, percent: number): number {
  const place = ((sorted.length - 1) * percent) / 100;
  const lower = Math.floor(place);
  const upper = Math.min(sorted.length - 1, lower + 1);
  return sorted[lower] + (place - lower) * (sorted[upper] - sorted[lower]);
}

/** The picture under the map as the overlay wants it, [height · width · 3]; made once for each picture and overlay. */
export function underlay(picture: RawImage, overlay: Look["overlay"]): Uint8ClampedArray {
  const { data, width, height } = picture;
  const out = new Uint8ClampedArray(width * height * 3);
  for (let p = 0; p < width * height; p++) {
    const [r, g, b] = [data[3 * p], data[3 * p + 1], data[3 * p + 2]];
    if (overlay === "grayscale") {
      // luma of Rec. 601, lifted a little: colours need room above black
      const grey = 38 + 0.85 * (0.299 * r + 0.587 * g + 0.114 * b);
      out.fill(grey, 3 * p, 3 * p + 3);
    } else if (overlay === "none") out.fill(255, 3 * p, 3 * p + 3);
    else {
      out[3 * p] = r;
      out[3 * p + 1] = g;
      out[3 * p + 2] = b;
    }
  }
  return out;
}

/**
 * Paints a map over an underlay of the same size. A value t on the scale (0 at its low end, 1 at its high end) gets the
 * colour map's colour at t with the opacity weight · √t, or all of it where nothing lies below (`none`); what lies
 * below the scale is left as it is. `mask_black` shows the picture where the evidence is and black elsewhere.
 * @param under what {@link underlay} made
 * @param out RGBA, [height · width · 4]
 */
export function paint(map: PreparedMap, look: Look, scale: Scale, under: Uint8ClampedArray, out: Uint8ClampedArray): void {
  const { values, width, height, signed } = map;
  const { polarity, weight, overlay, colourMap, type } = look;
  const table = colourTable(colourMap, polarity);
  const black = overlay === "mask_black";
  const shown = map.evidence[polarity];
  const opacity = opacities(type === "outlines" && !black ? 0.35 * weight : weight, overlay);
  const span = scale.high - scale.low;
  const perUnit = span > 0 ? LEVELS / span : 0;
  for (let p = 0, o = 0, u = 0; p < width * height; p++, o += 4, u += 3) {
    out[o] = black ? 0 : under[u];
    out[o + 1] = black ? 0 : under[u + 1];
    out[o + 2] = black ? 0 : under[u + 2];
    out[o + 3] = 255;
    if (!shown) continue;
    const value = values[p];
    const evidence = signed ? evidenceOf(value, polarity, true, 0) : value;
    if (!(evidence >= scale.low) || (signed && evidence === 0)) continue;
    const level = Math.min(LEVELS, Math.round((evidence - scale.low) * perUnit));
    const a = opacity[level];
    if (black) {
      for (let c = 0; c < 3; c++) out[o + c] = under[u + c] * a;
      continue;
    }
    const at = (signed && value < 0 && polarity === "both" ? LEVELS + 1 + level : level) * 3;
    for (let c = 0; c < 3; c++) out[o + c] = under[u + c] + a * (table[at + c] - under[u + c]);
  }
  if (type === "outlines" && shown && !black) outline(map, look, scale, table, out);
}

/** Opacity of each level of the colour table. */
function opacities(weight: number, overlay: Look["overlay"]): Float32Array {
  return Float32Array.from({ length: LEVELS + 1 }, (_, i) => {
    if (overlay === "none") return 1;
    return overlay === "mask_black" ? Math.sqrt(i / LEVELS) : weight * Math.sqrt(i / LEVELS);
  });
}

/** Where on the scale outlines are drawn, strongest last. */
const OUTLINES = [0.02, 0.35, 0.7];

function outline(map: PreparedMap, { polarity }: Look, scale: Scale, table: Uint8Array, out: Uint8ClampedArray): void {
  const sides = map.signed && polarity === "both" ? [1, -1] : [polarity === "negative" && map.signed ? -1 : 1];
  for (const side of sides) {
    for (const t of OUTLINES) {
      const level = scale.low + t * (scale.high - scale.low);
      const key = `${side} ${level}`;
      let lines = map.contours.get(key);
      if (!lines) {
        lines = contoursOf(map, side * level, side);
        map.contours.set(key, lines);
      }
      const colour = Math.round((0.35 + 0.65 * t) * LEVELS);
      const at = (side < 0 && polarity === "both" ? LEVELS + 1 + colour : colour) * 3;
      strokeContours(lines, map.width, map.height, [table[at], table[at + 1], table[at + 2]], out);
    }
  }
}
