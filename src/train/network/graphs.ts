import { DataType, floats, ints } from "../../onnx/constant.js";
import { Graph } from "../../onnx/graph.js";
import { EPSILON, folded } from "./fold.js";
import type { ConvLayer, Layers, Weights } from "./parameters.js";
import { parametersOf } from "./parameters.js";

/** Name of the network's input. */
export const IMAGE = "image";
const OPSET = 18;
const BATCH = "batch";

/** A network as it is trained: normalised with each batch's own mean and variance. */
export interface TrainingGraph {
  readonly graph: Graph;
  /** [batch, classes]: logarithms of the probabilities. */
  readonly logProbabilities: string;
  /** Of each convolution, the batch's mean and mean square of every channel, [1, channels, 1, 1]. */
  readonly moments: readonly { readonly mean: string; readonly square: string }[];
}

/** The forward half, its weights as initializers. */
export function trainingGraph(size: number, layers: Layers, weights: Weights): TrainingGraph {
  const graph = Graph.empty("training", OPSET);
  graph.addInput(IMAGE, [BATCH, 3, size, size]);
  for (const { name, dims } of parametersOf(layers)) graph.addConstant(floats(weights[name], dims), name);
  const moments: { mean: string; square: string }[] = [];
  let value = IMAGE;
  for (const stage of layers.stages) {
    if (stage === "pool") value = graph.op("MaxPool", [value], { kernel_shape: [2, 2], strides: [2, 2] });
    else {
      const { output, ...seen } = normalised(graph, value, stage);
      moments.push(seen);
      value = graph.op("Relu", [output]);
    }
  }
  const pooled = graph.op("Flatten", [graph.op("GlobalAveragePool", [value])], { axis: 1 });
  const { weight, bias } = layers.linear;
  const logits = graph.op("Gemm", [pooled, weight.name, bias.name], { transB: 1 });
  const logProbabilities = graph.op("LogSoftmax", [logits], { axis: 1 });
  graph.addOutput(logProbabilities, undefined);
  return { graph, logProbabilities, moments };
}

/** A convolution and its batch normalisation, as one factor and one summand a channel: two passes over the values. */
function normalised(graph: Graph, value: string, { weight, gain, shift, kernel }: ConvLayer) {
  const pad = (kernel - 1) / 2;
  const attributes = { kernel_shape: [kernel, kernel], pads: [pad, pad, pad, pad] };
  const raw = graph.op("Conv", [value, weight.name], attributes);
  const over = ints([0, 2, 3]);
  const mean = graph.op("ReduceMean", [raw, over], { keepdims: 1 });
  const square = graph.op("ReduceMean", [graph.op("Mul", [raw, raw]), over], { keepdims: 1 });
  const variance = graph.op("Max", [graph.op("Sub", [square, graph.op("Mul", [mean, mean])]), floats(0)]);
  const deviation = graph.op("Sqrt", [graph.op("Add", [variance, floats(EPSILON)])]);
  const factor = graph.op("Div", [gain.name, deviation]);
  const summand = graph.op("Sub", [shift.name, graph.op("Mul", [mean, factor])]);
  return { output: graph.op("Add", [graph.op("Mul", [raw, factor]), summand]), mean, square };
}

/** The network as it answers: normalisation folded into the convolutions. Its output is `logits`, its last map `features`. */
export function inferenceGraph(
  { size, layers }: { size: number; layers: Layers },
  weights: Weights,
  statistics: Weights,
): { graph: Graph; features: string } {
  const graph = Graph.empty("trained", OPSET);
  graph.addInput(IMAGE, [BATCH, 3, size, size]);
  let value = IMAGE;
  let [number, pools] = [0, 0];
  const add = (operator: string, inputs: readonly string[], output: string, attributes = {}) => {
    [value] = graph.addNode(operator, [value, ...inputs], attributes, { outputs: [output] });
  };
  for (const stage of layers.stages) {
    if (stage === "pool") {
      pools += 1;
      add("MaxPool", [], `pool${pools}`, { kernel_shape: [2, 2], strides: [2, 2] });
      continue;
    }
    number += 1;
    const { weight, bias } = folded(stage, weights, statistics);
    const pad = (stage.kernel - 1) / 2;
    const inputs = [
      graph.addConstant(floats(weight, stage.weight.dims), stage.weight.name),
      graph.addConstant(floats(bias), `conv${number}.bias`),
    ];
    add("Conv", inputs, `conv${number}`, { kernel_shape: [stage.kernel, stage.kernel], pads: [pad, pad, pad, pad] });
    add("Relu", [], `relu${number}`);
  }
  const features = value;
  add("GlobalAveragePool", [], "pooled");
  add("Flatten", [], "flat", { axis: 1 });
  const { weight, bias } = layers.linear;
  const inputs = [weight, bias].map(({ name, dims }) => graph.addConstant(floats(weights[name], dims), name));
  add("Gemm", inputs, "logits", { transB: 1 });
  graph.addOutput("logits", [BATCH, bias.dims[0]]);
  return { graph, features };
}

/** Makes initializers inputs, to be fed anew with every pass. Those that nothing reads become inputs, too. */
export function asInputs(graph: Graph, names: ReadonlyMap<string, readonly number[]>): void {
  graph.proto.initializer = graph.proto.initializer.filter(({ name }) => !names.has(name));
  const known = new Set(graph.proto.input.map(({ name }) => name));
  for (const [name, dims] of names) if (!known.has(name)) graph.addInput(name, dims, DataType.FLOAT);
  graph.touch();
}
