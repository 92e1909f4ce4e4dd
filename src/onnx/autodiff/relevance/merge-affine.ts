import { type Constant, DataType } from "../../constant.js";
import type { Graph, NodeProto } from "../../graph.js";
import { copyMessage } from "../../messages.js";
import type { TensorShape } from "../../shapes.js";

/** Layers with weights. A MatMul takes its bias as a third input here, which the operator itself has not. */
const LINEAR = new Set(["Conv", "ConvTranspose", "Gemm", "MatMul"]);
const CONVOLUTIONS = new Set(["Conv", "ConvTranspose"]);

export const isConvolution = ({ opType, domain }: NodeProto): boolean => !domain && CONVOLUTIONS.has(opType);

/** Whether a node multiplies what moves with constant weights, and by which input these come. */
export function weightsOf(graph: Graph, node: NodeProto): 0 | 1 | undefined {
  if (node.domain || !LINEAR.has(node.opType)) return undefined;
  const [left, right] = node.input.map((name) => graph.constant(name) !== undefined);
  if (right && !left) return 1;
  return left && !right && node.opType === "MatMul" ? 0 : undefined;
}

/** y = scale · x + shift, one value a channel. */
interface Affine {
  readonly scale?: Float32Array;
  readonly shift?: Float32Array;
}

/**
 * Puts what follows a layer channel by channel (batch normalisation, a bias or a scale written as a node of its own) into
 * the layer's weights, so that relevance meets one linear layer: the usual canonical form for relevance propagation.
 * @param kept tensors that must stay
 */
export function mergeAffine(graph: Graph, shapes: ReadonlyMap<string, TensorShape>, kept: ReadonlySet<string>): void {
  const merged = new Map<NodeProto, NodeProto>();
  const gone = new Set<NodeProto>();
  for (const node of graph.nodes) {
    if (weightsOf(graph, node) !== 1) continue;
    let layer = node;
    for (;;) {
      const [output] = layer.output;
      const [next, ...others] = graph.consumers(output);
      if (!next || others.length > 0 || kept.has(output) || !hasPlainBias(graph, layer)) break;
      const affine = affineOf(graph, next, output, channelsOf(layer, shapes.get(output)));
      if (!affine) break;
      layer = withAffine(graph, layer, affine, next.output[0]);
      gone.add(next);
    }
    if (layer !== node) merged.set(node, layer);
  }
  graph.proto.node = graph.nodes.filter((node) => !gone.has(node)).map((node) => merged.get(node) ?? node);
  graph.touch();
  graph.sort();
}

/** Whether a layer's bias is absent, one number, or one a channel. */
function hasPlainBias(graph: Graph, layer: NodeProto): boolean {
  if (!layer.input[2]) return true;
  const bias = graph.constant(layer.input[2]);
  if (!bias) return false;
  return bias.dims.slice(0, -1).every((dim) => dim === 1);
}

interface Channels {
  readonly axis: number;
  readonly rank: number;
  readonly count: number;
}

function channelsOf(layer: NodeProto, shape: TensorShape | undefined): Channels | undefined {
  if (!shape) return undefined;
  const rank = shape.dims.length;
  const axis = isConvolution(layer) ? 1 : rank - 1;
  return { axis, rank, count: shape.dims[axis] };
}

function affineOf(graph: Graph, node: NodeProto, output: string, channels: Channels | undefined): Affine | undefined {
  if (!channels || node.domain) return undefined;
  const numbers = (input: number) => graph.constant(node.input[input])?.data as Float32Array | undefined;
  if (node.opType === "BatchNormalization") {
    const attributes = graph.attributes(node);
    const [gain, offset, mean, variance] = [1, 2, 3, 4].map(numbers);
    if (channels.axis !== 1 || attributes.int("training_mode", 0) || !gain || !offset || !mean || !variance)
      return undefined;
    const epsilon = attributes.float("epsilon", 1e-5);
    const scale = Float32Array.from(gain, (value, c) => value / Math.sqrt(variance[c] + epsilon));
    return { scale, shift: Float32Array.from(offset, (value, c) => value - mean[c] * scale[c]) };
  }
  const side = node.input[0] === output ? 1 : 0;
  const other = graph.constant(node.input[side]);
  const values = other && node.input.length === 2 ? perChannel(other, channels) : undefined;
  if (!values) return undefined;
  switch (node.opType) {
    case "Add":
      return { shift: values };
    case "Sub":
      return side === 1 ? { shift: values.map((value) => -value) } : undefined;
    case "Mul":
      return { scale: values };
    case "Div":
      return side === 1 ? { scale: values.map((value) => 1 / value) } : undefined;
    default:
      return undefined;
  }
}

/** A constant as one value a channel; undefined where it varies along another axis. */
function perChannel({ dims, data }: Constant, { axis, rank, count }: Channels): Float32Array | undefined {
  const values = Float32Array.from(data as Float32Array, Number);
  if (values.length === 1) return new Float32Array(count).fill(values[0]);
  const at = axis - (rank - dims.length);
  return values.length === count && dims[at] === count ? values : undefined;
}

function withAffine(graph: Graph, layer: NodeProto, { scale, shift }: Affine, output: string): NodeProto {
  const [input, weights, bias] = layer.input;
  const attributes = graph.attributes(layer);
  const old = bias ? (graph.constant(bias)?.data as Float32Array | undefined) : undefined;
  const beta = layer.opType === "Gemm" ? attributes.float("beta", 1) : 1;
  const count = (shift ?? scale ?? []).length;
  const before = (c: number) => (old ? beta * old[old.length === 1 ? 0 : c] : 0);
  const sums = Float32Array.from({ length: count }, (_, c) => (scale?.[c] ?? 1) * before(c) + (shift?.[c] ?? 0));
  const add = (value: Constant) => graph.addConstant({ ...value, type: DataType.FLOAT }, "relevance_weight");
  const scaled = scale ? add(scaledWeights(graph, layer, scale)) : weights;
  const attribute = layer.attribute.filter(({ name }) => name !== "beta");
  return copyMessage(layer, {
    input: [input, scaled, add({ type: DataType.FLOAT, dims: [count], data: sums })],
    output: [output],
    attribute,
  });
}

/** A layer's weights with each output channel scaled. */
function scaledWeights(graph: Graph, layer: NodeProto, scale: Float32Array): Constant {
  const { dims, data } = graph.constant(layer.input[1]) as Constant;
  const attributes = graph.attributes(layer);
  const source = data as Float32Array;
  const inner = (axis: number) => dims.slice(axis + 1).reduce((a, b) => a * b, 1);
  let channelOf: (element: number) => number;
  if (layer.opType === "ConvTranspose") {
    // [inputs, outputs / group, …]: an input's outputs are those of its group.
    const perGroup = dims[1];
    const inputsPerGroup = dims[0] / attributes.int("group", 1);
    channelOf = (i) => {
      const input = Math.floor(i / inner(0));
      return Math.floor(input / inputsPerGroup) * perGroup + (Math.floor(i / inner(1)) % perGroup);
    };
  } else {
    const first = layer.opType === "Conv" || (layer.opType === "Gemm" && attributes.int("transB", 0) === 1);
    const axis = first ? 0 : dims.length - 1;
    channelOf = (i) => Math.floor(i / inner(axis)) % dims[axis];
  }
  return { type: DataType.FLOAT, dims, data: Float32Array.from(source, (value, i) => value * scale[channelOf(i)]) };
}
