import { create } from "@bufbuild/protobuf";
import { Attributes, type AttributeValue, float, makeAttribute } from "./attributes.js";
import { ints } from "./constant.js";
import type { Graph, NodeProto } from "./graph.js";
import { type AttributeProto, NodeProtoSchema } from "./proto/onnx-ml_pb.js";

/** Since when DequantizeLinear takes a scale for each channel. */
const SCALES_PER_CHANNEL = 13;
const AXES_AS_INPUT = 18;

/**
 * Operators on quantised tensors in the form of ordinary ones between DequantizeLinear and QuantizeLinear, which is what
 * they are defined as. The runtime puts most of them together again; layers and gradients see real values. What is not
 * in the table stays as it is.
 */
export function dequantise(graph: Graph): void {
  const shared = new Map<string, string>();
  graph.proto.node = graph.nodes.flatMap((node) => {
    const rewrite = Object.hasOwn(QUANTISED, node.opType) ? QUANTISED[node.opType] : undefined;
    const writer = new Writer(graph, node, shared);
    return rewrite?.(writer) ? writer.nodes : [node];
  });
  graph.touch();
}

/** Whether it was rewritten. */
type Rewrite = (writer: Writer) => boolean;

/** A quantised tensor by the positions of its value, scale and zero point among a node's inputs. */
type Operand = readonly [value: number, scale: number, zero: number];

class Writer {
  readonly attributes: Attributes;
  readonly #made: NodeProto[] = [];
  readonly #dequantised = new Map<string, string>();

  constructor(
    readonly graph: Graph,
    readonly node: NodeProto,
    readonly shared: Map<string, string>,
  ) {
    this.attributes = new Attributes(node);
  }

  /** What the node becomes. */
  get nodes(): NodeProto[] {
    for (const [key, name] of this.#dequantised) this.shared.set(key, name);
    return this.#made;
  }

  x(input: number): string {
    return this.node.input[input] ?? "";
  }

  /** How many scales an input has; undefined where that is computed. */
  scales(input: number): number | undefined {
    return this.graph.constant(this.x(input))?.data.length;
  }

  /** Whether an operand can be dequantised along an axis in this operator set. */
  canScale(input: number): boolean {
    const count = this.scales(input);
    return count === 1 || (count !== undefined && this.graph.opset() >= SCALES_PER_CHANNEL);
  }

  make(
    opType: string,
    input: readonly string[],
    attributes: Readonly<Record<string, AttributeValue | undefined>> | AttributeProto[] = {},
    output = this.graph.unique(`${this.node.output[0]}_float`),
  ): string {
    const attribute = Array.isArray(attributes)
      ? attributes
      : Object.entries(attributes).flatMap(([name, value]) =>
          value === undefined ? [] : [makeAttribute(name, value)],
        );
    const name = this.graph.unique(`${opType}_${output}`);
    this.#made.push(create(NodeProtoSchema, { opType, name, input: [...input], output: [output], attribute }));
    return output;
  }

  /** An operand's real values; those of one tensor are made once. */
  real([value, scale, zero]: Operand, axis?: number): string {
    const input = [this.x(value), this.x(scale), ...(this.x(zero) ? [this.x(zero)] : [])];
    const key = JSON.stringify([...input, axis]);
    const known = this.shared.get(key) ?? this.#dequantised.get(key);
    if (known) return known;
    const along = this.scales(scale) === 1 ? undefined : axis;
    const name = this.make("DequantizeLinear", input, { axis: along }, this.graph.unique(`${input[0]}_dequantised`));
    this.#dequantised.set(key, name);
    return name;
  }

  /** A bias of int32, whose scale is that of what was multiplied. */
  bias(value: number, scales: readonly [number, number], alpha = 1): string[] {
    if (!this.x(value)) return [];
    let scale = this.make("Mul", [this.x(scales[0]), this.x(scales[1])]);
    if (alpha !== 1) scale = this.make("Mul", [scale, this.graph.addConstant(floatScalar(alpha))]);
    const axis = this.scales(scales[1]) === 1 ? undefined : 0;
    return [this.make("DequantizeLinear", [this.x(value), scale], { axis })];
  }

  /** Quantises the result. */
  done(result: string, scale: number, zero: number): true {
    const input = [result, this.x(scale), ...(this.x(zero) ? [this.x(zero)] : [])];
    this.make("QuantizeLinear", input, {}, this.node.output[0]);
    return true;
  }

  /** Attributes but for some. */
  without(...names: string[]): AttributeProto[] {
    return this.node.attribute.filter(({ name }) => !names.includes(name));
  }
}

const floatScalar = (value: number) => ({ type: 1, dims: [], data: Float32Array.of(value) });

const conv: Rewrite = (w) => {
  if (!w.canScale(4)) return false;
  const inputs = [w.real([0, 1, 2]), w.real([3, 4, 5], 0), ...w.bias(8, [1, 4])];
  return w.done(w.make("Conv", inputs, w.node.attribute), 6, 7);
};

const matMul: Rewrite = (w) => {
  if (!w.canScale(1) || !w.canScale(4)) return false;
  return w.done(w.make("MatMul", [w.real([0, 1, 2], -2), w.real([3, 4, 5], -1)]), 6, 7);
};

const gemm: Rewrite = (w) => {
  if (w.scales(1) !== 1 || !w.canScale(4)) return false;
  const [alpha, transB] = [w.attributes.float("alpha", 1), w.attributes.int("transB", 0)];
  const inputs = [w.real([0, 1, 2]), w.real([3, 4, 5], transB ? 0 : 1), ...w.bias(6, [1, 4], alpha)];
  const attributes = { alpha: float(alpha), transA: w.attributes.int("transA", 0), transB };
  if (w.x(7)) return w.done(w.make("Gemm", inputs, attributes), 7, 8);
  w.make("Gemm", inputs, attributes, w.node.output[0]);
  return true;
};

const binary =
  (opType: string): Rewrite =>
  (w) =>
    w.done(w.make(opType, [w.real([0, 1, 2]), w.real([3, 4, 5])]), 6, 7);

const unary =
  (opType: string, ...without: string[]): Rewrite =>
  (w) => {
    if (w.attributes.int("channels_last", 0) !== 0) return false;
    return w.done(w.make(opType, [w.real([0, 1, 2])], w.without("channels_last", ...without)), 3, 4);
  };

const softmax: Rewrite = (w) => (w.graph.opset() >= SCALES_PER_CHANNEL ? unary("Softmax", "opset")(w) : false);

const concat: Rewrite = (w) => {
  const parts = Array.from({ length: (w.node.input.length - 2) / 3 }, (_, i) =>
    w.real([2 + 3 * i, 3 + 3 * i, 4 + 3 * i]),
  );
  return w.done(w.make("Concat", parts, w.node.attribute), 0, 1);
};

const reduceMean: Rewrite = (w) => {
  const axes = w.attributes.ints("axes");
  if (w.graph.opset() < AXES_AS_INPUT || !axes) return unary("ReduceMean")(w);
  const inputs = [w.real([0, 1, 2]), w.graph.addConstant(ints(axes))];
  return w.done(w.make("ReduceMean", inputs, w.without("axes")), 3, 4);
};

const where: Rewrite = (w) => w.done(w.make("Where", [w.x(0), w.real([1, 2, 3]), w.real([4, 5, 6])]), 7, 8);

const QUANTISED: Readonly<Record<string, Rewrite>> = {
  QLinearConv: conv,
  QLinearMatMul: matMul,
  QGemm: gemm,
  QLinearAdd: binary("Add"),
  QLinearMul: binary("Mul"),
  QLinearAveragePool: unary("AveragePool"),
  QLinearGlobalAveragePool: unary("GlobalAveragePool"),
  QLinearLeakyRelu: unary("LeakyRelu"),
  QLinearSigmoid: unary("Sigmoid"),
  QLinearSoftmax: softmax,
  QLinearConcat: concat,
  QLinearReduceMean: reduceMean,
  QLinearWhere: where,
};
