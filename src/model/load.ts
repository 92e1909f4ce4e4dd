import { readFile } from "node:fs/promises";
import { checkKeys, SightlineError } from "../core/errors.js";
import { DataType } from "../onnx/constant.js";
import { type Activation, finalActivation } from "../onnx/final-activation.js";
import type { Port } from "../onnx/graph.js";
import { saliencyOutput } from "../onnx/saliency-branch.js";
import { Classifier, type PostprocessFunction, postprocessed } from "./classifier.js";
import { type LabelSource, labelsInside, numberedLabels, readLabels } from "./labels.js";
import { findAttentions, findLayers } from "./layers.js";
import { chooseThreads, type ReadyGraph, readyGraph } from "./prepare-graph.js";
import {
  assumedPreprocess,
  checkPreprocess,
  functionPreprocessor,
  type PreprocessData,
  type PreprocessFunction,
  type Preprocessor,
  preprocessor,
  sizeOfPreprocess,
} from "./preprocess.js";
import { SessionHost } from "./session.js";
import { type FetchOptions, type ModelSource, type ResolvedModel, resolveModel } from "./source.js";
import type { LayerInfo, MethodSupport, ModelInfo, PortInfo } from "./types.js";

export interface LoadOptions extends FetchOptions {
  /** One label a class, in the order of the scores, or the path of a file with one a line or a JSON list. */
  labels?: LabelSource;
  preprocess?: PreprocessData | PreprocessFunction;
  /** Makes one score per class of the model's outputs, where they are not that already. */
  postprocess?: PostprocessFunction;
  /** What the raw scores are; seen from the graph when absent. */
  activation?: Activation;
  /** How probabilities come from raw scores; follows from `activation` when absent. */
  probabilities?: ModelInfo["probabilities"];
  /** Only "cpu". */
  device?: string;
  /** Threads of the runtime; measured when absent. */
  threads?: number;
  /** A visualization config for this model, as Google's `explanation_metadata.json` holds it, or the path of such a file. */
  metadata?: string | Readonly<Record<string, unknown>>;
}

const OPTIONS = [
  "labels",
  "preprocess",
  "postprocess",
  "activation",
  "probabilities",
  "device",
  "threads",
  "metadata",
  "sha256",
  "allowLoopback",
  "signal",
  "onProgress",
] as const satisfies readonly (keyof LoadOptions)[];

/** What the methods can do with a model; injected, as models know no methods. */
export type SupportOf = (info: ModelInfo, layers: readonly LayerInfo[]) => MethodSupport[];

/**
 * Loads an image classifier; its sessions live in a worker thread that does not keep the process alive.
 * @param source a catalog name, the path of an .onnx or .xml file, or a file: or https: URL
 * @throws SightlineError `file-not-found`, `unknown-model`, `bad-model`, `not-a-classifier`, `unsupported-operator`,
 *   `bad-labels`, `bad-config`, `unknown-option`, `checksum-mismatch`, `download-failed`
 */
export async function loadModel(
  source: ModelSource,
  options: LoadOptions = {},
  support: SupportOf = () => [],
): Promise<Classifier> {
  checkKeys(options, OPTIONS, "loadModel");
  const { preprocess, postprocess, device = "cpu", threads } = options;
  if (device.toLowerCase() !== "cpu") {
    throw new SightlineError("not-supported", `there is no device '${device}'`, {
      received: device,
      expected: "'cpu'",
    });
  }
  if (threads !== undefined && !(Number.isInteger(threads) && threads > 0)) {
    throw new SightlineError("bad-config", `threads is ${threads}`, { expected: "a whole number from 1" });
  }
  const data = typeof preprocess === "object" ? checkPreprocess(preprocess) : undefined;
  const viewConfig = options.metadata === undefined ? undefined : await readMetadata(options.metadata);
  const resolved = await resolveModel(source, options);
  const host = new SessionHost({ threads });
  try {
    const facts = data ?? resolved.preprocess ?? {};
    const size = sizeOfPreprocess(facts);
    const ready = await readyGraph(host, resolved.graph, {
      layout: facts.layout,
      size,
      allOutputs: postprocess !== undefined,
    });
    const forward = threads === undefined ? await chooseThreads(host, ready) : ready.forward;
    const classes = (postprocess ? postprocessed(postprocess, ready.sample) : ready.sample[ready.outputs[0]].data)
      .length;
    const labels = options.labels
      ? await readLabels(options.labels, classes)
      : (resolved.labels ?? labelsInside(resolved.graph, classes));
    const prepare = await preprocessorOf(preprocess, resolved, ready);
    const layers = postprocess ? [] : findLayers(ready.graph, ready.input, ready.outputs[0], ready.shapes, ready.batch);
    const notes = [...resolved.notes, ...ready.notes, ...prepare.notes];
    if (!labels) notes.push("no labels were given or found in the file: classes are called by their numbers");
    if (saliencyOutput(resolved.graph))
      notes.push("the model carries its own saliency maps: the method 'embedded' uses them");
    if (postprocess) notes.push("a postprocess function makes the scores: layers and gradients are not available");
    const known = describe(resolved, ready, { options, classes, threads: host.threads, notes });
    const info = { ...known, methods: support(known, layers) };
    const { graph, shapes, outputs, batch } = ready;
    return new Classifier({
      host,
      graph,
      forward,
      shapes,
      outputs,
      postprocess,
      batch,
      layers,
      info,
      viewConfig,
      embedded: saliencyOutput(resolved.graph) && resolved.graph,
      labels: labels ?? numberedLabels(classes),
      preprocessor: prepare,
    });
  } catch (error) {
    await host.close();
    throw error;
  }
}

function preprocessorOf(
  given: LoadOptions["preprocess"],
  { preprocess: known, graph }: ResolvedModel,
  { input }: ReadyGraph,
): Preprocessor | Promise<Preprocessor> {
  if (typeof given === "function") return functionPreprocessor(given, input);
  const data = given ?? known;
  if (data) return preprocessor(data, input);
  const { type } = graph.inputs[0];
  const bytes = ![DataType.FLOAT, DataType.FLOAT16, DataType.BFLOAT16, DataType.DOUBLE].includes(type);
  const assumed = assumedPreprocess(input.channels, bytes);
  return preprocessor(assumed.data, input, [assumed.note]);
}

function describe(
  { name, format, sha256, graph: raw }: ResolvedModel,
  { graph, input, outputs, shapes }: ReadyGraph,
  {
    options,
    classes,
    threads,
    notes,
  }: { options: LoadOptions; classes: number; threads: number; notes: readonly string[] },
): ModelInfo {
  const operators: Record<string, number> = {};
  for (const { opType } of raw.nodes) operators[opType] = (operators[opType] ?? 0) + 1;
  const activation = options.activation ?? (options.postprocess ? "none" : finalActivation(graph, outputs[0]));
  const given = options.postprocess || activation !== "none" ? "as given" : classes === 1 ? "sigmoid" : "softmax";
  return {
    name,
    format,
    sha256,
    inputs: raw.inputs.map(portInfo),
    outputs: raw.outputs.map(portInfo),
    input,
    classes,
    opset: raw.opset(),
    operators,
    activation,
    probabilities: options.probabilities ?? given,
    attentions: options.postprocess ? [] : findAttentions(graph, input.name, shapes),
    methods: [],
    device: "cpu",
    threads,
    notes,
  };
}

export function portInfo({ name, type, dims }: Port): PortInfo {
  const known = dims?.map((dim) => (typeof dim === "number" ? dim : -1)) ?? [];
  return { name, type: DataType[type].toLowerCase(), dims: known };
}

/** A visualization config, as it is or as the `visualization` of an `explanation_metadata.json`. */
async function readMetadata(
  metadata: NonNullable<LoadOptions["metadata"]>,
): Promise<Readonly<Record<string, unknown>>> {
  const wrong = (cause?: unknown) =>
    new SightlineError("bad-config", "the model's metadata is no visualization config", {
      received: metadata,
      expected: "an object, or the path of a JSON file with one",
      cause,
    });
  let value: unknown = metadata;
  if (typeof metadata === "string") {
    const text = await readFile(metadata, "utf8").catch((cause) => {
      throw new SightlineError("file-not-found", `there is no metadata '${metadata}'`, {
        next: "check the path",
        cause,
      });
    });
    try {
      value = JSON.parse(text);
    } catch (cause) {
      throw wrong(cause);
    }
  }
  const inner = isRecord(value) && isRecord(value.visualization) ? value.visualization : value;
  if (!isRecord(inner)) throw wrong();
  return inner;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
