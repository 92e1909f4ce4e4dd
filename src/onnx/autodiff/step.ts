import { SightlineError } from "../../core/errors.js";
import type { Attributes, AttributeValue } from "../attributes.js";
import { type Constant, DataType, floats, ints } from "../constant.js";
import type { NodeProto } from "../graph.js";
import { copyMessage } from "../messages.js";
import { type Axis, type Gradient, scalarOf, type Tape } from "./tape.js";

/** The gradient of each input of a node, made on demand; undefined where there is none. */
export type Rule = (step: Step) => readonly ((() => Gradient) | undefined)[];

export type Operand = string | number;

/** One node on the way back: what a rule may look at and the words to write its gradient with. */
export class Step {
  readonly attributes: Attributes;
  /** Element type of the node's first output that is used. */
  readonly type: DataType;

  constructor(
    readonly tape: Tape,
    readonly node: NodeProto,
    readonly wants: (input: number) => boolean,
    /** Taken for the gradient of the first output; the tape's own when absent. */
    readonly given?: string,
  ) {
    this.attributes = tape.source.attributes(node);
    this.type = tape.gradientType(node.output.find(Boolean) ?? "");
  }

  /** The same node with other tensors as inputs, and another gradient of its output. */
  derived(inputs: readonly string[], gradient: string): Step {
    return new Step(this.tape, copyMessage(this.node, { input: [...inputs] }), this.wants, gradient);
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
    return name ? this.tape.valueOf(name) : undefined;
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
    if (output === 0 && this.given !== undefined) return this.given;
    return this.tape.wholeGradient(this.y(output));
  }

  /** Gradient of an output as it lies. */
  lazy(output = 0): Gradient {
    if (output === 0 && this.given !== undefined) return this.given;
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
    return this.tape.constant(scalarOf(value, this.type));
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
    const type = this.tape.gradientType(this.x(input));
    const cast = (tensor: string, to: DataType) =>
      type === DataType.FLOAT ? tensor : this.op("Cast", [tensor], { to });
    const flat = (tensor: string) => this.op("Reshape", [tensor, ints([-1])]);
    // The runtime adds up float32 alone.
    const zeros = cast(flat(this.tape.zerosLike(this.x(input))), DataType.FLOAT);
    const inputs = [zeros, flat(places), cast(flat(gradient), DataType.FLOAT)];
    const sums = this.op("ScatterElements", inputs, { axis: 0, reduction: "add" });
    return this.like(cast(sums, type), input);
  }

  /** The error of a node that cannot be passed. @param kind what has no rule for it */
  unsupported(how = "", cause?: unknown, kind: "gradient" | "relevance" = "gradient"): SightlineError {
    const { opType, name, output } = this.node;
    const at = `${opType} at '${name || output[0]}'`;
    return new SightlineError(
      "unsupported-operator",
      `there is no ${kind} rule for the operator ${at}${how && ` ${how}`}`,
      {
        received: opType,
        expected: `operators with a ${kind} rule between the tensors asked for and the score`,
        next: "choose a layer behind this node, or a method that needs forward passes only (recipro-cam, rise, occlusion, lime)",
        cause,
      },
    );
  }
}

/** Attributes of a node to repeat it on other data. */
export function repeat(step: Step, inputs: readonly string[]): string {
  const { opType, domain } = step.node;
  const [output] = step.tape.target.addNode(opType, inputs, {}, { base: "grad", domain });
  const added = step.tape.target.nodes.at(-1) as NodeProto;
  added.attribute = [...step.node.attribute];
  return output;
}
