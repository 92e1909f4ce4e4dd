import { sizeOf } from "../core/tensor.js";
import { type Constant, DataType } from "./constant.js";
import type { Graph, NodeProto } from "./graph.js";

/** A graph that is loaded by whatever runs graphs. */
export interface OpenGraph {
  /** One pass. Resolves to the fetched tensors by name. */
  run(feeds: Readonly<Record<string, Constant>>, fetches: readonly string[]): Promise<ReadonlyMap<string, Constant>>;
  close(): Promise<void>;
}

/** Loads graphs: a session in a worker thread, onnxruntime-web in a browser, … */
export interface GraphRunner {
  open(graph: Graph): Promise<OpenGraph>;
}

/** What is known of an inner tensor. */
export interface TensorShape {
  readonly type: DataType;
  /** Exact, at batch 1. */
  readonly dims: readonly number[];
  /** The axis that grows with the batch; undefined where none does. */
  readonly batchAxis: number | undefined;
}

export interface ProbeInput {
  readonly name: string;
  /** At batch 1; the first dimension is the batch. */
  readonly dims: readonly number[];
}

/**
 * Exact shapes of all tensors that the nodes of a graph make, by running it once at batch 1 (and once at batch 2) with a
 * Shape node on every tensor whose shape does not follow from those of its node's inputs. Constants and the input are
 * included; tensors that are no arrays (sequences) are not.
 * @param batched whether the graph takes batches; without it every `batchAxis` is undefined
 * @param known shapes of tensors that need not be run for
 */
export async function probeShapes(
  graph: Graph,
  input: ProbeInput,
  runner: GraphRunner,
  { batched = true, known = new Map() }: { batched?: boolean; known?: ReadonlyMap<string, TensorShape> } = {},
): Promise<ReadonlyMap<string, TensorShape>> {
  const types = elementTypes(graph);
  const following = followingTensors(graph, types);
  const follows = new Set(following.map(({ name }) => name));
  const probe = graph.clone();
  const shapeOf = new Map<string, string>();
  for (const name of types.keys()) {
    if (!graph.initializers.has(name) && !follows.has(name) && !known.has(name))
      shapeOf.set(name, probe.op("Shape", [name], {}, "probe"));
  }
  const fetches = [...shapeOf.values()];
  probe.setOutputs(fetches.map((name) => ({ name, type: DataType.INT64, dims: undefined })));
  probe.prune();

  const open = fetches.length > 0 ? await runner.open(probe) : undefined;
  const dimsAt = async (batch: number) => {
    const dims = [input.dims[0] * batch, ...input.dims.slice(1)];
    const feed = { type: DataType.FLOAT, dims, data: new Float32Array(sizeOf(dims)) };
    const ports = await open?.run({ [input.name]: feed }, fetches);
    const found = new Map<string, readonly number[]>();
    for (const [name, { dims, batchAxis }] of known) {
      found.set(
        name,
        dims.map((dim, axis) => (axis === batchAxis ? dim * batch : dim)),
      );
    }
    for (const [name, { dims }] of graph.initializers) found.set(name, dims.map(Number));
    for (const [name, port] of shapeOf) {
      const constant = ports?.get(port);
      if (constant) found.set(name, Array.from(constant.data as BigInt64Array, Number));
    }
    for (const { name, from } of following) {
      const shapes = from.map((one) => found.get(one)).filter((one) => one !== undefined);
      if (shapes.length === from.length) found.set(name, broadcast(shapes));
    }
    return found;
  };
  try {
    const one = await dimsAt(1);
    const two = batched ? await dimsAt(2) : one;
    const shapes = new Map<string, TensorShape>();
    for (const [name, type] of types) {
      const dims = one.get(name);
      if (dims) shapes.set(name, { type, dims, batchAxis: growingAxis(dims, two.get(name) ?? dims) });
    }
    return shapes;
  } finally {
    await open?.close();
  }
}

/** Operators whose result has the shape to which their inputs broadcast. */
const BROADCASTING = new Set(
  [
    ["Add", "Sub", "Mul", "Div", "Max", "Min", "Sum", "Mean", "And", "Or", "Xor", "Where"],
    ["Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual"],
  ].flat(),
);

/** Operators whose result has the shape of their first input. */
const KEEPING = new Set(
  [
    ["Abs", "Neg", "Sign", "Exp", "Log", "Sqrt", "Reciprocal", "Erf", "Floor", "Ceil", "Round", "Sin", "Cos", "Tan"],
    ["Identity", "Not", "Cast", "Clip", "Dropout", "QuantizeLinear", "DequantizeLinear", "Softmax", "LogSoftmax"],
    [
      "Relu",
      "LeakyRelu",
      "PRelu",
      "Elu",
      "Selu",
      "Celu",
      "Gelu",
      "Mish",
      "HardSwish",
      "HardSigmoid",
      "Sigmoid",
      "Tanh",
    ],
    ["Softplus", "Softsign", "BatchNormalization", "InstanceNormalization", "LayerNormalization", "LRN"],
  ].flat(),
);

/** A tensor and those from whose shapes its own follows. */
interface Following {
  readonly name: string;
  readonly from: readonly string[];
}

/** Tensors whose shapes need not be asked for, each behind those that it follows from. */
function followingTensors(graph: Graph, types: ReadonlyMap<string, DataType>): readonly Following[] {
  const sorted = graph.clone();
  sorted.sort();
  return sorted.nodes
    .filter(({ domain, output }) => (domain === "" || domain === "ai.onnx") && output.length === 1)
    .flatMap(({ opType, input, output }) => {
      const from = KEEPING.has(opType) ? input.slice(0, 1) : BROADCASTING.has(opType) ? input : [];
      return from.length > 0 && from.every((name) => types.has(name)) ? [{ name: output[0], from }] : [];
    });
}

/** The shape to which shapes broadcast (ONNX, "Multidirectional Broadcasting"). */
function broadcast(shapes: readonly (readonly number[])[]): readonly number[] {
  const rank = Math.max(...shapes.map(({ length }) => length));
  return Array.from({ length: rank }, (_, i) => {
    const sizes = shapes.map((dims) => dims[i - rank + dims.length] ?? 1);
    return sizes.find((size) => size !== 1) ?? 1;
  });
}

function growingAxis(one: readonly number[], two: readonly number[]): number | undefined {
  const axis = one.findIndex((dim, i) => dim !== two[i]);
  return axis < 0 ? undefined : axis;
}

const { BOOL, FLOAT, INT32, INT64, UINT8 } = DataType;

/** Operators whose result type is not that of their first input. */
const RESULT_TYPES: Readonly<Record<string, (node: NodeProto, graph: Graph) => readonly DataType[]>> = {
  ...Object.fromEntries(["Shape", "Size", "NonZero", "ArgMax", "ArgMin"].map((op) => [op, () => [INT64]])),
  ...Object.fromEntries(
    ["Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "And", "Or", "Xor", "Not", "IsNaN", "IsInf"].map(
      (op) => [op, () => [BOOL]],
    ),
  ),
  ...Object.fromEntries(["ConvInteger", "MatMulInteger"].map((op) => [op, () => [INT32]])),
  ...Object.fromEntries(["If", "Loop", "Scan"].map((op) => [op, (node: NodeProto) => node.output.map(() => FLOAT)])),
  DynamicQuantizeLinear: () => [UINT8, FLOAT, UINT8],
  Constant: (node, graph) => [graph.constant(node.output[0])?.type ?? FLOAT],
  ConstantOfShape: (node, graph) => [
    (graph.attributes(node).tensor("value")?.dataType as DataType | undefined) ?? FLOAT,
  ],
  Cast: (node, graph) => [graph.attributes(node).int("to", FLOAT) as DataType],
  ...Object.fromEntries(
    ["RandomNormal", "RandomUniform", "HannWindow", "HammingWindow", "BlackmanWindow"].map((op) => [
      op,
      (node: NodeProto, graph: Graph) => [graph.attributes(node).int("dtype", FLOAT) as DataType],
    ]),
  ),
};

/** Operators whose result has the type of another input than the first, by its position. */
const TYPE_GIVER: Readonly<Record<string, number>> = {
  CastLike: 1,
  DequantizeLinear: 1,
  OneHot: 2,
  QLinearConv: 7,
  QLinearMatMul: 7,
  QuantizeLinear: 2,
  Where: 1,
};

const SECOND_TYPES: Readonly<Record<string, DataType>> = { Dropout: BOOL, MaxPool: INT64, TopK: INT64 };
const NO_ARRAYS = /^(Sequence|SplitToSequence|Optional|ConcatFromSequence|ZipMap|DictVectorizer)/;

/** Element types of all tensors of a graph, by propagation from its inputs and constants. */
export function elementTypes(graph: Graph): ReadonlyMap<string, DataType> {
  const types = new Map<string, DataType>();
  for (const { name, type } of graph.inputs) types.set(name, type);
  for (const [name, tensor] of graph.initializers) types.set(name, tensor.dataType as DataType);
  const sorted = graph.clone();
  sorted.sort();
  for (const node of sorted.nodes) {
    if (NO_ARRAYS.test(node.opType)) continue;
    const giver = node.input[TYPE_GIVER[node.opType] ?? 0];
    const first =
      node.opType === "QuantizeLinear" && !giver ? UINT8 : ((giver ? types.get(giver) : undefined) ?? FLOAT);
    const results = RESULT_TYPES[node.opType]?.(node, sorted) ?? [first, SECOND_TYPES[node.opType] ?? first];
    node.output.forEach((name, i) => {
      if (name) types.set(name, results[i] ?? first);
    });
  }
  return types;
}
