import { checkKeys } from "../../core/checks.js";
import { SightlineError } from "../../core/errors.js";
import type { DataType } from "../../onnx/constant.js";
import { choosePreprocessor, type KnownPreprocess, knownPreprocess } from "../choose-preprocessor.js";
import type { Device } from "../device.js";
import { ImageInput } from "../image-input.js";
import { integerInput } from "../integer-input.js";
import { labelsInside } from "../label-metadata.js";
import { checkLabelCount, type LabelSource, numberedLabels, type ReadLabels, readLabels } from "../labels.js";
import { findLayers } from "../layers.js";
import type { LoadHooks } from "../load.js";
import { loadWithOutputs } from "../load-with-outputs.js";
import { describeModel } from "../model-info.js";
import { Network } from "../network.js";
import type { OpenedGraph } from "../open-graph.js";
import type { PreparedGraph } from "../prepare-graph.js";
import type { PreprocessData, PreprocessFunction } from "../preprocess.js";
import type { PreprocessPreset } from "../preprocess-presets.js";
import type { IsolationOptions } from "../proving.js";
import type { FetchOptions, ModelSource, ResolvedModel } from "../source.js";
import { ultralyticsFacts } from "../ultralytics.js";
import { findClassLayers } from "./class-layers.js";
import { chooseDecoder, customDecoder, type DecoderName } from "./decoders.js";
import { type Decoder, type DetectorFacts, LISTED_FROM } from "./decoding.js";
import { Detector } from "./detector.js";
import type { DecodedBoxes, DetectorOutputs } from "./types.js";

/** Options of {@link loadModel} for an object detector. */
export interface DetectorOptions extends FetchOptions, IsolationOptions {
  /** Says that the model finds boxes. */
  readonly task: "detection";
  /** A ready-made decoder (see `DECODERS`), "auto" for the first that fits, or a function of the outputs. */
  readonly postprocess?: DecoderName | "auto" | ((outputs: DetectorOutputs) => DecodedBoxes);
  /** Names of the classes, or the path of a file with one a line or a JSON list. */
  readonly labels?: LabelSource;
  /** How a picture becomes the model's input: the name of a tool whose way it is, data, or a function. */
  readonly preprocess?: PreprocessPreset | PreprocessData | PreprocessFunction;
  /** Objects below are not listed, 0…1. */
  readonly confidence?: number;
  /**
   * Boxes of one label that overlap more (IoU, 0…1) are one object: for raw heads, 0.45 when absent, and for what a function
   * makes where it is given.
   */
  readonly overlap?: number;
  /** Objects kept on a picture at most. */
  readonly limit?: number;
  /** What the model runs on; default "cpu". See the same option for classifiers. */
  readonly device?: Device | "auto";
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
  "device",
  "threads",
  "isolate",
  "memoryLimit",
  "sha256",
  "allowLoopback",
  "signal",
  "onProgress",
] as const satisfies readonly (keyof DetectorOptions)[];

/** Weak detections still tell how much of an object is left on a perturbed copy. */
const LEAST_CONFIDENCE = 0.01;

/**
 * Loads an object detector; its sessions live in a thread.
 * @throws SightlineError `not-supported` where no decoder fits, and what loading a classifier throws
 */
export async function loadDetector(
  source: ModelSource,
  options: DetectorOptions,
  hooks: LoadHooks = {},
): Promise<Detector> {
  checkKeys(options, OPTIONS, "loadModel with task: 'detection'");
  const { confidence = LISTED_FROM, overlap = 0.45, limit = 100 } = options;
  checkNumbers({ confidence, overlap, limit });
  const suppresses = options.overlap !== undefined;
  return loadWithOutputs(
    source,
    options,
    (graph) => graph,
    (resolved, opened, preprocess) =>
      assemble(resolved, opened, { ...options, preprocess, confidence, overlap, limit, suppresses }, hooks),
  );
}

async function assemble(
  resolved: ResolvedModel,
  { host, prepared }: OpenedGraph,
  options: DetectorOptions &
    Required<Pick<DetectorOptions, "confidence" | "overlap" | "limit">> & { suppresses: boolean },
  { support = () => [] }: LoadHooks,
): Promise<Detector> {
  const { postprocess = "auto", confidence, overlap, limit, suppresses } = options;
  const { graph, input, shapes, outputs, sample, forward } = prepared;
  const given = options.labels === undefined ? undefined : await readLabels(options.labels);
  const facts: DetectorFacts = {
    input,
    names: (resolved.labels ?? labelsInside(resolved.graph))?.length,
    labels: given?.labels.length,
    ultralytics: ultralyticsFacts(resolved.graph),
  };
  const decoder =
    typeof postprocess === "function"
      ? customDecoder(postprocess, suppresses)
      : chooseDecoder(postprocess, sample, facts);
  const counted = decoder.classes(sample, facts);
  const { labels, notes: labelNotes } = labelsOf(given, resolved, counted);
  const classes = counted ?? labels.length;
  const decoding = { confidence: Math.min(LEAST_CONFIDENCE, confidence), overlap, limit, classes: counted };
  if (typeof postprocess !== "function") decoder.decode(sample, input, decoding);
  const inputType = resolved.inputType ?? resolved.graph.inputs[0].type;
  const known = knownPreprocess(resolved) ?? assumedOf(decoder.name, inputType);
  const prepare = await choosePreprocessor(options.preprocess, known, input, inputType);
  const layers = findLayers(graph, input, outputs[0], shapes, prepared.batch);
  // Lists of objects have no batch dimension: their images are run one by one.
  const batch = batchesWell(prepared) ? prepared.batch : 1;
  const notes = [
    ...resolved.notes,
    ...prepared.notes,
    ...prepare.notes,
    ...labelNotes,
    ...readingNotes(decoder, sample, facts),
  ];
  const classLayers = classes > 0 ? findClassLayers(graph, shapes, outputs, classes) : [];
  const info = describeModel(
    resolved,
    {
      task: "detection",
      input,
      classes,
      activation: "none",
      probabilities: "as given",
      threads: host.threads,
      preprocess: prepare.data,
      notes,
    },
    layers,
    support,
    classLayers,
  );
  return new Detector({
    network: new Network({ host, graph, forward, shapes, outputs, batch, input, layers }),
    info,
    labels,
    imageInput: new ImageInput(prepare, input, integerInput(inputType)),
    decoder,
    decoding,
    confidence,
    classLayers,
  });
}

function readingNotes(decoder: Decoder, sample: DetectorOutputs, facts: DetectorFacts): string[] {
  const read = `outputs are read as ${decoder.name}`;
  const unread = decoder.unread?.(sample, facts) ?? 0;
  if (unread === 0) return [read];
  return [read, `${unread} columns of masks, keypoints or angles are not read: objects are upright boxes`];
}

/** @param classes how many there are, where the outputs tell it */
function labelsOf(given: ReadLabels | undefined, resolved: ResolvedModel, classes: number | undefined): ReadLabels {
  if (given) return classes === undefined ? given : { ...given, labels: checkLabelCount(given.labels, classes) };
  const inside = resolved.labels ?? labelsInside(resolved.graph, classes);
  return { labels: inside ?? numberedLabels(classes ?? 0), notes: [] };
}

/** How a detector of floats is trained that nothing is said of; undefined where that is not known. */
function assumedOf(decoder: string, inputType: DataType): KnownPreprocess | undefined {
  if (integerInput(inputType)) return undefined;
  if (decoder === "yolox") return { data: "yolox", note: "no preprocessing was given: as YOLOX is trained" };
  if (!decoder.startsWith("yolo") && decoder !== "end-to-end") return undefined;
  return { data: "ultralytics-detect", note: "no preprocessing was given: letterboxed, 0…1, as YOLO is trained" };
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

/** Whether every output grows with the batch along its first axis. */
function batchesWell({ outputs, shapes }: PreparedGraph): boolean {
  return outputs.every((name) => shapes.get(name)?.batchAxis === 0 && shapes.get(name)?.dims[0] === 1);
}
