import { checkKeys } from "../core/checks.js";
import { didYouMean, SightlineError } from "../core/errors.js";
import type { Target } from "../model/types.js";
import { type ColourMapName, colourMaps } from "./colour-maps.js";

export type ViewType = "outlines" | "pixels";
export type Polarity = "positive" | "negative" | "both";
export type OverlayType = "grayscale" | "original" | "none" | "mask_black";

/**
 * How to draw an explanation, as a reader writes it. Every key may also be written in camelCase, names of values in any
 * case: objects made for Google's explanations work as they are.
 */
export interface VisualizationConfig {
  /** `outlines` (contours around the evidence) or `pixels` (every pixel in colour). */
  type?: string;
  /** Which evidence: `positive` (for the class), `negative` (against it) or `both`; unsigned maps have one side only. */
  polarity?: string;
  /** 0…100: values above this percentile of the drawn evidence get the last colour. */
  clip_above_percentile?: number;
  /** `clip_above_percentile`, as Google's explanations call it. */
  clip_percent_upperbound?: number;
  /** 0…100: values below this percentile of the drawn evidence are not drawn. */
  clip_below_percentile?: number;
  /** `clip_below_percentile`, as Google's explanations call it. */
  clip_percent_lowerbound?: number;
  /** Name of the colour map: `pink_green`, `viridis`, `magma` and others; the default depends on the map. */
  color_map?: string;
  /** What lies under the colours: the picture in `grayscale`, the `original`, `none`; `mask_black` shows the picture only where the evidence is. */
  overlay_type?: string;
  /** 0…1: the share of the colour where the evidence is strongest; the picture has the rest. */
  overlay_weight?: number;
  /** Give every map its own scale instead of one for all that are shown together. */
  scaling?: boolean;
  /**
   * Left out: the part of the picture that the model saw. `true`: the whole picture, the unseen part dimmed. `false`:
   * the part that the model saw, the map not smoothed but in the method's own cells.
   */
  resize?: boolean;
  /** Width and height of each picture of the figure, in pixels, 16…4096. */
  output_size?: readonly [number, number] | null;
  /** Print the class and its probability above each picture. */
  overlay_prediction?: boolean;
  /** 1…16 pictures side by side at most. */
  columns?: number;
  /**
   * Folds the figure behind a button, Reveal, which needs no kernel (default false). Paper shows it folded; files saved
   * as PNG are not folded.
   */
  hold?: boolean;
  /** Which of the explained classes to show, by label or index; all when left out. */
  targets?: Target | readonly Target[];

  /** `clip_above_percentile`. */
  clipAbovePercentile?: number;
  /** `clip_above_percentile`. */
  clipPercentUpperbound?: number;
  /** `clip_below_percentile`. */
  clipBelowPercentile?: number;
  /** `clip_below_percentile`. */
  clipPercentLowerbound?: number;
  /** `color_map`. */
  colorMap?: string;
  /** `overlay_type`. */
  overlayType?: string;
  /** `overlay_weight`. */
  overlayWeight?: number;
  /** `output_size`. */
  outputSize?: readonly [number, number] | null;
  /** `overlay_prediction`. */
  overlayPrediction?: boolean;
}

/** What decides the colours of one picture. */
export interface Look {
  readonly type: ViewType;
  readonly polarity: Polarity;
  /** Percentiles, 0…100, below < above. */
  readonly clipBelow: number;
  readonly clipAbove: number;
  readonly colourMap: ColourMapName;
  readonly overlay: OverlayType;
  /** 0…1 */
  readonly weight: number;
}

/** A visualization config with every default in place, checked. */
export interface ResolvedConfig extends Look {
  /** Every map has its own scale. */
  readonly separateScales: boolean;
  /** `view`: the part of the picture that the model saw; `picture`: all of it. */
  readonly extent: "view" | "picture";
  /** Maps are interpolated between the method's cells. */
  readonly smooth: boolean;
  readonly outputSize?: readonly [width: number, height: number];
  readonly printPrediction: boolean;
  readonly columns?: number;
  readonly targets?: readonly Target[];
  /** Folded until the reader reveals it. */
  readonly hold: boolean;
  /** What a reader should know about this choice. */
  readonly warnings: readonly ConfigWarning[];
}

/** A choice that is allowed but seldom wise. */
export interface ConfigWarning {
  readonly code: "outlines-of-regions" | "unsigned-polarity";
  readonly message: string;
}

/** What the defaults depend on. */
export interface ConfigContext {
  readonly method: string;
  readonly signed: boolean;
  readonly defaults: { readonly type: ViewType; readonly config?: Readonly<Record<string, unknown>> };
}

/** Each key with the names it goes by. */
const KEYS = {
  type: ["type"],
  polarity: ["polarity"],
  clipAbove: ["clip_above_percentile", "clip_percent_upperbound", "clipAbovePercentile", "clipPercentUpperbound"],
  clipBelow: ["clip_below_percentile", "clip_percent_lowerbound", "clipBelowPercentile", "clipPercentLowerbound"],
  colourMap: ["color_map", "colorMap"],
  overlay: ["overlay_type", "overlayType"],
  weight: ["overlay_weight", "overlayWeight"],
  scaling: ["scaling"],
  resize: ["resize"],
  outputSize: ["output_size", "outputSize"],
  printPrediction: ["overlay_prediction", "overlayPrediction"],
  columns: ["columns"],
  hold: ["hold"],
  targets: ["targets"],
} as const;

/** The names of every key of a visualization config. */
export const configKeys: readonly string[] = Object.values(KEYS).flat();

type Given = Partial<Record<keyof typeof KEYS, unknown>>;

/** Methods whose maps are constant on regions, which outlines show badly. */
const REGION_METHODS = new Set(["xrai"]);

/**
 * Checks a visualization config and fills in the defaults of the method: outlines of the values between the 70th and
 * the 99.9th percentile in pink and green for integrated gradients and their kin, all pixels in viridis for XRAI and
 * every other map of regions; over the grey picture, positive evidence.
 *
 * @throws SightlineError `unknown-option`, `bad-config`
 */
export function resolveConfig(config: VisualizationConfig, context: ConfigContext): ResolvedConfig {
  const given: Given = { ...collect(context.defaults.config ?? {}), ...collect(config) };
  const fine = context.defaults.type === "outlines";
  const side = oneOf("polarity", given.polarity, ["positive", "negative", "both"], "positive");
  const polarity = side === "both" && !context.signed ? "positive" : side;
  const clipBelow = percentile("clip_below_percentile", given.clipBelow, fine ? 70 : 0);
  const clipAbove = percentile("clip_above_percentile", given.clipAbove, fine ? 99.9 : 100);
  if (clipBelow >= clipAbove) {
    throw new SightlineError("bad-config", `clip_below_percentile ${clipBelow} is not below ${clipAbove}`, {
      received: { clip_below_percentile: clipBelow, clip_above_percentile: clipAbove },
      expected: "clip_below_percentile < clip_above_percentile",
      next: "nothing lies between them to draw",
    });
  }
  const type = oneOf("type", given.type, ["outlines", "pixels"], context.defaults.type);
  const signedColours = fine || (context.signed && polarity === "both");
  const resize = optional(given.resize, (value) => flag("resize", value));
  return {
    type,
    polarity,
    clipBelow,
    clipAbove,
    colourMap: oneOf(
      "color_map",
      given.colourMap,
      Object.keys(colourMaps) as ColourMapName[],
      signedColours ? "pink_green" : "viridis",
    ),
    overlay: oneOf("overlay_type", given.overlay, ["grayscale", "original", "none", "mask_black"], "grayscale"),
    weight: optional(given.weight, (value) => number("overlay_weight", value, 0, 1)) ?? 0.5,
    separateScales: optional(given.scaling, (value) => flag("scaling", value)) ?? false,
    extent: resize === true ? "picture" : "view",
    smooth: resize !== false,
    outputSize: optional(given.outputSize, size),
    printPrediction: optional(given.printPrediction, (value) => flag("overlay_prediction", value)) ?? true,
    hold: optional(given.hold, (value) => flag("hold", value)) ?? false,
    columns: optional(given.columns, (value) => whole("columns", value, 1, 16)),
    targets: optional(given.targets, targetList),
    warnings: [
      ...(type === "outlines" && REGION_METHODS.has(context.method) ? [OUTLINES_OF_REGIONS] : []),
      ...(polarity === "negative" && !context.signed ? [unsignedPolarity(context.method)] : []),
    ],
  };
}

const OUTLINES_OF_REGIONS: ConfigWarning = {
  code: "outlines-of-regions",
  message: "Outlines are hard to read for XRAI: try type Pixels.",
};

const unsignedPolarity = (method: string): ConfigWarning => ({
  code: "unsigned-polarity",
  message: `Maps of ${method} have no negative evidence: try polarity positive.`,
});

function collect(config: object): Given {
  const first = Object.values(KEYS).map(([name]) => name);
  checkKeys(config, first, "visualize", configKeys);
  const given: Given = {};
  for (const [key, names] of Object.entries(KEYS) as [keyof typeof KEYS, readonly string[]][]) {
    const used = Object.entries(config).filter(([name, value]) => names.includes(name) && value !== undefined);
    if (used.length > 1) {
      throw new SightlineError("bad-config", `${used.map(([name]) => `'${name}'`).join(" and ")} say the same thing`, {
        received: Object.fromEntries(used),
        expected: "one of them",
      });
    }
    if (used.length === 1) given[key] = used[0][1];
  }
  return given;
}

function optional<T>(value: unknown, read: (value: unknown) => T): T | undefined {
  return value === undefined || value === null ? undefined : read(value);
}

function bad(key: string, received: unknown, expected: string, next?: string): SightlineError {
  return new SightlineError("bad-config", `bad ${key}: ${JSON.stringify(received) ?? String(received)}`, {
    received,
    expected,
    next,
  });
}

function oneOf<T extends string>(key: string, value: unknown, names: readonly T[], otherwise: T): T {
  if (value === undefined || value === null) return otherwise;
  const word = typeof value === "string" ? value.toLowerCase().replaceAll("-", "_") : "";
  const match = names.find((name) => name === word);
  if (match) return match;
  throw bad(key, value, `one of ${names.join(", ")}`, word ? didYouMean(word, names) : undefined);
}

function number(key: string, value: unknown, low: number, high: number): number {
  if (typeof value === "number" && value >= low && value <= high) return value;
  throw bad(key, value, `a number from ${low} to ${high}`);
}

function whole(key: string, value: unknown, low: number, high: number): number {
  if (Number.isInteger(value) && Number(value) >= low && Number(value) <= high) return Number(value);
  throw bad(key, value, `a whole number from ${low} to ${high}`);
}

function percentile(key: string, value: unknown, otherwise: number): number {
  return optional(value, (given) => number(key, given, 0, 100)) ?? otherwise;
}

function flag(key: string, value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw bad(key, value, "true or false");
}

function size(value: unknown): [number, number] {
  if (!Array.isArray(value) || value.length !== 2) throw bad("output_size", value, "[width, height]");
  return [whole("output_size", value[0], 16, 4096), whole("output_size", value[1], 16, 4096)];
}

function targetList(value: unknown): readonly Target[] {
  const list: unknown[] = Array.isArray(value) ? value : [value];
  const good = (target: unknown): target is Target => typeof target === "string" || Number.isInteger(target);
  if (list.length > 0 && list.every(good)) return list;
  throw bad("targets", value, "a class index, a label, or a list of them");
}
