import { checkOptions, type Limits } from "../core/options.js";
import type { Random } from "../core/random.js";
import type { Artifact, RawMap } from "../core/raw-map.js";
import type { Tensor } from "../core/tensor.js";
import type { Progress } from "../core/work.js";
import type { PreparedImage, RawImage } from "../image/types.js";
import type {
  Control,
  GradientRequest,
  Gradients,
  InputGeometry,
  LayerInfo,
  MaskedBatch,
  ModelInfo,
  Observation,
  Target,
} from "../model/types.js";

/** How much a method spends: fewer passes and coarser maps, the recommended balance, or the best maps. */
export type Preset = "speed" | "balance" | "quality";

/** What a method needs of a model: forward passes only, an inner activation, gradients. */
export type Need = "forward" | "activation" | "gradient";

/** What a method hands back: one map per target, in their order, and what there is to know about them. */
export interface MethodResult {
  readonly maps: readonly RawMap[];
  /** Options as they came to be (a layer found, passes used), added to the provenance. */
  readonly resolved?: Readonly<Record<string, unknown>>;
  /** Sentences for the reader: what was degraded, noticed or limited. */
  readonly notes?: readonly string[];
  readonly artifacts?: readonly Artifact[];
  /** What the maps explain; probabilities when absent. */
  readonly score?: "logit" | "probability" | "none";
}

/**
 * What a method sees: one prepared picture and a model behind counted functions. Every call is counted, obeys the
 * caller's signal and runs in the model's worker. A method touches nothing else.
 */
export interface Subject {
  readonly prepared: PreparedImage;
  /** The model's input, batch 1. */
  readonly input: Tensor;
  readonly geometry: InputGeometry;
  readonly info: ModelInfo;
  readonly classes: number;
  /** Names of the classes, by index. */
  readonly names: readonly string[];
  /** Class indices to explain, at least one. */
  readonly targets: readonly number[];
  /** Raw scores of the unperturbed picture, [1, classes]. */
  readonly scores: Tensor;
  readonly random: Random;
  readonly signal?: AbortSignal;
  progress(progress: Progress): void;

  /** Index of a class by its index or label. @throws SightlineError `unknown-label`, `index-out-of-range` */
  classIndex(target: Target): number;
  /** Probabilities / logits of raw scores, row by row. */
  probabilities(scores: Tensor): Tensor;
  logits(scores: Tensor): Tensor;
  /** The picture at the model's resolution, RGB 0…255. */
  pixels(): Promise<RawImage>;
  fill(colour: readonly [number, number, number]): Tensor;
  batchSize(): Promise<number>;
  /** Candidates for a target layer, best first. */
  layers(): readonly LayerInfo[];
  /** An inner tensor of the unperturbed picture; free for the layers that the method's `observes` named. */
  activation(layer: string): Promise<Tensor>;
  run(batch: Tensor): Promise<Tensor>;
  observe(batch: Tensor, layers: readonly string[]): Promise<Observation>;
  /** Raw scores of perturbed copies. Calls may overlap: queue the next batch while one runs. */
  masked(batch: MaskedBatch): Promise<Tensor>;
  gradient(batch: Tensor, request: Omit<GradientRequest, keyof Control>): Promise<Gradients>;
}

/** A method: its static facts and its function. One file each; the registry lists them. */
export interface Method<Options extends object> {
  readonly name: string;
  /** Half a sentence for tables and tooltips. */
  readonly summary: string;
  readonly needs: readonly Need[];
  /** Maps carry evidence for (+) and against (−). */
  readonly signed: boolean;
  /** Whether maps are drawn as outlines or as pixels unless the reader says otherwise. */
  readonly view: "outlines" | "pixels";
  /** The paper or specification. */
  readonly source: string;
  /** What is computed, in one line of plain text. */
  readonly formula: string;
  /** The question that it answers, and when to prefer it to its neighbours. */
  readonly useWhen: string;
  /** What its maps cannot show, and what misleads in them. */
  readonly cannotShow: string;
  readonly defaults: Options;
  /** What every option can be, those without a default included; their names in the order in which they are listed. */
  readonly limits: Limits<Options>;
  readonly presets: Readonly<Record<Preset, Partial<Options>>>;
  /** Options that defaults and presets give in pixels of a 224 × 224 input; on others they are in proportion to it. */
  readonly inPixels?: { readonly [Name in keyof Options]?: "length" | "area" };
  /** Forward and backward passes that the options cost for one target; the seen facts of the model help where they decide. */
  cost(options: Options, model?: ModelInfo): { forward: number; backward: number };
  /** Whether it explains the boxes of detectors although it needs more than their answers. */
  readonly explainsBoxes?: boolean;
  /** Why the model cannot be explained by it; undefined when it can. */
  unsupported?(model: ModelInfo, layers: readonly LayerInfo[]): string | undefined;
  /** Inner tensors wanted from the first pass over the picture. */
  observes?(options: Options, layers: readonly LayerInfo[]): readonly string[];
  explain(subject: Subject, options: Options): Promise<MethodResult>;
}

/** A method whose options' type is not known where it is used. */
export type AnyMethod = Method<Record<string, unknown>>;

/** Whether a method needs nothing of a model but its answers. */
export const readsAnswersAlone = ({ needs }: Pick<AnyMethod, "needs">): boolean =>
  needs.every((need) => need === "forward");

/** Why a method cannot explain a model; undefined when it can. */
export function reasonAgainst(method: AnyMethod, model: ModelInfo, layers: readonly LayerInfo[]): string | undefined {
  const reason = method.unsupported?.(model, layers);
  if (reason !== undefined) return reason;
  if (model.task === "detection" && !readsAnswersAlone(method) && !method.explainsBoxes) {
    return "it needs inner layers or gradients, and a detector's boxes have neither";
  }
  if (model.noGradients !== undefined && method.needs.includes("gradient")) {
    return `there are no gradients: ${model.noGradients}`;
  }
  return undefined;
}

/** Side of the input that defaults in pixels are meant for. */
const REFERENCE_SIDE = 224;

/**
 * All options of a method: its defaults, overridden by the preset's, overridden by those given.
 * @param input the model's input, for defaults in pixels
 */
export function completeOptions(
  { defaults, presets, inPixels = {} }: AnyMethod,
  preset: Preset,
  given: Readonly<Record<string, unknown>>,
  input: Pick<InputGeometry, "width" | "height"> | undefined,
): Record<string, unknown> {
  const usual: Record<string, unknown> = { ...defaults, ...presets[preset] };
  const scale = input ? Math.min(input.width, input.height) / REFERENCE_SIDE : 1;
  for (const [name, unit] of Object.entries(inPixels)) {
    usual[name] = Math.max(1, Math.round((usual[name] as number) * (unit === "area" ? scale * scale : scale)));
  }
  return { ...usual, ...given };
}

/** A method with its options' type kept and its options checked; what each method's file exports. */
export function method<Options extends object>(definition: Method<Options>): Method<Options> {
  return {
    ...definition,
    async explain(subject, options) {
      checkOptions(definition.name, definition.limits, options as Readonly<Record<string, unknown>>);
      return definition.explain(subject, options);
    },
  };
}
