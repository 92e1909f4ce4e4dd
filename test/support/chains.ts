import { findLayers } from "../../src/model/layers.js";
import type { InputGeometry } from "../../src/model/types.js";
import { differentiate } from "../../src/onnx/autodiff/differentiate.js";
import { DataType, floats } from "../../src/onnx/constant.js";
import { finalActivation } from "../../src/onnx/final-activation.js";
import { Graph } from "../../src/onnx/graph.js";
import { elementTypes, type TensorShape } from "../../src/onnx/shapes.js";
import { anchorShapes, normalise } from "../../src/onnx/surface.js";

const SIDE = 8;
const OPERATORS = ["Relu", "Identity", "Sigmoid", "Tanh"];
const input: InputGeometry = { name: "image", layout: "nchw", channels: 3, height: SIDE, width: SIDE };

/** So many operators, one behind the other, and a score a channel. */
export function chainOf(nodes: number, operators: readonly string[] = OPERATORS): Graph {
  const graph = Graph.empty("chain", 18);
  graph.addInput("image", ["n", 3, SIDE, SIDE]);
  let last = "image";
  for (let i = 0; i < nodes; i++) last = graph.op(operators[i % operators.length], [last]);
  const mean = graph.op("Flatten", [graph.op("GlobalAveragePool", [last])], { axis: 1 });
  graph.addNode("Mul", [mean, floats(10)], {}, { outputs: ["scores"] });
  graph.addOutput("scores", ["n", 3]);
  return graph;
}

/** Reads a graph, finds its layers and differentiates it, without the runtime. Returns milliseconds. */
export function passesOver(chain: Graph): number {
  const start = performance.now();
  const [port] = chain.inputs;
  const graph = normalise(Graph.parse(chain.serialize()), port, ["n", 3, SIDE, SIDE]);
  const shapes = shapesOf(graph);
  const anchored = anchorShapes(graph, "image", shapes);
  finalActivation(anchored, "scores");
  findLayers(anchored, input, "scores", shapes);
  const options = { wrt: ["image"], output: "scores", activation: "none", score: "logit" } as const;
  const backward = differentiate({ graph: anchored, shapes }, options);
  backward.graph.serialize();
  return performance.now() - start;
}

function shapesOf(graph: Graph): ReadonlyMap<string, TensorShape> {
  const behindMean = new Set(["GlobalAveragePool", "Flatten", "Mul"]);
  const shapes = new Map<string, TensorShape>();
  for (const [name, type] of elementTypes(graph)) {
    const operator = graph.producer(name)?.opType ?? "";
    const small = operator === "GlobalAveragePool" ? [1, 3, 1, 1] : [1, 3];
    const dims = behindMean.has(operator) ? small : [1, 3, SIDE, SIDE];
    const scalar = graph.initializers.has(name);
    shapes.set(name, {
      type: scalar ? DataType.FLOAT : type,
      dims: scalar ? [] : dims,
      batchAxis: scalar ? undefined : 0,
    });
  }
  return shapes;
}
