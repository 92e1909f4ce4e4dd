import type { Provenance, ViewDefaults } from "../../src/explanation.js";
import type { RawImage, Rect } from "../../src/image/types.js";
import type { Prediction } from "../../src/model/types.js";
import { colourTable, LEVELS } from "../../src/render/colour-maps.js";
import { type ResolvedConfig, resolveConfig } from "../../src/render/config.js";
import type { MapLike } from "../../src/render/noise.js";
import { emptiness, Percentiles, type PreparedMap, paint, prepareMap, type Range } from "../../src/render/pixels.js";
import { figure, h } from "./dom.js";
import { bytesOf, floatsOf } from "./model.js";
import { canvasOf, decodePicture, paintCanvas } from "./pictures.js";

/** An explanation as the browser holds it. */
export interface ShownExplanation {
  readonly name: string;
  readonly picture: RawImage;
  readonly view: Rect;
  readonly prediction: Prediction;
  readonly targets: readonly Prediction[];
  readonly maps: readonly MapLike[];
  readonly defaults: ViewDefaults;
  readonly provenance: Provenance;
}

interface WireMap {
  readonly data: unknown;
  readonly width: number;
  readonly height: number;
  readonly signed?: boolean;
  readonly regions?: unknown;
  readonly uncertainty?: unknown;
}

/** Decodes an explanation that came over the wire. */
export async function readExplanation(wire: object): Promise<ShownExplanation> {
  const { picture, maps, ...rest } = wire as Omit<ShownExplanation, "picture" | "maps"> & {
    picture: unknown;
    maps: readonly WireMap[];
  };
  const { data, width, height } = await decodePicture(picture);
  const rgb = new Uint8Array(width * height * 3);
  for (let i = 0, o = 0; o < rgb.length; i += 4) {
    rgb[o++] = data[i];
    rgb[o++] = data[i + 1];
    rgb[o++] = data[i + 2];
  }
  return { ...rest, picture: { data: rgb, width, height }, maps: maps.map(readMap) };
}

function readMap({ data, width, height, signed = false, regions, uncertainty }: WireMap): MapLike {
  return {
    data: floatsOf(data),
    width,
    height,
    signed,
    ...(regions !== undefined && { regions: new Int32Array(bytesOf(regions).slice().buffer) }),
    ...(uncertainty !== undefined && { uncertainty: floatsOf(uncertainty) }),
  };
}

/** One map as it is drawn now. */
export interface Drawing {
  readonly config: ResolvedConfig;
  readonly range: Range;
  readonly warnings: readonly string[];
  readonly signed: boolean;
  canvas(): HTMLCanvasElement;
  /** The raw value at a place of the picture (0…1); undefined where there is none. */
  valueAt(x: number, y: number): number | undefined;
  /** How often values occur, and where drawing begins and ends. */
  histogram(): { centres: number[]; counts: number[]; low: number; high: number };
  isDrawn(value: number): boolean;
}

/** Draws one of an explanation's maps. @param range a scale shared with other maps; the map's own when left out */
export function draw(
  explanation: ShownExplanation,
  target: number,
  options: Readonly<Record<string, unknown>>,
  range?: Range,
): Drawing {
  const map = explanation.maps[target];
  const config = resolve(explanation, options);
  const frame = frameOf(explanation, config.extent);
  const prepared = preparedMap(explanation, target, config);
  const scale = range ?? prepared.percentiles.range(config);
  const strength = (value: number) =>
    !map.signed ? value : config.polarity === "negative" ? -value : config.polarity === "both" ? Math.abs(value) : value;
  const nothing = emptiness(prepared, config.polarity);
  return {
    config,
    range: scale,
    signed: map.signed,
    warnings: [...config.warnings.map(({ message }) => message), ...(nothing ? [sentence(nothing)] : [])],
    canvas: () => {
      const { width, height } = prepared;
      const out = new Uint8ClampedArray(width * height * 4);
      paint(prepared, frame.seen, config, out, scale);
      return frame.place(paintCanvas({ data: out, width, height }));
    },
    valueAt(x, y) {
      const place = frame.toView(x, y);
      if (place.x < 0 || place.y < 0 || place.x >= 1 || place.y >= 1) return undefined;
      const at = Math.floor(place.y * prepared.height) * prepared.width + Math.floor(place.x * prepared.width);
      return prepared.values[at];
    },
    histogram: () => histogram(map.data, { config, signed: map.signed, scale }),
    isDrawn: (value) => !nothing && strength(value) >= Math.max(scale.low, map.signed ? Number.MIN_VALUE : scale.low),
  };
}

/** The scale that all maps of an explanation have in common. */
export function scaleOf(explanation: ShownExplanation, options: Readonly<Record<string, unknown>>): Range {
  return new Percentiles(explanation.maps).range(resolve(explanation, options));
}

function resolve(
  { provenance, maps, defaults }: ShownExplanation,
  options: Readonly<Record<string, unknown>>,
): ResolvedConfig {
  return resolveConfig(options, { method: provenance.method, signed: maps[0].signed, defaults });
}

/** The picture as the model saw it, on a canvas of its own. */
export function photoOf(explanation: ShownExplanation): HTMLCanvasElement {
  const { seen } = frameOf(explanation, "view");
  return paintCanvas({ data: toRgba(seen), width: seen.width, height: seen.height });
}

function toRgba({ data, width, height }: RawImage): Uint8ClampedArray {
  const out = new Uint8ClampedArray(width * height * 4);
  for (let i = 0, o = 0; i < data.length; o += 4) {
    out[o] = data[i++];
    out[o + 1] = data[i++];
    out[o + 2] = data[i++];
    out[o + 3] = 255;
  }
  return out;
}

interface Frame {
  /** The part of the picture under the map. */
  readonly seen: RawImage;
  /** A place of the drawing as a place of the model's view; both 0…1. */
  toView(x: number, y: number): { x: number; y: number };
  /** Puts the drawn view where it belongs. */
  place(view: HTMLCanvasElement): HTMLCanvasElement;
}

const frames = new WeakMap<ShownExplanation, Partial<Record<ResolvedConfig["extent"], Frame>>>();

function frameOf(explanation: ShownExplanation, extent: ResolvedConfig["extent"]): Frame {
  const known = frames.get(explanation) ?? {};
  frames.set(explanation, known);
  known[extent] ??= makeFrame(explanation, extent);
  return known[extent];
}

function makeFrame({ picture, view }: ShownExplanation, extent: ResolvedConfig["extent"]): Frame {
  const left = Math.max(0, Math.round(view.x));
  const top = Math.max(0, Math.round(view.y));
  const width = Math.max(1, Math.min(picture.width - left, Math.round(view.width)));
  const height = Math.max(1, Math.min(picture.height - top, Math.round(view.height)));
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const start = ((top + y) * picture.width + left) * 3;
    data.set(picture.data.subarray(start, start + width * 3), y * width * 3);
  }
  const seen: RawImage = { data, width, height };
  if (extent === "view") return { seen, toView: (x, y) => ({ x, y }), place: (canvas) => canvas };
  return {
    seen,
    toView: (x, y) => ({ x: (x * picture.width - left) / width, y: (y * picture.height - top) / height }),
    place(canvas) {
      const whole = paintCanvas({ data: toRgba(picture), width: picture.width, height: picture.height });
      const out = canvasOf(picture.width, picture.height);
      const context = out.getContext("2d") as CanvasRenderingContext2D;
      context.globalAlpha = 0.35;
      context.drawImage(whole, 0, 0);
      context.globalAlpha = 1;
      context.drawImage(canvas, left, top);
      return out;
    },
  };
}

const prepared = new WeakMap<MapLike, Map<string, PreparedMap>>();

function preparedMap(explanation: ShownExplanation, target: number, { smooth }: ResolvedConfig): PreparedMap {
  const map = explanation.maps[target];
  const { width, height } = frameOf(explanation, "view").seen;
  const known = prepared.get(map) ?? new Map<string, PreparedMap>();
  prepared.set(map, known);
  const key = `${smooth}`;
  let found = known.get(key);
  if (!found) {
    found = prepareMap(map, { width, height }, { smooth });
    known.set(key, found);
  }
  return found;
}

const BINS = 60;

function histogram(
  data: Float32Array,
  { config, signed, scale }: { config: ResolvedConfig; signed: boolean; scale: Range },
): { centres: number[]; counts: number[]; low: number; high: number } {
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of data) {
    if (value < min) min = value;
    if (value > max) max = value;
  }
  const width = (max - min) / BINS || 1;
  const counts = new Array<number>(BINS).fill(0);
  for (const value of data) if (Number.isFinite(value)) counts[Math.min(BINS - 1, Math.floor((value - min) / width))] += 1;
  const flip = signed && config.polarity === "negative" ? -1 : 1;
  return {
    centres: counts.map((_, i) => min + (i + 0.5) * width),
    counts,
    low: flip * scale.low,
    high: flip * scale.high,
  };
}

/** A bar of the colours with the real values at its ends. */
export function colourBar({ config, range, signed }: Drawing, flat = false): HTMLElement {
  const both = signed && config.polarity === "both";
  const steps = 128;
  const canvas = canvasOf(flat ? steps : 1, flat ? 1 : steps);
  const context = canvas.getContext("2d") as CanvasRenderingContext2D;
  const table = colourTable(config.colourMap, config.polarity);
  for (let i = 0; i < steps; i++) {
    const part = (i + 0.5) / steps;
    const t = both ? 2 * part - 1 : part;
    const at = (t < 0 ? LEVELS + 1 : 0) + Math.round(Math.abs(t) * LEVELS);
    context.fillStyle = `rgb(${table[at * 3]} ${table[at * 3 + 1]} ${table[at * 3 + 2]})`;
    if (flat) context.fillRect(i, 0, 1, 1);
    else context.fillRect(0, steps - 1 - i, 1, 1);
  }
  const sign = signed && config.polarity === "negative" ? -1 : 1;
  const ends = both
    ? [`−${figure(range.high)}`, "0", figure(range.high)]
    : [figure(sign * range.low), figure(sign * range.high)];
  const ticks = flat ? ends : [...ends].reverse();
  return h(
    "div",
    {
      class: flat ? "sl-colourbar sl-flat" : "sl-colourbar",
      role: "img",
      "aria-label": `Colours from ${ends[0]} to ${ends.at(-1)}`,
    },
    canvas,
    h("div", { class: "sl-ticks" }, ...ticks.map((text) => h("span", {}, text))),
  );
}

/** A map that still changes, quickly: its own cells in the default colours. */
export function paintPreview(
  canvas: HTMLCanvasElement,
  { data, width, height }: { data: Float32Array; width: number; height: number },
): void {
  const map = prepareMap({ data, width, height, signed: false }, { width, height }, { smooth: false });
  paintBare(map, "viridis", "positive", canvas);
}

/** What evidence was gained and lost, on white. */
export function paintDifference({ data, width, height }: WireMap): HTMLCanvasElement {
  const side = 240;
  const map = prepareMap({ data: floatsOf(data), width, height, signed: true }, { width: side, height: side });
  const canvas = canvasOf(side, side);
  paintBare(map, "pink_white_green", "both", canvas);
  return canvas;
}

function paintBare(
  map: PreparedMap,
  colourMap: ResolvedConfig["colourMap"],
  polarity: ResolvedConfig["polarity"],
  canvas: HTMLCanvasElement,
): void {
  const { width, height } = map;
  const out = new Uint8ClampedArray(width * height * 4);
  const paper: RawImage = { data: new Uint8Array(width * height * 3).fill(255), width, height };
  const look = { type: "pixels", polarity, clipBelow: 0, clipAbove: 100, colourMap, overlay: "none", weight: 1 } as const;
  paint(map, paper, look, out);
  paintCanvas({ data: out, width, height }, canvas);
}

function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}
