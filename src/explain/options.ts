import { checkKeys } from "../core/checks.js";
import { SightlineError } from "../core/errors.js";
import { checkOptions, optionNames } from "../core/options.js";
import type { Progress } from "../core/work.js";
import { type AnyMethod, completeOptions, type Preset } from "../methods/method.js";
import type { MethodName, OptionsOf } from "../methods/registry.js";
import type { SamplingOptions } from "../methods/sampling.js";
import type { RegionTarget } from "../model/segmentation/types.js";
import type { Control, InputGeometry, Target } from "../model/types.js";

/** Options that every method understands. */
export interface CommonOptions extends Control {
  /** Which methods `auto` may choose from. */
  mode?: "auto" | "white-box" | "black-box";
  /** How much to spend: the method's own sets of options. */
  preset?: Preset;
  /** Classes by index or label; "top:3"; "all" or -1. The predicted class when absent. */
  targets?: Target | readonly Target[];
  /** Seed of everything random; the same seed gives the same map. */
  seed?: number;
  /** Called after every batch, with the maps so far where the method has them. */
  onProgress?(progress: Progress): void;
}

/** {@link CommonOptions} and the method's own options, typed by its name. */
export type ExplainOptions<Name extends MethodName | "auto" = "auto"> = CommonOptions & {
  /** A method's name, or `auto` (the default): white-box where a feature layer is found, else black-box. */
  method?: Name;
} & (Name extends MethodName ? Partial<OptionsOf<Name>> : AutoOptions);

/** What may be said to `auto`: each of them counts where it means something to the method chosen. */
export interface AutoOptions extends SamplingOptions {
  /** Name of the layer that a white-box method looks at; the best candidate when absent. */
  targetLayer?: string;
  /** What `recommend` found out about this model: its method is taken. */
  recommendation?: MethodRecommendation;
}

/** A method found to suit a model, as `recommend` gives it. */
export interface MethodRecommendation {
  readonly model: { readonly name: string; readonly sha256: string };
  /** Absent where none can be recommended. */
  readonly method?: MethodName;
  readonly pictures: number;
}

/** A box by its index among what `detect` lists, or all boxes of a label. */
export type BoxTarget = { readonly box: number } | string;

/** Options for detectors; a method's own ones stand beside them. */
export interface DetectionOptions extends Omit<CommonOptions, "targets"> {
  /** The most confident box when absent; "all" for every one. */
  targets?: BoxTarget | readonly BoxTarget[];
  /** Any method that needs nothing but answers, or det-class-probability-map; `auto`, the default, takes aise. */
  method?: MethodName | "auto";
  [option: string]: unknown;
}

/** A class where a segmentation model sees it, by index or label, or a class in a region. */
export type SegmentationTarget = Target | RegionTarget;

/** Options for segmentation models: those for classifiers, but for what they are about. */
export type SegmentationOptions<Name extends MethodName | "auto" = "auto"> = Omit<ExplainOptions<Name>, "targets"> & {
  /** The class of the largest area when absent; each of several has a region of its own. */
  targets?: SegmentationTarget | readonly SegmentationTarget[];
};

/** Options taken for every method; only those that are its own, too, reach it. */
const COMMON = optionNames<CommonOptions & { method: string } & Pick<AutoOptions, "targetLayer">>({
  method: true,
  mode: true,
  preset: true,
  targets: true,
  targetLayer: true,
  seed: true,
  signal: true,
  onProgress: true,
});

/** Options that `auto` drops where the method chosen has no use for them. */
export const AUTO = optionNames<AutoOptions>({ targetLayer: true, recommendation: true, budget: true, until: true });

/**
 * All options of a method, those given checked for their names.
 * @param input the model's input, for defaults in pixels
 * @throws SightlineError `unknown-option`, `bad-config` for an unknown preset
 */
export function methodOptions(
  method: AnyMethod,
  preset: Preset,
  options: object,
  input: InputGeometry,
): Record<string, unknown> {
  if (!Object.hasOwn(method.presets, preset)) {
    throw new SightlineError("bad-config", `unknown preset '${preset}'`, {
      received: preset,
      expected: Object.keys(method.presets).join(", "),
    });
  }
  const { seed } = options as CommonOptions;
  if (seed !== undefined) checkOptions(method.name, { seed: { whole: true } }, { seed });
  const names = Object.keys(method.limits);
  const given: Record<string, unknown> = { ...options };
  checkKeys(given, [...COMMON, ...names], method.name);
  for (const key of COMMON) if (!names.includes(key)) delete given[key];
  for (const key of Object.keys(given)) if (given[key] === undefined) delete given[key];
  return completeOptions(method, preset, given, input);
}
