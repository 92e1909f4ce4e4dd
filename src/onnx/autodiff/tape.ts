import { SightlineError } from "../../core/errors.js";
import type { AttributeValue } from "../attributes.js";
import { type Constant, DataType, ints, isFloat } from "../constant.js";
import type { Graph } from "../graph.js";
import type { TensorShape } from "../shapes.js";
import type { ReluRule } from "./relu-rule.js";

/** Size of an axis; undefined where it grows with the batch. */
export type Axis = number | undefined;

/**
 * The score's gradient with respect to a tensor, as it lies in the graph under construction:
 * - a name: a tensor of the same shape
 * - `spread`: a tensor that broadcasts to that shape
 * - `phases`: of [n, c, 2h, 2w] the four [n, c, h, w] of even and odd rows and columns, row-major
 */
export type Gradient =
  | string
  | { readonly kind: "spread"; readonly tensor: string }
  | { readonly kind: "phases"; readonly tensors: readonly string[] };

/** Operators whose result stays in the runtime's blocked layout when an input is in it. */
const KEEPS_BLOCKS = new Set(
  (
    "Add AveragePool BatchNormalization Clip Concat Dropout Elu GlobalAveragePool GlobalMaxPool HardSigmoid HardSwish " +
    "Identity LeakyRelu MaxPool Mul PRelu Relu Sigmoid Sub Sum Tanh"
  ).split(" "),
);
const BLOCK = 8;

/** The backward half of a graph while it is being written: lookups go to the source, new nodes to the target. */
export class Tape {
  readonly #gradients = new Map<string, Gradient>();
  readonly #constants = new Map<string, string>();
  readonly #shared = new Map<string, string>();
  readonly #blocked = new Set<string>();
  readonly #weights = new Map<Constant, string>();
  readonly #values = new Map<string, Constant>();

  /** @param target a clone of the source that is appended to */
  constructor(
    readonly source: Graph,
    readonly target: Graph,
    readonly shapes: Map<string, TensorShape>,
    readonly relu: ReluRule,
  ) {
    for (const node of source.nodes) {
      const keeps = KEEPS_BLOCKS.has(node.opType) && node.input.some((name) => this.#blocked.has(name));
      if (!keeps && node.opType !== "Conv") continue;
      const shape = shapes.get(node.output[0]);
      const fits = shape?.type === DataType.FLOAT && shape.dims.length === 4 && shape.dims[1] % BLOCK === 0;
      if (fits) this.#blocked.add(node.output[0]);
    }
  }

  /** Whether the runtime will hold a tensor in blocks of channels, where a convolution costs less than leaving it. */
  isBlocked(name: string): boolean {
    return this.#blocked.has(name);
  }

  shape(name: string): TensorShape {
    const shape = this.shapes.get(name);
    if (shape) return shape;
    throw new SightlineError("bad-model", `the shape of the tensor '${name}' is not known`, {
      expected: "shapes of all tensors on the way from the input to the score",
      next: "probe the graph that is differentiated",
    });
  }

  dims(name: string): Axis[] {
    const { dims, batchAxis } = this.shape(name);
    return dims.map((dim, axis) => (axis === batchAxis ? undefined : dim));
  }

  type(name: string): DataType {
    return this.shape(name).type;
  }

  /** Element type of a tensor's gradient: its own, or float32 where it holds quantised values. */
  gradientType(name: string): DataType {
    const type = this.type(name);
    return isFloat(type) ? type : DataType.FLOAT;
  }

  /** Appends a node with one output. */
  op(
    opType: string,
    inputs: readonly (string | Constant)[],
    attributes: Readonly<Record<string, AttributeValue | undefined>> = {},
  ): string {
    return this.ops(opType, inputs, attributes, 1)[0];
  }

  ops(
    opType: string,
    inputs: readonly (string | Constant)[],
    attributes: Readonly<Record<string, AttributeValue | undefined>>,
    outputs: number,
  ): string[] {
    const names = inputs.map((input) => (typeof input === "string" ? input : this.constant(input)));
    return this.target.addNode(opType, names, attributes, { outputs, base: "grad" });
  }

  /** Name of a constant; small ones are kept once. 16-bit floats are stored wide and cast. */
  constant({ type, dims, data }: Constant): string {
    const key = data.length <= 64 ? `${type} ${dims} ${data.join(" ")}` : undefined;
    const cached = key === undefined ? undefined : this.#constants.get(key);
    if (cached) return cached;
    const narrow = type === DataType.FLOAT16 || type === DataType.BFLOAT16;
    const stored = this.target.addConstant({ type: narrow ? DataType.FLOAT : type, dims, data }, "grad_c");
    const name = narrow ? this.op("Cast", [stored], { to: type }) : stored;
    if (key !== undefined) this.#constants.set(key, name);
    return name;
  }

  /** Name of a constant whose value rules may look up again: other weights for a node. */
  weight(value: Constant): string {
    const cached = this.#weights.get(value);
    if (cached) return cached;
    const name = this.constant(value);
    this.#weights.set(value, name);
    this.#values.set(name, value);
    this.shapes.set(name, { type: value.type, dims: value.dims, batchAxis: undefined });
    return name;
  }

  /** The value of a tensor that is a constant. */
  valueOf(name: string): Constant | undefined {
    return this.#values.get(name) ?? this.source.constant(name);
  }

  /** A tensor that is made once and used often. */
  shared(key: string, make: () => string): string {
    const cached = this.#shared.get(key);
    if (cached) return cached;
    const name = make();
    this.#shared.set(key, name);
    return name;
  }

  /** The dimensions of a tensor as an int64 tensor. */
  shapeOf(name: string): string {
    const { dims, batchAxis } = this.shape(name);
    if (batchAxis === undefined) return this.constant(ints(dims));
    return this.shared(`shape ${name}`, () => this.op("Shape", [name]));
  }

  /** Gives a tensor the shape of another one of the same size. */
  reshapeLike(tensor: string, like: string): string {
    const dims = this.dims(like).map((dim) => dim ?? -1);
    const sized = dims.every((dim) => dim !== 0);
    return this.op("Reshape", [tensor, sized ? ints(dims) : this.shapeOf(like)]);
  }

  zerosLike(name: string): string {
    return this.op("Expand", [this.constant(scalarOf(0, this.gradientType(name))), this.shapeOf(name)]);
  }

  /** Adds to the gradient of a tensor. */
  accumulate(name: string, gradient: Gradient): void {
    const before = this.#gradients.get(name);
    if (before === undefined) {
      this.#gradients.set(name, gradient);
      return;
    }
    const parts = [before, gradient];
    if (parts.every((part) => typeof part !== "string" && part.kind === "spread")) {
      const tensors = parts.map((part) => (part as { tensor: string }).tensor);
      this.#gradients.set(name, { kind: "spread", tensor: this.op("Add", tensors) });
      return;
    }
    if (parts.every((part) => typeof part !== "string" && part.kind === "phases")) {
      const [a, b] = parts as { tensors: readonly string[] }[];
      this.#gradients.set(name, {
        kind: "phases",
        tensors: a.tensors.map((t, i) => this.op("Add", [t, b.tensors[i]])),
      });
      return;
    }
    const [a, b] = parts.map((part) =>
      typeof part !== "string" && part.kind === "spread" ? part.tensor : this.whole(name, part),
    );
    this.#gradients.set(name, this.op("Add", [a, b]));
  }

  gradient(name: string): Gradient | undefined {
    return this.#gradients.get(name);
  }

  /** A gradient as one tensor of the full shape of what it belongs to. */
  whole(name: string, gradient: Gradient): string {
    if (typeof gradient === "string") return gradient;
    if (gradient.kind === "spread") return this.op("Expand", [gradient.tensor, this.shapeOf(name)]);
    return this.op("DepthToSpace", [this.op("Concat", gradient.tensors, { axis: 1 })], { blocksize: 2, mode: "DCR" });
  }

  /** The whole gradient of a tensor, written once; zeros where the score does not depend on it. */
  wholeGradient(name: string): string {
    const gradient = this.#gradients.get(name);
    if (gradient === undefined) return this.zerosLike(name);
    const whole = this.whole(name, gradient);
    this.#gradients.set(name, whole);
    return whole;
  }

  /** Sums a gradient of one shape to a shape that broadcasts to it. */
  sumTo(gradient: string, from: readonly Axis[], to: readonly Axis[]): string {
    const lead = from.length - to.length;
    const extra = Array.from({ length: lead }, (_, i) => i);
    const stretched = to.flatMap((dim, i) => (dim === 1 && from[lead + i] !== 1 ? [i] : []));
    let sum = gradient;
    if (extra.length > 0) sum = this.op("ReduceSum", [sum, ints(extra)], { keepdims: 0 });
    if (stretched.length > 0) sum = this.op("ReduceSum", [sum, ints(stretched)], { keepdims: 1 });
    return sum;
  }
}

/** A scalar of a float type. */
export function scalarOf(value: number, type: DataType): Constant {
  if (type === DataType.DOUBLE) return { type, dims: [], data: Float64Array.of(value) };
  return { type, dims: [], data: Float32Array.of(value) };
}
