import { DataType, floats } from "./constant.js";
import type { Graph, NodeProto } from "./graph.js";
import type { TensorShape } from "./shapes.js";
import { dependents, dominators } from "./surface.js";

/** What the last linear layer of a classifier reads. */
export interface Penultimate {
  /** The tensor: [n, features], with further axes of size 1, or maps [n, features, height, width] that are averaged. */
  readonly tensor: string;
  readonly features: number;
  readonly averaged: boolean;
}

/** Operators that multiply their first input by weights. */
const LINEAR = new Set(["Conv", "Gemm", "MatMul"]);

/**
 * What the last linear layer before the scores reads: everything that the scores know of a picture goes through it.
 * Undefined where there is no such layer, or where it reads several vectors a picture.
 */
export function penultimate(
  graph: Graph,
  input: string,
  scores: string,
  shapes: ReadonlyMap<string, TensorShape>,
): Penultimate | undefined {
  const moving = dependents(graph, input);
  const through = new Set([input, scores, ...dominators(graph, input, scores)]);
  const last = graph.nodes.findLast(
    (node) => LINEAR.has(node.opType) && !node.domain && node.output.some((name) => through.has(name)),
  );
  const [tensor, weight] = last?.input ?? [];
  const shape = shapes.get(tensor);
  if (!last || !shape || !through.has(tensor) || moving.has(weight) || (shape.batchAxis ?? 0) !== 0) return undefined;
  const sizes = shape.dims.slice(1);
  const wide = sizes.filter((size) => size !== 1);
  if (wide.length <= 1 && sizes.length > 0) {
    return { tensor, features: sizes.reduce((product, size) => product * size, 1), averaged: false };
  }
  const pointwise = last.opType === "Conv" && isPointwise(graph, last, shapes);
  return pointwise ? { tensor, features: sizes[0], averaged: true } : undefined;
}

function isPointwise(graph: Graph, node: NodeProto, shapes: ReadonlyMap<string, TensorShape>): boolean {
  const kernel = shapes.get(node.input[1])?.dims.slice(2) ?? [];
  return kernel.every((size) => size === 1) && graph.attributes(node).int("group", 1) === 1;
}

/** A linear layer: scores = weights · features + bias. */
export interface LinearHead {
  /** [classes, features] */
  readonly weights: Float32Array;
  /** [classes] */
  readonly bias: Float32Array;
}

/** A copy of a graph that ends in another linear layer on the same features; its one output is `logits`, [n, classes]. */
export function withLinearHead(
  graph: Graph,
  { tensor, features, averaged }: Penultimate,
  { weights, bias }: LinearHead,
  type: DataType,
): { graph: Graph; logits: string } {
  const copy = graph.clone();
  let vector = tensor;
  if (type !== DataType.FLOAT) vector = copy.op("Cast", [vector], { to: DataType.FLOAT }, "features");
  if (averaged) vector = copy.op("GlobalAveragePool", [vector], {}, "features");
  vector = copy.op("Flatten", [vector], { axis: 1 }, "features");
  const logits = copy.unique("logits");
  const inputs = [vector, floats(weights, [bias.length, features]), floats(bias)];
  copy.addNode("Gemm", inputs, { transB: 1 }, { outputs: [logits], base: "head" });
  copy.setOutputs([{ name: logits, type: DataType.FLOAT, dims: undefined }]);
  copy.prune();
  return { graph: copy, logits };
}
