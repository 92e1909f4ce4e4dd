import { checkKeys, SightlineError } from "../../core/errors.js";
import { DataType } from "../../onnx/constant.js";
import type { Graph } from "../../onnx/graph.js";
import { type LabelSource, labelsInside, numberedLabels, readLabels } from "../labels.js";
import { findLayers } from "../layers.js";
import { portInfo, type SupportOf } from "../load.js";
import { chooseThreads, type ReadyGraph, readyGraph } from "../prepare-graph.js";
import {
  checkPreprocess,
  functionPreprocessor,
  IMAGENET_PREPROCESS,
  type PreprocessData,
  type PreprocessFunction,
  preprocessor,
  sizeOfPreprocess,
} from "../preprocess.js";
import { SessionHost } from "../session.js";
import { type FetchOptions, type ModelSource, type ResolvedModel, resolveModel } from "../source.js";
import type { ModelInfo } from "../types.js";
import { findClassLayers } from "./class-layers.js";
import { chooseDecoder, customDecoder, type DecoderName } from "./decoders.js";
import { Detector } from "./detector.js";
import type { DecodedBoxes, DetectorOutputs } from "./types.js";

export interface DetectorOptions extends FetchOptions {
  readonly task: "detection";
  /** A ready-made decoder (see `DECODERS`), "auto" for the first that fits, or a function of the outputs. */
  readonly postprocess?: DecoderName | "auto" | ((outputs: DetectorOutputs) => DecodedBoxes);
  /** Names of the classes, or the path of a file with one a line or a JSON list. */
  readonly labels?: LabelSource;
  readonly preprocess?: PreprocessData | PreprocessFunction;
  /** Objects below are not listed, 0…1. */
  readonly confidence?: number;
  /** Boxes of one label that overlap more (IoU, 0…1) are one object; for decoders that suppress themselves. */
  readonly overlap?: number;
  /** Objects kept on a picture at most. */
  readonly limit?: number;
  /** Threads of the runtime; measured when absent. */
  readonly threads?: number;
}

const OPTIONS = [
  "task",
  "postprocess",
  "labels",
  "preprocess",
  "confidence",
  "overlap",
  "limit",
  "threads",
  "sha256",
  "allowLoopback",
  "signal",
  "onProgress",
] as const satisfies readonly (keyof DetectorOptions)[];

/** Weak detections still tell how much of an object is left on a perturbed copy. */
const LEAST_CONFIDENCE = 0.01;

const YOLO_PREPROCESS: PreprocessData = { resize: "letterbox", padding: [114, 114, 114] };

/**
 * Loads an object detector; its sessions live in a worker thread.
 * @throws SightlineError `not-supported` where no decoder fits, and what loading a classifier throws
 */
export async function loadDetector(
  source: ModelSource,
  options: DetectorOptions,
  support: SupportOf = () => [],
): Promise<Detector> {
  checkKeys(options, OPTIONS, "loadModel with task: 'detection'");
  const { postprocess = "auto", preprocess, threads, confidence = 0.25, overlap = 0.45, limit = 100 } = options;
  checkNumbers({ confidence, overlap, limit });
  const data = typeof preprocess === "object" ? checkPreprocess(preprocess) : undefined;
  const resolved = await resolveModel(source, options);
  const host = new SessionHost({ threads });
  try {
    const facts = data ?? resolved.preprocess ?? {};
    const graph = floatOutputs(resolved.graph);
    const ready = await readyGraph(host, graph, {
      layout: facts.layout,
      size: sizeOfPreprocess(facts),
      allOutputs: true,
    });
    const decoder =
      typeof postprocess === "function" ? customDecoder(postprocess) : chooseDecoder(postprocess, ready.sample);
    const forward = threads === undefined ? await chooseThreads(host, ready) : ready.forward;
    const known = decoder.classes(ready.sample);
    const labels = options.labels
      ? await readLabels(options.labels, known)
      : (resolved.labels ??
        (known === undefined ? undefined : (labelsInside(resolved.graph, known) ?? numberedLabels(known))));
    const classes = known ?? labels?.length ?? 0;
    const guess = decoder.name.startsWith("yolo") ? YOLO_PREPROCESS : IMAGENET_PREPROCESS;
    const assumed = `no preprocessing was given: ${guess === YOLO_PREPROCESS ? "letterboxed, 0…1, as YOLO is trained" : "ImageNet's mean and std are assumed"}`;
    const prepare =
      typeof preprocess === "function"
        ? await functionPreprocessor(preprocess, ready.input)
        : preprocessor(data ?? resolved.preprocess ?? guess, ready.input, data || resolved.preprocess ? [] : [assumed]);
    const layers = findLayers(ready.graph, ready.input, ready.outputs[0], ready.shapes, ready.batch);
    const classLayers = classes > 0 ? findClassLayers(ready.graph, ready.shapes, ready.outputs, classes) : [];
    const notes = [...resolved.notes, ...ready.notes, ...prepare.notes, `outputs are read as ${decoder.name}`];
    const info = describe(resolved, ready, { classes, threads: host.threads, notes });
    return new Detector({
      host,
      graph: ready.graph,
      forward,
      shapes: ready.shapes,
      outputs: ready.outputs,
      // Lists of objects have no batch dimension: their images are run one by one.
      batch: batchesWell(ready) ? ready.batch : 1,
      layers,
      classLayers,
      labels: labels ?? [],
      info: { ...info, methods: support(info, layers) },
      preprocessor: prepare,
      decoder,
      decoding: { confidence: Math.min(LEAST_CONFIDENCE, confidence), overlap, limit },
      confidence,
    });
  } catch (error) {
    await host.close();
    throw error;
  }
}

function checkNumbers({ confidence, overlap, limit }: { confidence: number; overlap: number; limit: number }): void {
  for (const [name, value] of Object.entries({ confidence, overlap })) {
    if (!(value >= 0 && value <= 1)) {
      throw new SightlineError("bad-config", `${name} is ${value}`, {
        received: value,
        expected: "a number from 0 to 1",
      });
    }
  }
  if (!(Number.isInteger(limit) && limit > 0)) {
    throw new SightlineError("bad-config", `limit is ${limit}`, { received: limit, expected: "a whole number from 1" });
  }
}

/** A copy whose outputs are all float32, labels and counts included. */
function floatOutputs(graph: Graph): Graph {
  const copy = graph.clone();
  const outputs = copy.outputs.map((port) => {
    if (port.type === DataType.FLOAT) return port;
    const name = copy.op("Cast", [port.name], { to: DataType.FLOAT }, `${port.name}_float`);
    return { ...port, name, type: DataType.FLOAT };
  });
  copy.setOutputs(outputs);
  return copy;
}

/** Whether every output grows with the batch along its first axis. */
function batchesWell({ outputs, shapes }: ReadyGraph): boolean {
  return outputs.every((name) => shapes.get(name)?.batchAxis === 0 && shapes.get(name)?.dims[0] === 1);
}

function describe(
  { name, format, sha256, graph }: ResolvedModel,
  { input }: ReadyGraph,
  { classes, threads, notes }: { classes: number; threads: number; notes: readonly string[] },
): ModelInfo {
  const operators: Record<string, number> = {};
  for (const { opType } of graph.nodes) operators[opType] = (operators[opType] ?? 0) + 1;
  return {
    task: "detection",
    name,
    format,
    sha256,
    inputs: graph.inputs.map(portInfo),
    outputs: graph.outputs.map(portInfo),
    input,
    classes,
    opset: graph.opset(),
    operators,
    activation: "none",
    probabilities: "as given",
    methods: [],
    device: "cpu",
    threads,
    notes,
  };
}
