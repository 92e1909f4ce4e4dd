import type { AttributeValue } from "../attributes.js";
import { type Constant, DataType } from "../constant.js";
import { Graph } from "../graph.js";
import type { TensorShape } from "../shapes.js";

/** What all tensors of a time step have in common: they are [directions, batch, width]. */
export interface Frame {
  readonly directions: number;
  /** At batch 1 of the model. */
  readonly batch: number;
  /** Whether the sequences grow with the model's batch. */
  readonly grows: boolean;
}

/** One step of a recurrence in ordinary operators, with the shapes that their gradient rules ask for. */
export class TimeStep {
  readonly graph: Graph;
  readonly shapes = new Map<string, TensorShape>();
  readonly #frame: Frame;

  constructor(frame: Frame, opset: number) {
    this.#frame = frame;
    this.graph = Graph.empty("time_step", opset);
  }

  /** A tensor with a row for each sequence. */
  input(name: string, width: number, type = DataType.FLOAT): string {
    const { directions, batch, grows } = this.#frame;
    return this.weights(name, { type, dims: [directions, batch, width], batchAxis: grows ? 1 : undefined });
  }

  /** A tensor that is the same in each step and for each sequence: [directions, rows, columns]. */
  weights(name: string, shape: TensorShape): string {
    this.graph.addInput(name, [undefined, undefined, undefined], shape.type);
    this.shapes.set(name, shape);
    return name;
  }

  /** Appends an operator whose result is as wide as its first operand that is no number, unless said otherwise. */
  op(
    opType: string,
    inputs: readonly (string | number)[],
    attributes: Readonly<Record<string, AttributeValue | undefined>> = {},
    width?: number,
  ): string {
    return this.#add(opType, inputs, attributes, 1, width)[0];
  }

  /** Cuts a tensor into equal parts. */
  split(name: string, parts: number): string[] {
    if (parts === 1) return [name];
    const attributes = { axis: 2, num_outputs: parts };
    return this.#add("Split", [name], attributes, parts, this.#width(name) / parts);
  }

  /** A tensor's row for each direction, changed by a function of its own, put together again. */
  perDirection(name: string, change: (row: string, direction: number) => string): string {
    const { directions } = this.#frame;
    const one: TensorShape = { ...this.#shape(name), dims: [1, this.#frame.batch, this.#width(name)] };
    const rows = this.graph.addNode("Split", [name], { axis: 0, num_outputs: directions }, { outputs: directions });
    const changed = rows.map((row, direction) => {
      this.shapes.set(row, one);
      return change(row, direction);
    });
    const whole = this.graph.op("Concat", changed, { axis: 0 });
    this.shapes.set(whole, this.#shape(name));
    return whole;
  }

  #add(
    opType: string,
    inputs: readonly (string | number)[],
    attributes: Readonly<Record<string, AttributeValue | undefined>>,
    count: number,
    width: number | undefined,
  ): string[] {
    const model = inputs.find((input) => typeof input === "string" && this.shapes.get(input)?.type === DataType.FLOAT);
    const shape = this.#shape(model as string);
    const operands = inputs.map((input) => (typeof input === "string" ? input : scalar(input)));
    const outputs = this.graph.addNode(opType, operands, attributes, { outputs: count });
    const [directions, batch, before] = shape.dims;
    for (const name of outputs) this.shapes.set(name, { ...shape, dims: [directions, batch, width ?? before] });
    return outputs;
  }

  #shape(name: string): TensorShape {
    return this.shapes.get(name) as TensorShape;
  }

  #width(name: string): number {
    return this.#shape(name).dims[2];
  }
}

const scalar = (value: number): Constant => ({ type: DataType.FLOAT, dims: [], data: Float32Array.of(value) });
