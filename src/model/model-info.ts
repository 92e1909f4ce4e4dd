import { DataType } from "../onnx/constant.js";
import type { Port } from "../onnx/graph.js";
import type { ClassLayer } from "./detection/types.js";
import type { ResolvedModel } from "./source.js";
import type { LayerInfo, MethodSupport, ModelInfo, PortInfo } from "./types.js";

/** What the methods can do with a model (with a detector's class layers); injected, as models know no methods. */
export type SupportOf = (
  info: ModelInfo,
  layers: readonly LayerInfo[],
  classLayers?: readonly ClassLayer[],
) => MethodSupport[];

/** What is known of a model once it is loaded. */
export type LoadedFacts = Pick<
  ModelInfo,
  | "task"
  | "input"
  | "classes"
  | "scores"
  | "activation"
  | "probabilities"
  | "attentions"
  | "noGradients"
  | "threads"
  | "preprocess"
  | "notes"
>;

/** The facts of a loaded model: those of the file, and those found out by loading it. */
export function describeModel(
  { name, format, sha256, graph }: ResolvedModel,
  {
    task,
    input,
    classes,
    scores,
    activation,
    probabilities,
    attentions,
    noGradients,
    threads,
    preprocess,
    notes,
  }: LoadedFacts,
  layers: readonly LayerInfo[],
  support: SupportOf,
  classLayers?: readonly ClassLayer[],
): ModelInfo {
  const operators: Record<string, number> = {};
  for (const { opType } of graph.nodes) operators[opType] = (operators[opType] ?? 0) + 1;
  const info: ModelInfo = {
    ...(task && { task }),
    name,
    format,
    sha256,
    inputs: graph.inputs.map(portInfo),
    outputs: graph.outputs.map(portInfo),
    input,
    classes,
    ...(scores !== undefined && { scores }),
    opset: graph.opset(),
    operators,
    activation,
    probabilities,
    ...(attentions && { attentions }),
    ...(noGradients && { noGradients }),
    methods: [],
    device: "cpu",
    threads,
    ...(preprocess && { preprocess }),
    notes,
  };
  return { ...info, methods: support(info, layers, classLayers) };
}

/** How {@link PortInfo} writes a dimension that the file leaves free. */
const FREE_DIM = -1;

/** A port as {@link PortInfo} describes it. */
export function portInfo({ name, type, dims = [] }: Port): PortInfo {
  return {
    name,
    type: DataType[type].toLowerCase(),
    dims: dims.map((dim) => (typeof dim === "number" ? dim : FREE_DIM)),
  };
}
