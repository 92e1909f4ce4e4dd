import { checkKeys } from "../../core/checks.js";
import { SightlineError } from "../../core/errors.js";
import { checkOptions } from "../../core/options.js";
import { DataType } from "../../onnx/constant.js";
import { type Activation, finalActivation } from "../../onnx/final-activation.js";
import type { Graph } from "../../onnx/graph.js";
import type { ClassPlanes } from "../../onnx/region-scores.js";
import { scoreSources } from "../../onnx/score-sources.js";
import type { TensorShape } from "../../onnx/shapes.js";
import { choosePreprocessor, knownPreprocess } from "../choose-preprocessor.js";
import type { Device } from "../device.js";
import { ImageInput } from "../image-input.js";
import { integerInput } from "../integer-input.js";
import { labelsInside } from "../label-metadata.js";
import { checkLabelCount, type LabelSource, numberedLabels, readLabels } from "../labels.js";
import type { LoadHooks } from "../load.js";
import { loadWithOutputs } from "../load-with-outputs.js";
import { describeModel } from "../model-info.js";
import { Network } from "../network.js";
import { observeScores } from "../observed-scores.js";
import type { OpenedGraph } from "../open-graph.js";
import type { PreparedGraph } from "../prepare-graph.js";
import type { PreprocessData, PreprocessFunction } from "../preprocess.js";
import type { PreprocessPreset } from "../preprocess-presets.js";
import type { IsolationOptions } from "../proving.js";
import type { FetchOptions, ModelSource, ResolvedModel } from "../source.js";
import type { ModelInfo } from "../types.js";
import { featureLayers, Segmenter } from "./segmenter.js";

/** Options of {@link loadModel} for a segmentation model. */
export interface SegmenterOptions extends FetchOptions, IsolationOptions {
  /** Says that the model gives every place of a picture a class. */
  readonly task: "segmentation";
  /** Names of the classes, or the path of a file with one a line or a JSON list. */
  readonly labels?: LabelSource;
  /** How a picture becomes the model's input: the name of a tool whose way it is, data, or a function. */
  readonly preprocess?: PreprocessPreset | PreprocessData | PreprocessFunction;
  /** The output that holds the scores, by name; the first of [n, classes, rows, columns] when absent. */
  readonly output?: string;
  /** What the scores are; seen from the graph when absent. */
  readonly activation?: Activation;
  /** How probabilities come from raw scores: "sigmoid" for logits of independent labels. Follows from `activation` when absent. */
  readonly probabilities?: ModelInfo["probabilities"];
  /** What the model runs on; default "cpu". See the same option for classifiers. */
  readonly device?: Device | "auto";
  /** Threads of the runtime; measured when absent. */
  readonly threads?: number;
}

const OPTIONS = [
  "task",
  "labels",
  "preprocess",
  "output",
  "activation",
  "probabilities",
  "device",
  "threads",
  "isolate",
  "memoryLimit",
  "sha256",
  "allowLoopback",
  "signal",
  "onProgress",
] as const satisfies readonly (keyof SegmenterOptions)[];

const LIMITS = {
  activation: ["none", "softmax", "sigmoid"],
  probabilities: ["softmax", "sigmoid", "as given"],
} as const;

/**
 * Loads a segmentation model; its sessions live in a thread.
 * @throws SightlineError `not-supported` where no output has scores of classes in rows and columns, and what loading a
 *   classifier throws
 */
export async function loadSegmenter(
  source: ModelSource,
  options: SegmenterOptions,
  hooks: LoadHooks = {},
): Promise<Segmenter> {
  checkKeys(options, OPTIONS, "loadModel with task: 'segmentation'");
  checkOptions("loadModel with task: 'segmentation'", LIMITS, {
    activation: options.activation ?? "none",
    probabilities: options.probabilities ?? "softmax",
  });
  return loadWithOutputs(
    source,
    options,
    (graph) => withScores(graph, options.output),
    (resolved, opened, preprocess) => assemble(resolved, opened, { ...options, preprocess }, hooks),
  );
}

/** A copy that gives the scores that an ArgMax chose from in its place; with the output asked for alone. */
function withScores(graph: Graph, wanted: string | undefined): Graph {
  const sources = scoreSources(graph);
  const kept = sources.filter(({ output, name }) => wanted === undefined || [output, name].includes(wanted));
  if (kept.length === 0) {
    throw new SightlineError("bad-config", `unknown output '${wanted}'`, {
      received: wanted,
      expected: `one of ${sources.map(({ output }) => output).join(", ")}`,
    });
  }
  const copy = graph.clone();
  copy.setOutputs(
    kept.map(
      ({ name }) => graph.outputs.find((port) => port.name === name) ?? { name, type: DataType.FLOAT, dims: undefined },
    ),
  );
  copy.prune();
  return copy;
}

async function assemble(
  resolved: ResolvedModel,
  { host, prepared }: OpenedGraph,
  options: SegmenterOptions,
  { support = () => [] }: LoadHooks,
): Promise<Segmenter> {
  const { graph, input, shapes, forward, batch } = prepared;
  const given = options.labels === undefined ? undefined : await readLabels(options.labels);
  const named = given?.labels ?? resolved.labels;
  const { planes, notes: chosen } = choosePlanes(prepared, named?.length, options);
  const { dims } = planes.shape;
  const classes = dims[planes.axis];
  const labels = given
    ? checkLabelCount(given.labels, classes)
    : (resolved.labels ?? labelsInside(resolved.graph, classes) ?? numberedLabels(classes));
  const inputType = resolved.inputType ?? resolved.graph.inputs[0].type;
  const prepare = await choosePreprocessor(options.preprocess, knownPreprocess(resolved), input, inputType);
  const layers = featureLayers({ graph, input, shapes, batch }, planes.name);
  const info: ModelInfo = describeModel(
    resolved,
    {
      task: "segmentation",
      input,
      classes,
      scores: planes.name,
      activation: planes.activation,
      probabilities: options.probabilities ?? probabilitiesOf(planes.activation, classes),
      threads: host.threads,
      preprocess: prepare.data,
      notes: [...resolved.notes, ...prepared.notes, ...prepare.notes, ...(given?.notes ?? []), ...chosen],
    },
    layers,
    support,
  );
  return new Segmenter({
    network: new Network({ host, graph, forward, shapes, outputs: [planes.name], batch, input, layers }),
    planes,
    info,
    labels,
    imageInput: new ImageInput(prepare, input, integerInput(inputType)),
    support,
  });
}

const probabilitiesOf = (activation: Activation, classes: number): ModelInfo["probabilities"] =>
  activation !== "none" ? "as given" : classes === 1 ? "sigmoid" : "softmax";

/**
 * The first output with rows and columns of scores; where labels are known, of as many classes.
 * @throws SightlineError `not-supported` where there is none
 */
function choosePlanes(
  { graph, outputs, shapes, sample, batch = 1 }: PreparedGraph,
  labels: number | undefined,
  { activation }: SegmenterOptions,
): { planes: ClassPlanes; notes: readonly string[] } {
  const found = outputs.flatMap((name) => {
    const shape = shapes.get(name);
    const axis = shape && shape.dims[0] === batch ? classAxis(shape.dims, labels) : undefined;
    return axis === undefined ? [] : [{ name, shape: shape as TensorShape, axis }];
  });
  const best = found.find(({ shape, axis }) => shape.dims[axis] === labels) ?? found[0];
  if (!best) {
    const shown = outputs.map((name) => `${name} [${shapes.get(name)?.dims.join(", ") ?? "?"}]`).join(", ");
    throw new SightlineError("not-supported", `no output holds scores of classes in rows and columns: ${shown}`, {
      received: shown,
      expected: "an output of [batch, classes, rows, columns]",
      next: "export the model without its ArgMax, or load a classifier without task",
    });
  }
  const others = outputs.filter((name) => name !== best.name);
  return {
    planes: { ...best, activation: activation ?? activationOf(graph, best, sample[best.name].data) },
    notes: others.length > 0 ? [`the scores are the output '${best.name}', not ${others.join(", ")}`] : [],
  };
}

/** Where the classes are in [n, ., ., .]: where there are as many as labels, else along the shorter end. */
function classAxis(dims: readonly number[], labels: number | undefined): 1 | 3 | undefined {
  if (dims.length !== 4) return undefined;
  const [, first, second, last] = dims;
  const isMap = (rows: number, columns: number) => rows * columns > 1;
  if (first === labels && isMap(second, last)) return 1;
  if (last === labels && isMap(first, second)) return 3;
  if (first <= last && isMap(second, last)) return 1;
  return isMap(first, second) ? 3 : undefined;
}

/** What the scores are: the graph's last function, where it is along the classes. */
function activationOf(
  graph: Graph,
  { name, shape, axis }: Omit<ClassPlanes, "activation">,
  sample: Float32Array,
): Activation {
  const last = finalActivation(graph, name);
  if (last !== "softmax") return last;
  const { dims } = shape;
  const classes = dims[axis];
  const step = axis === 1 ? dims[2] * dims[3] : 1;
  const first = Float32Array.from({ length: classes }, (_, c) => sample[c * step]);
  return observeScores([first]) === "sum to one" ? "softmax" : "none";
}
