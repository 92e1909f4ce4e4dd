import { checkKeys } from "../core/checks.js";
import { SightlineError } from "../core/errors.js";
import { checkOptions } from "../core/options.js";
import { type Activation, finalActivation } from "../onnx/final-activation.js";
import { saliencyOutput } from "../onnx/saliency-branch.js";
import { findAttentions } from "./attentions.js";
import { checkPreprocessChoice, choosePreprocessor, geometryWish, knownPreprocess } from "./choose-preprocessor.js";
import { Classifier, type PostprocessFunction, type PresentPredictions, postprocessed } from "./classifier.js";
import { type Device, deviceOf } from "./device.js";
import { GradientStore } from "./gradient-store.js";
import { ImageInput } from "./image-input.js";
import { integerInput } from "./integer-input.js";
import { labelsInside } from "./label-metadata.js";
import { checkLabelCount, type LabelSource, numberedLabels, type ReadLabels, readLabels } from "./labels.js";
import { findLayers } from "./layers.js";
import { describeModel, type SupportOf } from "./model-info.js";
import { Network } from "./network.js";
import { activationFrom } from "./observed-scores.js";
import { type OpenedGraph, openGraph, withThread } from "./open-graph.js";
import { placed } from "./place.js";
import type { PreparedGraph } from "./prepare-graph.js";
import type { PreprocessData, PreprocessFunction } from "./preprocess.js";
import type { PreprocessPreset } from "./preprocess-presets.js";
import { checkIsolation, type IsolationOptions } from "./proving.js";
import { RunMemory } from "./run-memory.js";
import { type FetchOptions, type ModelSource, type ResolvedModel, resolveModel } from "./source.js";
import type { ModelInfo } from "./types.js";
import { readViewConfig, type ViewConfigSource } from "./view-config.js";

/** Options of {@link loadModel} for a classifier. */
export interface LoadOptions extends FetchOptions, IsolationOptions {
  /** One label a class, in the order of the scores, or the path of a file with one a line or a JSON list. */
  labels?: LabelSource;
  /** How a picture becomes the model's input: the name of a tool whose way it is, data, or a function. */
  preprocess?: PreprocessPreset | PreprocessData | PreprocessFunction;
  /** The output that holds the scores: its name, or its index. Only needed where several could, and labels do not tell. */
  output?: string | number;
  /** Makes one score per class of the model's outputs, where they are not that already. */
  postprocess?: PostprocessFunction;
  /** What the raw scores are; seen from the graph when absent. */
  activation?: Activation;
  /** How probabilities come from raw scores; follows from `activation` when absent. */
  probabilities?: ModelInfo["probabilities"];
  /**
   * What the model runs on; default "cpu". Any other device is only taken where it gives the processor's answers. "auto"
   * takes one that is there, does so and is faster, and says in `info.notes` what it took and why not another.
   */
  device?: Device | "auto";
  /** Threads of the runtime; measured when absent. */
  threads?: number;
  /** A visualization config for this model, as Google's `explanation_metadata.json` holds it, or the path of such a file. */
  metadata?: ViewConfigSource;
}

const ACTIVATIONS = { activation: ["none", "softmax", "sigmoid"] } as const;

const OPTIONS = [
  "labels",
  "preprocess",
  "output",
  "postprocess",
  "activation",
  "probabilities",
  "device",
  "threads",
  "metadata",
  "isolate",
  "memoryLimit",
  "sha256",
  "allowLoopback",
  "signal",
  "onProgress",
] as const satisfies readonly (keyof LoadOptions)[];

/** What those above the models know; injected, as models know neither methods nor drawing. */
export interface LoadHooks {
  readonly support?: SupportOf;
  readonly present?: PresentPredictions;
  /** Keeps what loading teaches, in place of the cache. */
  readonly memory?: RunMemory;
  /** The scores are features, which have no names. */
  readonly unnamed?: boolean;
}

/**
 * Loads an image classifier; its sessions live in a thread that does not keep the process alive.
 * @param source a catalog name, the path of an .onnx or .xml file, or a file: or https: URL
 * @throws SightlineError `file-not-found`, `unknown-model`, `bad-model`, `not-a-classifier`, `unsupported-operator`,
 *   `bad-labels`, `bad-config`, `not-supported`, `unknown-option`, `checksum-mismatch`, `download-failed`
 */
export async function loadModel(
  source: ModelSource,
  options: LoadOptions = {},
  hooks: LoadHooks = {},
): Promise<Classifier> {
  const loaded = await loadFound(() => resolveModel(source, options), options, hooks);
  return placed(loaded, await deviceOf(options.device), options);
}

/** {@link loadModel} of a file that somebody else reads, on the processor. */
export async function loadFound(
  find: () => Promise<ResolvedModel>,
  options: LoadOptions,
  hooks: LoadHooks,
): Promise<Classifier> {
  checkLoadOptions(options);
  const device = await deviceOf(options.device);
  const { metadata } = options;
  const preprocess = checkPreprocessChoice(options.preprocess);
  const viewConfig = metadata === undefined ? undefined : await readViewConfig(metadata);
  return withThread(options, async (host) => {
    const resolved = await find();
    const given = options.labels === undefined ? undefined : await readLabels(options.labels);
    const labels = given?.labels ?? resolved.labels;
    const prepare = {
      ...geometryWish(preprocess, resolved),
      allOutputs: options.postprocess !== undefined,
      output: options.output,
      fits: (classes: number) =>
        labels ? labels.length === classes : labelsInside(resolved.graph, classes) !== undefined,
    };
    const opened = await openGraph(resolved, resolved.graph, prepare, {
      ...options,
      device,
      host,
      memory: hooks.memory,
    });
    return assembled(resolved, opened, { viewConfig, given }, options, hooks);
  });
}

/** A classifier whose graph was built here. */
export async function loadGraph(
  resolved: ResolvedModel,
  options: Pick<LoadOptions, "threads">,
  hooks: LoadHooks,
): Promise<Classifier> {
  const opened = await openGraph(resolved, resolved.graph, {}, { ...options, device: "cpu", memory: new RunMemory() });
  return assembled(resolved, opened, {}, options, { ...hooks, memory: opened.memory });
}

async function assembled(...parts: Parameters<typeof assemble>): Promise<Classifier> {
  try {
    return await assemble(...parts);
  } catch (error) {
    await parts[1].host.close();
    throw error;
  }
}

function checkLoadOptions(options: LoadOptions): void {
  checkKeys(options, OPTIONS, "loadModel");
  checkOptions("loadModel", ACTIVATIONS, { activation: options.activation ?? "none" });
  const { threads, output, postprocess } = options;
  if (output !== undefined && postprocess !== undefined) {
    throw new SightlineError("bad-config", "output and postprocess were both given", {
      expected: "one of them: a postprocess function reads all outputs",
    });
  }
  checkChoice("activation", options.activation, ["none", "softmax", "sigmoid"]);
  checkChoice("probabilities", options.probabilities, ["softmax", "sigmoid", "as given"]);
  if (postprocess !== undefined && typeof postprocess !== "function") {
    throw new SightlineError("bad-config", `postprocess is of type ${typeof postprocess}`, {
      received: postprocess,
      expected: "a function that makes one score per class of the outputs",
      next: "set task: 'detection' for the decoders of detectors",
    });
  }
  if (threads !== undefined && !(Number.isInteger(threads) && threads > 0)) {
    throw new SightlineError("bad-config", `threads is ${threads}`, { expected: "a whole number from 1" });
  }
  checkIsolation(options);
}

function checkChoice(name: string, value: string | undefined, known: readonly string[]): void {
  if (value === undefined || known.includes(value)) return;
  throw new SightlineError("bad-config", `${name} is '${value}'`, {
    received: value,
    expected: known.map((each) => `'${each}'`).join(" or "),
  });
}

async function assemble(
  resolved: ResolvedModel,
  { host, prepared }: OpenedGraph,
  { viewConfig, given }: { viewConfig?: Readonly<Record<string, unknown>>; given?: ReadLabels },
  options: LoadOptions,
  { support = () => [], present, unnamed, memory }: LoadHooks,
): Promise<Classifier> {
  const { preprocess, postprocess } = options;
  const { graph, input, shapes, outputs, batch, sample, forward } = prepared;
  const scores = postprocess ? postprocessed(postprocess, sample) : sample[outputs[0]].data;
  const classes = scores.length;
  const labels = given
    ? checkLabelCount(given.labels, classes)
    : (resolved.labels ?? prepared.labels ?? labelsInside(resolved.graph, classes));
  const inputType = resolved.inputType ?? resolved.graph.inputs[0].type;
  const prepare = await choosePreprocessor(preprocess, knownPreprocess(resolved), input, inputType);
  const layers = postprocess ? [] : findLayers(graph, input, outputs[0], shapes, batch);
  const embedded = saliencyOutput(resolved.graph) ? resolved.graph : undefined;

  const notes = [...resolved.notes, ...prepared.notes, ...prepare.notes, ...(given?.notes ?? [])];
  if (!labels && !unnamed) notes.push(noLabels(labelsInside(resolved.graph), classes));
  if (!labels && !unnamed && !postprocess && EMBEDDING.test(outputs[0])) notes.push(embeddingNote(outputs[0]));
  if (embedded) notes.push("the model carries its own saliency maps: the method 'embedded' uses them");
  if (postprocess) notes.push("a postprocess function makes the scores: layers and gradients are not available");
  const attentions = postprocess ? [] : findAttentions(graph, input.name, shapes, layers);
  const { note: doubt, ...probability } = probabilityFacts(options, prepared, classes);
  if (doubt) notes.push(doubt);
  const info = describeModel(
    resolved,
    {
      input,
      classes,
      scores: postprocess ? undefined : outputs[0],
      ...probability,
      attentions,
      noGradients: postprocess && "a postprocess function makes the scores",
      threads: host.threads,
      preprocess: prepare.data,
      notes,
    },
    layers,
    support,
  );
  const store = memory ? undefined : GradientStore.of(graph, resolved.sha256);
  return new Classifier({
    network: new Network({ host, graph, forward, shapes, outputs, batch, input, layers, store }),
    postprocess,
    labels: labels ?? numberedLabels(classes),
    info,
    imageInput: new ImageInput(prepare, input, integerInput(inputType)),
    present,
    embedded,
    viewConfig,
  });
}

/** Names of outputs that hold what a picture is like, as exports of CLIP and its kin call them. */
const EMBEDDING = /^(image|visual|vision|pooled)?_?(embed(ding)?s?|features)$/i;

const embeddingNote = (output: string) =>
  `the output '${output}' is called as if it held an embedding, whose values are no scores of classes: with the text encoder, the tokenizer and labels beside it, loadModel({ image, text, tokenizer, labels }) makes classes of words`;

function noLabels(unfit: readonly string[] | undefined, classes: number): string {
  const why = unfit
    ? `the file names ${unfit.length} classes, but the model has ${classes}`
    : "no labels were given or found in the file";
  return `${why}: classes are called by their numbers`;
}

function probabilityFacts(
  options: LoadOptions,
  { graph, outputs, observed }: PreparedGraph,
  classes: number,
): Pick<ModelInfo, "activation" | "probabilities"> & { note?: string } {
  const told = options.activation ?? (options.postprocess ? "none" : undefined);
  const { activation, note } = told
    ? { activation: told, note: undefined }
    : activationFrom(finalActivation(graph, outputs[0]), observed);
  const implied = options.postprocess || activation !== "none" ? "as given" : classes === 1 ? "sigmoid" : "softmax";
  return { activation, probabilities: options.probabilities ?? implied, note };
}
