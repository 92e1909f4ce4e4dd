import { DataType, floats, ints } from "./constant.js";
import type { Activation } from "./final-activation.js";
import type { Graph } from "./graph.js";
import type { TensorShape } from "./shapes.js";

/** A tensor with a score of every class in every cell: [n, classes, rows, columns], or [n, rows, columns, classes]. */
export interface ClassPlanes {
  readonly name: string;
  readonly shape: TensorShape;
  /** Of the classes. */
  readonly axis: 1 | 3;
  /** What its values are; logits for "none". */
  readonly activation: Activation;
}

/** Smallest probability whose logarithm is taken; below it float32 has none. */
const LEAST_PROBABILITY = 1e-30;

/**
 * A copy of a graph whose one output, [n, classes], is the weighted sum of each class's logits over the cells. Probabilities
 * are turned back into logits: by reading before a final softmax or sigmoid, else by their logarithm or log-odds.
 * @param weights one a cell, row by row
 * @returns it, the output's name, and the shapes of the tensors that were added
 */
export function withRegionScores(
  graph: Graph,
  planes: ClassPlanes,
  weights: Float32Array,
): { graph: Graph; scores: string; shapes: ReadonlyMap<string, TensorShape> } {
  const copy = graph.clone();
  const shapes = new Map<string, TensorShape>();
  const { axis } = planes;
  const { dims } = planes.shape;
  const added = (name: string, to: readonly number[] = dims) => {
    shapes.set(name, { ...planes.shape, type: DataType.FLOAT, dims: to });
    return name;
  };
  const op = (type: string, inputs: Parameters<Graph["op"]>[1]) => added(copy.op(type, inputs, {}, "region"));
  const float =
    planes.shape.type === DataType.FLOAT
      ? planes.name
      : added(copy.op("Cast", [planes.name], { to: DataType.FLOAT }, "region"));
  const logits = logitsOf(copy, float, planes.activation, op);
  const [rows, columns] = axis === 1 ? [dims[2], dims[3]] : [dims[1], dims[2]];
  const spread = floats(weights, axis === 1 ? [1, 1, rows, columns] : [1, rows, columns, 1]);
  const weighted = op("Mul", [logits, spread]);
  const axes = axis === 1 ? [2, 3] : [1, 2];
  const scores = added(copy.unique("region_scores"), [dims[0], dims[axis]]);
  const asInput = copy.opset() >= 13;
  copy.addNode(
    "ReduceSum",
    asInput ? [weighted, ints(axes)] : [weighted],
    asInput ? { keepdims: 0 } : { axes, keepdims: 0 },
    { outputs: [scores], base: "region" },
  );
  copy.setOutputs([{ name: scores, type: DataType.FLOAT, dims: undefined }]);
  copy.prune();
  copy.sort();
  return { graph: copy, scores, shapes };
}

type Op = (type: string, inputs: Parameters<Graph["op"]>[1]) => string;

/** Softmax over a region's mean logits does not change when each cell's logits move by the same amount. */
function logitsOf(graph: Graph, name: string, activation: Activation, op: Op): string {
  if (activation === "none") return name;
  const last = graph.producer(name);
  if (last?.opType === (activation === "softmax" ? "Softmax" : "Sigmoid")) return last.input[0];
  const least = floats(Float32Array.of(LEAST_PROBABILITY), []);
  const log = (values: string) => op("Log", [op("Max", [values, least])]);
  if (activation === "softmax") return log(name);
  const opposite = op("Sub", [floats(Float32Array.of(1), []), name]);
  return op("Sub", [log(name), log(opposite)]);
}

/** Operators behind which each class still has a plane of its own. */
const PLANE_BY_PLANE = new Set(
  "Cast Clip Dropout Identity LogSoftmax Log Pad Resize Sigmoid Slice Softmax Transpose Upsample".split(" "),
);

/** The planes of classes and what they are resampled from: tensors that hold no features, but scores. */
export function scorePlanes(graph: Graph, planes: string): ReadonlySet<string> {
  const names = new Set([planes]);
  let node = graph.producer(planes);
  while (node && PLANE_BY_PLANE.has(node.opType) && !names.has(node.input[0])) {
    names.add(node.input[0]);
    node = graph.producer(node.input[0]);
  }
  return names;
}
