import { checkKeys, SightlineError, throwIfAborted } from "../core/errors.js";
import { random } from "../core/random.js";
import type { Tensor } from "../core/tensor.js";
import { version } from "../core/version.js";
import type { Progress } from "../core/work.js";
import { beginWork } from "../core/work.js";
import type { ExplainedImage } from "../explanation/parts.js";
import { SaliencyMap } from "../explanation/saliency-map.js";
import { shrink } from "../image/shrink.js";
import type { ImageSource, PreparedImage } from "../image/types.js";
import type { AnyMethod, Preset, Subject } from "../methods/method.js";
import { find, type MethodName, type OptionsOf } from "../methods/registry.js";
import type { SamplingOptions } from "../methods/sampling.js";
import type { DetectionModel } from "../model/detection/types.js";
import { predictionOf, topPredictions } from "../model/ranking.js";
import type { Control, Model, Target } from "../model/types.js";
import type { DetectionOptions } from "./detection.js";
import { Explanation } from "./explanation.js";

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
  targetLayer?: string;
}

const COMMON = ["method", "mode", "preset", "targets", "targetLayer", "seed", "signal", "onProgress"] as const;
const AUTO = ["targetLayer", "budget", "until"];

/**
 * Explains why a model gives a picture a class.
 * @returns raw maps with their provenance, one explanation for each picture
 * @example
 * const explanation = await explain(model, "cat.png", { method: "rise", preset: "speed", targets: "top:2", seed: 0 });
 * const { data, width, height } = explanation.map();          // raw values, never stretched
 * explanation.provenance.forwardPasses;
 * @throws SightlineError `unknown-method`, `unknown-option`, `unknown-label`, `unknown-layer`, `not-supported`,
 *   `bad-image`, `aborted`, …
 */
export function explain<Name extends MethodName | "auto" = "auto">(
  model: Model,
  image: ImageSource,
  options?: ExplainOptions<Name>,
): Promise<Explanation>;
export function explain<Name extends MethodName | "auto" = "auto">(
  model: Model,
  images: readonly ImageSource[],
  options?: ExplainOptions<Name>,
): Promise<Explanation[]>;
export function explain(model: DetectionModel, image: ImageSource, options?: DetectionOptions): Promise<Explanation>;
export async function explain(
  model: Model | DetectionModel,
  image: ImageSource | readonly ImageSource[],
  options: object = {},
): Promise<Explanation | Explanation[]> {
  const one = async (source: ImageSource) => {
    if (!isDetector(model)) return explainOne(model, source, options);
    const { explainDetection } = await import("./detection.js");
    return explainDetection(model, source, options as DetectionOptions);
  };
  if (!Array.isArray(image)) return one(image as ImageSource);
  const explanations: Explanation[] = [];
  for (const source of image) explanations.push(await one(source));
  return explanations;
}

const isDetector = (model: Model | DetectionModel): model is DetectionModel => model.info.task === "detection";

function explainOne(
  model: Model,
  image: ImageSource,
  options: CommonOptions & { method?: string },
): Promise<Explanation> {
  const plan = planOf(model, options);
  return carryOut(model, plan, options, (signal) => see(model, image, plan.observed, signal));
}

/** A method made ready: chosen, its options complete. */
export interface Plan {
  readonly method: AnyMethod;
  readonly own: Readonly<Record<string, unknown>>;
  /** Inner tensors that it wants from the first pass. */
  readonly observed: readonly string[];
  readonly notes: readonly string[];
}

/** The first pass over a picture: everything that methods on it can share. */
export interface Seen {
  readonly prepared: PreparedImage;
  readonly scores: Tensor;
  readonly activations: ReadonlyMap<string, Tensor>;
}

/** @throws SightlineError `unknown-method`, `not-supported`, `unknown-option`, `unknown-layer`, … */
export function planOf(model: Model, options: CommonOptions & { method?: string }): Plan {
  const choice = choose(model, options.method ?? "auto", options.mode ?? "auto");
  const method = find(choice.name);
  const asked: Record<string, unknown> = { ...options };
  if ((options.method ?? "auto") === "auto")
    for (const key of AUTO) if (!method.options.includes(key)) delete asked[key];
  const own = ownOptions(method, options.preset ?? "balance", asked);
  return { method, own, observed: method.observes?.(own, model.layers()) ?? [], notes: choice.notes };
}

export async function see(
  model: Model,
  image: ImageSource,
  layers: readonly string[],
  signal?: AbortSignal,
): Promise<Seen> {
  const prepared = await model.prepare(image, { signal });
  return { prepared, ...(await model.observe(prepared.tensor, { layers, signal })) };
}

/** Runs a planned method on a picture that is seen by `look`. */
export async function carryOut(
  model: Model,
  { method, own, notes }: Plan,
  options: CommonOptions,
  look: (signal?: AbortSignal) => Promise<Seen>,
): Promise<Explanation> {
  const { preset = "balance", seed = 0 } = options;
  const work = beginWork(`${method.name} on ${model.info.name}`, options.signal);
  const { signal } = work;
  try {
    throwIfAborted(signal);
    const started = performance.now();
    const { prepared, scores, activations } = await look(signal);
    const { data: probabilities } = model.probabilities(scores);
    const predictions = topPredictions(model.labels, probabilities, 10);
    const targets = resolveTargets(model, options.targets, probabilities);
    const counter = { forward: 1, backward: 0 };
    const onProgress = (progress: Progress) => {
      options.onProgress?.(progress);
      work.progress(progress);
    };
    const subject = subjectOf({ model, prepared, scores, activations, targets, seed, signal, counter, onProgress });
    const result = await method.explain(subject, own);
    const explanation = new Explanation({
      image: await explained(prepared),
      prediction: predictions[0],
      predictions,
      targets: targets.map((index) => predictionOf(model.labels, probabilities, index)),
      maps: result.maps.map((map) => new SaliencyMap({ ...map, signed: method.signed })),
      artifacts: result.artifacts,
      defaults: { type: method.view, config: model.viewConfig },
      provenance: {
        model: { name: model.info.name, sha256: model.info.sha256 },
        method: method.name,
        options: { ...own, ...result.resolved, preset },
        seed,
        score: result.score ?? "probability",
        forwardPasses: counter.forward,
        backwardPasses: counter.backward,
        milliseconds: Math.round((performance.now() - started) * 10) / 10,
        notes: [...notes, ...prepared.picture.notes, ...(result.notes ?? [])],
        version,
      },
    });
    work.end();
    return explanation;
  } catch (error) {
    work.end(error);
    throw error;
  }
}

/** The method to use and, where it was our choice, why. A method asked for by name is never replaced. */
function choose(model: Model, name: string, mode: CommonOptions["mode"]): { name: string; notes: string[] } {
  if (mode !== undefined && !["auto", "white-box", "black-box"].includes(mode)) {
    throw new SightlineError("bad-config", `unknown mode '${mode}'`, {
      received: mode,
      expected: "auto, white-box or black-box",
    });
  }
  const layers = model.layers();
  if (name !== "auto") {
    const method = find(name);
    const reason = method.unsupported?.(model.info, layers);
    if (reason === undefined) return { name, notes: [] };
    throw new SightlineError("not-supported", `${name} cannot explain this model: ${reason}`, {
      received: name,
      next: "name a layer with targetLayer, or use a black-box method such as rise",
    });
  }
  if (mode !== "black-box" && find("embedded").unsupported?.(model.info, layers) === undefined) {
    return { name: "embedded", notes: ["auto chose embedded: the model carries its own saliency maps"] };
  }
  const layer = layers[0];
  if (layer && mode !== "black-box") {
    const chosen = layer.kind === "tokens" ? "vit-recipro-cam" : "recipro-cam";
    return { name: chosen, notes: [`auto chose ${chosen}: the feature layer '${layer.name}' was found`] };
  }
  if (mode === "white-box") {
    throw new SightlineError("no-feature-layer", "no feature map was found in the graph", {
      expected: "a layer with rows and columns for a white-box method",
      next: "use mode: 'black-box'",
    });
  }
  const why = mode === "black-box" ? "a black-box method was asked for" : "no feature layer was found in the graph";
  return { name: "gp-rise", notes: [`auto chose gp-rise: ${why}`] };
}

/** The method's own options: its defaults, the preset's, those given. @throws SightlineError `unknown-option` */
export function ownOptions(method: AnyMethod, preset: Preset, options: object): Record<string, unknown> {
  if (!Object.hasOwn(method.presets, preset)) {
    throw new SightlineError("bad-config", `unknown preset '${preset}'`, {
      received: preset,
      expected: Object.keys(method.presets).join(", "),
    });
  }
  const given: Record<string, unknown> = { ...options };
  checkKeys(given, [...COMMON, ...method.options], method.name);
  for (const key of COMMON) if (!method.options.includes(key)) delete given[key];
  for (const key of Object.keys(given)) if (given[key] === undefined) delete given[key];
  return { ...method.defaults, ...method.presets[preset], ...given };
}

function resolveTargets(model: Model, targets: CommonOptions["targets"], probabilities: Float32Array): number[] {
  const wanted: readonly Target[] = targets === undefined ? ["top:1"] : Array.isArray(targets) ? targets : [targets];
  if (wanted.length === 0) {
    throw new SightlineError("bad-config", "targets is empty", {
      received: targets,
      expected: "a class index, a label, 'top:3' or 'all'",
    });
  }
  const indices = wanted.flatMap((target): number[] => {
    if (target === "all" || target === -1) return model.labels.map((_, index) => index);
    const top = typeof target === "string" ? /^top:(\d+)$/.exec(target) : null;
    if (top) return topPredictions(model.labels, probabilities, Math.max(1, Number(top[1]))).map(({ index }) => index);
    return [model.classIndex(target)];
  });
  return [...new Set(indices)];
}

/** A picture as explanations keep it: at most 1024 pixels a side. */
export async function explained({ picture, view }: PreparedImage): Promise<ExplainedImage> {
  const { image, scale } = await shrink(picture.image, 1024);
  return {
    name: picture.name,
    pixels: image,
    view: { x: view.x * scale, y: view.y * scale, width: view.width * scale, height: view.height * scale },
  };
}

interface SubjectParts {
  readonly model: Model;
  readonly prepared: PreparedImage;
  readonly scores: Tensor;
  readonly activations: ReadonlyMap<string, Tensor>;
  readonly targets: readonly number[];
  readonly seed: number;
  readonly signal?: AbortSignal;
  readonly counter: { forward: number; backward: number };
  onProgress(progress: Progress): void;
}

/** A method's view of the model: every call counted and under the caller's signal. */
function subjectOf(parts: SubjectParts): Subject {
  const { model, prepared, scores, activations, targets, seed, signal, counter } = parts;
  const control = { signal };
  return {
    prepared,
    input: prepared.tensor,
    geometry: model.info.input,
    info: model.info,
    classes: model.info.classes,
    targets,
    scores,
    random: random(seed),
    signal,
    progress: parts.onProgress,
    names: model.labels,
    classIndex: (target) => model.classIndex(target),
    probabilities: (raw) => model.probabilities(raw),
    logits: (raw) => model.logits(raw),
    pixels: () => model.pixels(prepared),
    fill: (colour) => model.fill(colour),
    batchSize: () => model.batchSize(),
    layers: () => model.layers(),
    async activation(layer) {
      const known = activations.get(layer);
      if (known) return known;
      counter.forward += 1;
      const observed = await model.observe(prepared.tensor, { layers: [layer], ...control });
      return observed.activations.get(layer) as Tensor;
    },
    run(batch) {
      counter.forward += batch.dims[0];
      return model.run(batch, control);
    },
    observe(batch, layers) {
      counter.forward += batch.dims[0];
      return model.observe(batch, { layers, ...control });
    },
    masked(batch) {
      if (batch.layer === undefined) counter.forward += batch.count;
      return model.masked(batch, control);
    },
    gradient(batch, request) {
      counter.forward += batch.dims[0];
      counter.backward += batch.dims[0];
      return model.gradient(batch, { ...request, ...control });
    },
  };
}
