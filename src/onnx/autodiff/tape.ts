import { SightlineError } from "../../core/errors.js";
import type { Attributes, AttributeValue } from "../attributes.js";
import { type Constant, DataType, floats, ints } from "../constant.js";
import type { Graph, NodeProto } from "../graph.js";
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

/** The gradient of each input of a node, made on demand; undefined where there is none. */
export type Rule = (step: Step) => readonly ((() => Gradient) | undefined)[];

export const isFloat = (type: DataType): boolean =>
  type === DataType.FLOAT || type === DataType.DOUBLE || type === DataType.FLOAT16 || type === DataType.BFLOAT16;

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

  /** @param target a clone of the source that is appended to */
  constructor(
    readonly source: Graph,
    readonly target: Graph,
    readonly shapes: ReadonlyMap<string, TensorShape>,
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
    const known = key === undefined ? undefined : this.#constants.get(key);
    if (known) return known;
    const narrow = type === DataType.FLOAT16 || type === DataType.BFLOAT16;
    const stored = this.target.addConstant({ type: narrow ? DataType.FLOAT : type, dims, data }, "grad_c");
    const name = narrow ? this.op("Cast", [stored], { to: type }) : stored;
    if (key !== undefined) this.#constants.set(key, name);
    return name;
  }

  /** A tensor that is made once and used often. */
  shared(key: string, make: () => string): string {
    const known = this.#shared.get(key);
    if (known) return known;
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
    const known = dims.every((dim) => dim !== 0);
    return this.op("Reshape", [tensor, known ? ints(dims) : this.shapeOf(like)]);
  }

  zerosLike(name: string): string {
    return this.op("Expand", [this.constant(typed(0, this.gradientType(name))), this.shapeOf(name)]);
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

function typed(value: number, type: DataType): Constant {
  if (type === DataType.DOUBLE) return { type, dims: [], data: Float64Array.of(value) };
  return { type, dims: [], data: Float32Array.of(value) };
}

export type Operand = string | number;

/** One node on the way back: what a rule may look at and the words to write its gradient with. */
export class Step {
  readonly attributes: Attributes;
  /** Element type of the node's first output. */
  readonly type: DataType;

  constructor(
    readonly tape: Tape,
    readonly node: NodeProto,
    readonly wants: (input: number) => boolean,
  ) {
    this.attributes = tape.source.attributes(node);
    this.type = tape.gradientType(node.output[0]);
  }

  x(input = 0): string {
    return this.node.input[input] ?? "";
  }

  y(output = 0): string {
    return this.node.output[output];
  }

  /** Value of an input that is a constant. */
  constant(input: number): Constant | undefined {
    const name = this.x(input);
    return name ? this.tape.source.constant(name) : undefined;
  }

  /** Numbers of a constant input; `otherwise` where the input is absent, undefined where it is computed. */
  numbers(input: number, otherwise?: number[]): number[] | undefined {
    if (!this.x(input)) return otherwise;
    const constant = this.constant(input);
    return constant && Array.from(constant.data as Float32Array, Number);
  }

  dims(name = this.x()): Axis[] {
    return this.tape.dims(name);
  }

  /**
   * A size that rules need as a number.
   * @throws SightlineError `bad-model` when it changes with the batch
   */
  size(name: string, axis: number): number {
    const dim = this.dims(name).at(axis);
    if (dim === undefined) throw this.unsupported(`with an axis ${axis} of '${name}' that grows with the batch`);
    return dim;
  }

  /** An axis counted from the front. */
  axis(axis: number, name = this.x()): number {
    return axis < 0 ? axis + this.dims(name).length : axis;
  }

  /** Gradient of an output, whole. */
  dy(output = 0): string {
    return this.tape.wholeGradient(this.y(output));
  }

  /** Gradient of an output as it lies. */
  lazy(output = 0): Gradient {
    return this.tape.gradient(this.y(output)) ?? this.dy(output);
  }

  hasGradient(output: number): boolean {
    return !!this.y(output) && this.tape.gradient(this.y(output)) !== undefined;
  }

  /** Gradient of the first output, to be combined elementwise with a tensor that has the output's shape. */
  dyBeside(other: string): string {
    const gradient = this.lazy();
    const spread = typeof gradient !== "string" && gradient.kind === "spread" && this.sameDims(other, this.y());
    return spread ? gradient.tensor : this.dy();
  }

  sameDims(a: string, b: string): boolean {
    const [left, right] = [this.dims(a), this.dims(b)];
    return left.length === right.length && left.every((dim, i) => dim === right[i]);
  }

  /** A gradient of the first output's shape, summed to the shape of an input. */
  fit(gradient: string, input: number): string {
    return this.tape.sumTo(gradient, this.dims(this.y()), this.dims(this.x(input)));
  }

  op(
    opType: string,
    inputs: readonly (string | Constant)[],
    attributes: Readonly<Record<string, AttributeValue | undefined>> = {},
  ) {
    return this.tape.op(opType, inputs, attributes);
  }

  scalar(value: number): string {
    return this.tape.constant(typed(value, this.type));
  }

  floats(values: ArrayLike<number>, dims?: readonly number[]): Constant {
    if (this.type === DataType.DOUBLE)
      return { type: this.type, dims: dims ?? [values.length], data: Float64Array.from(values) };
    return { ...floats(values, dims), type: this.type };
  }

  #name(operand: Operand): string {
    return typeof operand === "string" ? operand : this.scalar(operand);
  }

  add(a: Operand, b: Operand): string {
    return this.op("Add", [this.#name(a), this.#name(b)]);
  }

  sub(a: Operand, b: Operand): string {
    return this.op("Sub", [this.#name(a), this.#name(b)]);
  }

  mul(a: Operand, ...others: Operand[]): string {
    return others.reduce<string>((product, b) => this.op("Mul", [product, this.#name(b)]), this.#name(a));
  }

  div(a: Operand, b: Operand): string {
    return this.op("Div", [this.#name(a), this.#name(b)]);
  }

  pow(a: Operand, b: Operand): string {
    return this.op("Pow", [this.#name(a), this.#name(b)]);
  }

  neg(a: string): string {
    return this.op("Neg", [a]);
  }

  exp(a: string): string {
    return this.op("Exp", [a]);
  }

  /** `a` where the condition holds, else `b`. */
  where(condition: string, a: Operand, b: Operand): string {
    return this.op("Where", [condition, this.#name(a), this.#name(b)]);
  }

  /** Compares by an operator such as `Greater`. */
  compare(opType: string, a: Operand, b: Operand): string {
    return this.op(opType, [this.#name(a), this.#name(b)]);
  }

  /** A condition as 0 and 1. */
  indicator(condition: string): string {
    return this.op("Cast", [condition], { to: this.type });
  }

  reduce(opType: "ReduceSum" | "ReduceMean" | "ReduceMax", a: string, axes: readonly number[], keepdims = 1): string {
    return this.op(opType, [a, ints(axes)], { keepdims });
  }

  reshape(a: string, dims: readonly number[]): string {
    return this.op("Reshape", [a, ints(dims)]);
  }

  /** The gradient reshaped to an input's shape. */
  like(a: string, input = 0): string {
    return this.tape.reshapeLike(a, this.x(input));
  }

  transpose(a: string, perm: readonly number[]): string {
    return this.op("Transpose", [a], { perm });
  }

  slice(a: string, axis: number, start: number, end: number): string {
    return this.op("Slice", [a, ints([start]), ints([end]), ints([axis])]);
  }

  /**
   * The gradient of an operator that only moves, repeats or drops elements of an input: it is applied to the elements'
   * numbers, and the gradient is added up at the numbers that come out.
   */
  scatterBack(input: number, move: (numbers: string) => string, gradient = this.dy()): string {
    const shape = this.tape.shapeOf(this.x(input));
    const count = this.op("ReduceProd", [shape], { keepdims: 0 });
    const numbers = this.op("Range", [ints(0), count, ints(1)]);
    return this.scatterAt(input, move(this.op("Reshape", [numbers, shape])), gradient);
  }

  /** A gradient added up at given places, which count an input's elements in row-major order. */
  scatterAt(input: number, places: string, gradient = this.dy()): string {
    const flat = (tensor: string) => this.op("Reshape", [tensor, ints([-1])]);
    const inputs = [flat(this.tape.zerosLike(this.x(input))), flat(places), flat(gradient)];
    return this.like(this.op("ScatterElements", inputs, { axis: 0, reduction: "add" }), input);
  }

  /** The error of a node that cannot be differentiated. */
  unsupported(how = "", cause?: unknown): SightlineError {
    const { opType, name, output } = this.node;
    const at = `${opType} at '${name || output[0]}'`;
    return new SightlineError(
      "unsupported-operator",
      `there is no gradient rule for the operator ${at}${how && ` ${how}`}`,
      {
        received: opType,
        expected: "operators with a gradient rule between the tensors asked for and the score",
        next: "choose a layer behind this node, or a method that needs forward passes only (recipro-cam, rise, occlusion, lime)",
        cause,
      },
    );
  }
}

/** Attributes of a node to repeat it on other data. */
export function repeat(step: Step, inputs: readonly string[], opType = step.node.opType): string {
  const [output] = step.tape.target.addNode(opType, inputs, {}, { base: "grad", domain: step.node.domain });
  const added = step.tape.target.nodes.at(-1) as NodeProto;
  added.attribute = [...step.node.attribute];
  return output;
}
