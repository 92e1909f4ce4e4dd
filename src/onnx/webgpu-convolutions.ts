import { type Constant, DataType, floats } from "./constant.js";
import type { Graph, NodeProto } from "./graph.js";

/**
 * A graph whose convolutions onnxruntime's WebGPU backend computes right. Where the channels that a convolution reads are
 * a multiple of 3 beyond 3, and not of 4, it gives wrong sums (github.com/microsoft/onnxruntime/issues/29651): these get
 * channels of zeros up to the next multiple of 4, by a 1 × 1 convolution, which is computed another way.
 * @returns the graph itself where it has no such convolution
 */
export function forWebGpu(graph: Graph): Graph {
  if (!graph.nodes.some((node) => wrongSums(graph, node))) return graph;
  const mended = graph.clone();
  for (const node of [...mended.nodes]) {
    const weight = wrongSums(mended, node);
    if (weight) widen(mended, node, weight);
  }
  mended.sort();
  return mended;
}

/** The weight of a convolution that would be computed wrong. */
function wrongSums(graph: Graph, node: NodeProto): Constant | undefined {
  if (node.opType !== "Conv" || !["", "ai.onnx"].includes(node.domain)) return undefined;
  const attributes = graph.attributes(node);
  if (attributes.int("group", 1) !== 1) return undefined;
  const [, name] = node.input;
  const dims = graph.initializers.get(name)?.dims.map(Number) ?? graph.constant(name)?.dims ?? [];
  const [, channels, ...kernel] = dims;
  if (dims.length !== 4 || channels <= 3 || channels % 3 !== 0 || channels % 4 === 0) return undefined;
  if ([...kernel, ...(attributes.ints("strides") ?? [])].every((size) => size === 1)) return undefined;
  const weight = graph.constant(name);
  return weight?.type === DataType.FLOAT ? weight : undefined;
}

function widen(graph: Graph, node: NodeProto, { data, dims: [outputs, channels, ...kernel] }: Constant): void {
  const wide = 4 * Math.ceil(channels / 4);
  const cells = kernel[0] * kernel[1];
  const weight = new Float32Array(outputs * wide * cells);
  for (let output = 0; output < outputs; output++) {
    const from = output * channels * cells;
    weight.set((data as Float32Array).subarray(from, from + channels * cells), output * wide * cells);
  }
  const spread = new Float32Array(wide * channels);
  for (let channel = 0; channel < channels; channel++) spread[channel * channels + channel] = 1;
  const kernelShape = { kernel_shape: [1, 1] };
  const input = graph.op("Conv", [node.input[0], floats(spread, [wide, channels, 1, 1])], kernelShape, "wider");
  node.input = [input, graph.addConstant(floats(weight, [outputs, wide, ...kernel]), "wider"), ...node.input.slice(2)];
  graph.touch();
}
