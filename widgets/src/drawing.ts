import { type PanelBox, panelBoxes } from "../../src/render/boxes.js";
import { unitOf } from "../../src/render/colour-bar.js";
import { type ResolvedConfig, resolveConfig, type VisualizationConfig } from "../../src/render/config.js";
import { type Backdrop, paintPanel } from "../../src/render/panel.js";
import { emptiness, Percentiles, type PreparedMap, type Range, type Size } from "../../src/render/prepared-map.js";
import type { ShownExplanation } from "./explanation.js";
import { boundsOf, type Histogram, histogramOf, percentilesAt } from "./histogram.js";
import { paintCanvas, toRgba } from "./pictures.js";
import { halved, preparedMap } from "./prepared-maps.js";

/** An explanation as far as drawing needs it. */
export interface Drawable extends Omit<ShownExplanation, "provenance"> {
  readonly provenance: Pick<ShownExplanation["provenance"], "method" | "score">;
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
  readonly size: Size;
  /** The raw value at a place of the picture (0…1); undefined where there is none. */
  valueAt(x: number, y: number): number | undefined;
  /** What the values are measured in: "probability", "logit". */
  readonly unit: string;
  /** The values that an axis of them shows. */
  readonly bounds: Range;
  /** The part of that axis where the drawn evidence lies; of both sides, that for the class. */
  readonly drawable: Range;
  /** Where drawing begins and ends on that axis, in its order; of both sides, on that for the class. */
  readonly ends: readonly [number, number];
  /** Whether strong evidence lies on the left of that axis. */
  readonly flipped: boolean;
  histogram(): Histogram;
  /** The percentiles of drawn evidence at a value of that axis. */
  percentilesAt(value: number): { below: number; above: number };
  isDrawn(value: number): boolean;
}

/**
 * Draws one of an explanation's maps.
 * @param range a scale shared with other maps; the map's own when left out
 * @param quick at half the resolution, for while a hand moves
 */
export function draw(
  explanation: Drawable,
  target: number,
  options: VisualizationConfig,
  { range, quick = false }: { range?: Range; quick?: boolean } = {},
): Drawing {
  const map = explanation.maps[target];
  const { signed } = map;
  const config = resolve(explanation, options);
  const whole = explanation.panels[config.extent];
  const panel = quick ? halved(whole) : whole;
  const prepared = preparedMap(map, panel, explanation.scales[target], config.smooth);
  const scale = range ?? prepared.percentiles.range(config);
  const nothing = emptiness(prepared, config.polarity);
  const least = signed ? Math.max(scale.low, Number.MIN_VALUE) : scale.low;
  const flipped = signed && config.polarity === "negative";
  const bounds = boundsOf(map, config.polarity);
  return {
    config,
    range: scale,
    signed,
    warnings: [...config.warnings.map(({ message }) => message), ...(nothing ? [sentence(nothing)] : [])],
    size: panel.picture,
    boxes: panelBoxes(explanation, explanation.targets[target], panel),
    canvas: () => {
      const { width, height } = panel.picture;
      return paintCanvas({ data: paintPanel(panel, prepared, config, scale), width, height });
    },
    valueAt: (x, y) => valueAt(panel, prepared, x, y),
    unit: unitOf(explanation.provenance),
    bounds,
    drawable: !signed
      ? bounds
      : flipped
        ? { low: bounds.low, high: Math.min(0, bounds.high) }
        : { low: Math.max(0, bounds.low), high: bounds.high },
    ends: flipped ? [-scale.high, -scale.low] : [scale.low, scale.high],
    flipped,
    histogram: () => histogramOf(map, bounds),
    percentilesAt: (value) =>
      percentilesAt(prepared.percentiles, config.polarity, signed ? Math.max(0, flipped ? -value : value) : value),
    isDrawn: (value) => !nothing && strength(value, signed, config.polarity) >= least,
  };
}

function valueAt({ picture, view }: Backdrop, map: PreparedMap, x: number, y: number): number | undefined {
  const [px, py] = [Math.floor(x * picture.width) - view.x, Math.floor(y * picture.height) - view.y];
  if (px < 0 || py < 0 || px >= view.width || py >= view.height) return undefined;
  return map.values[py * view.width + px];
}

/** How much evidence of the drawn kind a value is. */
function strength(value: number, signed: boolean, polarity: ResolvedConfig["polarity"]): number {
  if (!signed || polarity === "positive") return value;
  return polarity === "negative" ? -value : Math.abs(value);
}

/** The scale that all maps of an explanation have in common: of those that say anything, as `visualize` has it. */
export function scaleOf(explanation: Drawable, options: VisualizationConfig): Range {
  const config = resolve(explanation, options);
  const panel = explanation.panels[config.extent];
  const telling = explanation.maps.filter(
    (map, i) => !emptiness(preparedMap(map, panel, explanation.scales[i], config.smooth), config.polarity),
  );
  return new Percentiles(telling.length > 0 ? telling : explanation.maps).range(config);
}

function resolve({ provenance, maps, defaults }: Drawable, options: VisualizationConfig): ResolvedConfig {
  return resolveConfig(options, { method: provenance.method, signed: maps[0].signed, defaults });
}

/** The picture as the model saw it, on a canvas of its own. */
export function photoOf({ panels }: Pick<Drawable, "panels">): HTMLCanvasElement {
  return paintCanvas(toRgba(panels.view.picture));
}

function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}
