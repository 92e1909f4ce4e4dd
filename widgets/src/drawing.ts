import type { Provenance, ViewDefaults } from "../../src/explanation/parts.js";
import type { Rect } from "../../src/image/types.js";
import type { Prediction } from "../../src/model/types.js";
import { type PanelBox, panelBoxes } from "../../src/render/boxes.js";
import { colourBar } from "../../src/render/colour-bar.js";
import { type ResolvedConfig, resolveConfig } from "../../src/render/config.js";
import type { MapLike } from "../../src/render/noise.js";
import { paint } from "../../src/render/paint.js";
import { type Backdrop, paintPanel } from "../../src/render/panel.js";
import { emptiness, Percentiles, type PreparedMap, prepareMap, type Range } from "../../src/render/prepared-map.js";
import { h } from "./dom.js";
import { bytesOf, floatsOf } from "./model.js";
import { canvasOf, decodePicture, paintCanvas, toRgb, toRgba } from "./pictures.js";

type Extent = ResolvedConfig["extent"];

/** An explanation as the browser holds it. */
export interface ShownExplanation {
  readonly name: string;
  readonly panels: Readonly<Record<Extent, Backdrop>>;
  readonly prediction: Prediction;
  readonly predictions: readonly Prediction[];
  readonly targets: readonly Prediction[];
  readonly maps: readonly MapLike[];
  readonly scales: readonly number[];
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

interface WirePanel {
  readonly picture: unknown;
  readonly view: Rect;
  readonly shown?: Rect;
}

/** Decodes an explanation that came over the wire. */
export async function readExplanation(wire: object): Promise<ShownExplanation> {
  const { panels, maps, ...rest } = wire as Omit<ShownExplanation, "panels" | "maps"> & {
    panels: { view: WirePanel; picture?: WirePanel };
    maps: readonly WireMap[];
  };
  const read = async ({ picture, view, shown = view }: WirePanel): Promise<Backdrop> => ({
    picture: toRgb(await decodePicture(picture)),
    view,
    shown,
  });
  const view = await read(panels.view);
  return {
    ...rest,
    panels: { view, picture: panels.picture ? await read(panels.picture) : view },
    maps: maps.map(readMap),
  };
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
  /** What a detector found, in pixels of that canvas. */
  readonly boxes: readonly PanelBox[];
  /** Of that canvas. */
  readonly size: { readonly width: number; readonly height: number };
  /** The raw value at a place of the picture (0…1); undefined where there is none. */
  valueAt(x: number, y: number): number | undefined;
  /** How often values occur, and where drawing begins and ends. */
  histogram(): { centres: number[]; counts: number[]; low: number; high: number };
  isDrawn(value: number): boolean;
}

/**
 * Draws one of an explanation's maps.
 * @param range a scale shared with other maps; the map's own when left out
 * @param quick at half the resolution, for while a hand moves
 */
export function draw(
  explanation: ShownExplanation,
  target: number,
  options: Readonly<Record<string, unknown>>,
  range?: Range,
  quick = false,
): Drawing {
  const map = explanation.maps[target];
  const config = resolve(explanation, options);
  const whole = explanation.panels[config.extent];
  const panel = quick ? halved(whole) : whole;
  const prepared = preparedMap(map, panel, explanation.scales[target], config.smooth);
  const scale = range ?? prepared.percentiles.range(config);
  const strength = (value: number) =>
    !map.signed
      ? value
      : config.polarity === "negative"
        ? -value
        : config.polarity === "both"
          ? Math.abs(value)
          : value;
  const nothing = emptiness(prepared, config.polarity);
  return {
    config,
    range: scale,
    signed: map.signed,
    warnings: [...config.warnings.map(({ message }) => message), ...(nothing ? [sentence(nothing)] : [])],
    size: panel.picture,
    boxes: panelBoxes(explanation, explanation.targets[target], panel),
    canvas: () => {
      const { width, height } = panel.picture;
      return paintCanvas({ data: paintPanel(panel, prepared, config, scale), width, height });
    },
    valueAt(x, y) {
      const { picture, view } = panel;
      const [px, py] = [Math.floor(x * picture.width) - view.x, Math.floor(y * picture.height) - view.y];
      if (px < 0 || py < 0 || px >= view.width || py >= view.height) return undefined;
      return prepared.values[py * view.width + px];
    },
    histogram: () => histogram(map.data, { config, signed: map.signed, scale }),
    isDrawn: (value) => !nothing && strength(value) >= Math.max(scale.low, map.signed ? Number.MIN_VALUE : scale.low),
  };
}

/** The scale that all maps of an explanation have in common: of those that say anything, as `visualize` has it. */
export function scaleOf(explanation: ShownExplanation, options: Readonly<Record<string, unknown>>): Range {
  const config = resolve(explanation, options);
  const panel = explanation.panels[config.extent];
  const telling = explanation.maps.filter(
    (map, i) => !emptiness(preparedMap(map, panel, explanation.scales[i], config.smooth), config.polarity),
  );
  return new Percentiles(telling.length > 0 ? telling : explanation.maps).range(config);
}

function resolve(
  { provenance, maps, defaults }: ShownExplanation,
  options: Readonly<Record<string, unknown>>,
): ResolvedConfig {
  return resolveConfig(options, { method: provenance.method, signed: maps[0].signed, defaults });
}

/** The picture as the model saw it, on a canvas of its own. */
export function photoOf({ panels }: ShownExplanation): HTMLCanvasElement {
  return paintCanvas(toRgba(panels.view.picture));
}

/** Draws boxes as figures have them: light on dark, the explained one whole with its name, the others dashed. */
export function drawBoxes(
  context: CanvasRenderingContext2D,
  boxes: readonly PanelBox[],
  { across, down, pixel }: { across: number; down: number; pixel: number },
): void {
  for (const { left, top, right, bottom, name } of boxes) {
    const line = (name === undefined ? 2 : 4) * pixel;
    const corners = [left * across, top * down, (right - left) * across, (bottom - top) * down] as const;
    context.setLineDash(name === undefined ? [5 * pixel, 4 * pixel] : []);
    for (const [colour, width] of [
      ["#1a1a1a", line + 2 * pixel],
      ["#fff", line],
    ] as const) {
      context.strokeStyle = colour;
      context.lineWidth = width;
      context.strokeRect(...corners);
    }
    if (name === undefined) continue;
    context.font = `600 ${12 * pixel}px sans-serif`;
    const [wide, tall] = [context.measureText(name).width + 8 * pixel, 18 * pixel];
    const y = corners[1] >= tall ? corners[1] - tall : corners[1];
    context.fillStyle = "#1a1a1a";
    context.fillRect(corners[0], y, wide, tall);
    context.fillStyle = "#fff";
    context.textAlign = "left";
    context.textBaseline = "middle";
    context.fillText(name, corners[0] + 4 * pixel, y + tall / 2);
  }
  context.setLineDash([]);
}

const known = new WeakMap<Backdrop, WeakMap<MapLike, Map<boolean, PreparedMap>>>();

function preparedMap(map: MapLike, panel: Backdrop, scale: number, smooth: boolean): PreparedMap {
  const maps = known.get(panel) ?? new WeakMap<MapLike, Map<boolean, PreparedMap>>();
  known.set(panel, maps);
  const versions = maps.get(map) ?? new Map<boolean, PreparedMap>();
  maps.set(map, versions);
  const found = versions.get(smooth) ?? prepareMap(map, panel.view, { scale, smooth });
  versions.set(smooth, found);
  return found;
}

const halves = new WeakMap<Backdrop, Backdrop>();

/** The same panel with every second pixel of every second row. */
function halved(panel: Backdrop): Backdrop {
  const found = halves.get(panel) ?? halve(panel);
  halves.set(panel, found);
  return found;
}

function halve({ picture, view, shown }: Backdrop): Backdrop {
  const half = (value: number) => Math.max(1, value >> 1);
  const [width, height] = [half(picture.width), half(picture.height)];
  const data = new Uint8Array(width * height * 3);
  for (let y = 0, o = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (2 * y * picture.width + 2 * x) * 3;
      for (let c = 0; c < 3; c++) data[o++] = picture.data[from + c];
    }
  }
  const [x, y] = [view.x >> 1, view.y >> 1];
  return {
    picture: { data, width, height },
    shown,
    view: { x, y, width: Math.min(width - x, half(view.width)), height: Math.min(height - y, half(view.height)) },
  };
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
  for (const value of data)
    if (Number.isFinite(value)) counts[Math.min(BINS - 1, Math.floor((value - min) / width))] += 1;
  const flip = signed && config.polarity === "negative" ? -1 : 1;
  return {
    centres: counts.map((_, i) => min + (i + 0.5) * width),
    counts,
    low: flip * scale.low,
    high: flip * scale.high,
  };
}

/** A bar of the colours with the real values beside it; `flat` lies on its side. */
export function barOf({ config, range, signed }: Drawing, flat = false): HTMLElement {
  const { data, width, height, ticks } = colourBar(config, range, signed, 1, 128);
  const upright = paintCanvas({ data, width, height });
  const canvas = flat ? turned(upright) : upright;
  const texts = ticks.map(({ text }) => h("span", {}, text));
  return h(
    "div",
    {
      class: flat ? "sl-colourbar sl-flat" : "sl-colourbar",
      role: "img",
      "aria-label": `Colours from ${ticks.at(-1)?.text} to ${ticks[0].text}`,
    },
    h("div", { class: "sl-strip" }, canvas),
    h("div", { class: "sl-ticks" }, ...(flat ? texts.reverse() : texts)),
  );
}

function turned(bar: HTMLCanvasElement): HTMLCanvasElement {
  const out = canvasOf(bar.height, bar.width);
  const context = out.getContext("2d") as CanvasRenderingContext2D;
  context.rotate(Math.PI / 2);
  context.drawImage(bar, 0, -bar.height);
  return out;
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
  const paper = { data: new Uint8Array(width * height * 3).fill(255), width, height };
  const look = {
    type: "pixels",
    polarity,
    clipBelow: 0,
    clipAbove: 100,
    colourMap,
    overlay: "none",
    weight: 1,
  } as const;
  paint(map, paper, look, out);
  paintCanvas({ data: out, width, height }, canvas);
}

function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}
