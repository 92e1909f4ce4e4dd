import { DataType, ints } from "../constant.js";
import type { RuleBook } from "./propagate.js";
import { CELLS, type Cell, type CellOptions, type CellWeights, cellOptions } from "./recurrent-cells.js";
import { backThroughTime } from "./scan.js";
import { Sequences } from "./sequences.js";
import type { Rule, Step } from "./step.js";
import { TimeStep } from "./time-step.js";

const INPUT = { x: 0, weights: 1, recurrence: 2, bias: 3, lengths: 4, hidden: 5, cell: 6, peephole: 7 } as const;
const REVERSED: Readonly<Record<string, readonly boolean[]>> = {
  forward: [false],
  reverse: [true],
  bidirectional: [false, true],
};

/** Names of a time step's tensors, beside those of its cell. */
const GATES = "gates_of_input";
const ALIVE = "alive";

/**
 * One recurrent node on the way back. All its directions run as one, in the order in which each reads its sequence:
 * tensors are [time, directions, batch, width].
 */
class RecurrentNode {
  readonly #options: CellOptions;
  readonly #sequences: Sequences;
  readonly #hidden: number;
  #found?: ReadonlyMap<string, string>;

  constructor(
    readonly step: Step,
    readonly cell: Cell,
    readonly rules: RuleBook,
  ) {
    const { attributes } = step;
    const direction = attributes.string("direction", "forward");
    if (!Object.hasOwn(REVERSED, direction)) throw step.unsupported(`with the direction ${direction}`);
    if (attributes.int("layout", 0) !== 0) throw step.unsupported("with the batch first (layout 1)");
    const reversed = REVERSED[direction];
    this.#options = cellOptions(step, cell, reversed.length, {
      peepholes: !!step.x(INPUT.peephole),
      biased: !!step.x(INPUT.bias),
    });
    this.#hidden = step.size(step.x(INPUT.recurrence), 2);
    this.#sequences = new Sequences(step, reversed, step.x(INPUT.lengths));
  }

  /** Gradients of all inputs, made on demand. */
  gradients(): ReturnType<Rule> {
    const { step, cell } = this;
    const of = (input: number, gradient: () => string) => () => {
      const type = step.tape.gradientType(step.x(input));
      return type === DataType.FLOAT ? gradient() : step.op("Cast", [gradient()], { to: type });
    };
    const state = (i: number) => () => this.#of(cell.states[i]);
    return [
      of(INPUT.x, () =>
        this.#sequences.sumOfDirections(step.op("MatMul", [this.#of(GATES), this.#wide(INPUT.weights)])),
      ),
      of(INPUT.weights, () => this.#inputWeights()),
      of(INPUT.recurrence, () => this.#joined("recurrence")),
      of(INPUT.bias, () => this.#biases()),
      undefined,
      of(INPUT.hidden, state(0)),
      of(INPUT.cell, state(1)),
      of(INPUT.peephole, () => this.#joined("peephole")),
    ];
  }

  /** The gradient of a tensor of the time step. */
  #of(name: string): string {
    this.#found ??= this.#propagated();
    return this.#found.get(name) as string;
  }

  /** An input as float32, in which all of this is computed. */
  #wide(input: number): string {
    const name = this.step.x(input);
    if (this.step.tape.type(name) === DataType.FLOAT) return name;
    return this.step.tape.shared(`wide ${name}`, () => this.step.op("Cast", [name], { to: DataType.FLOAT }));
  }

  #propagated(): ReadonlyMap<string, string> {
    const { step, cell } = this;
    const weights = Object.entries(cell.weights(this.#options));
    const frame = this.#sequences.frame;
    const time = new TimeStep(frame, step.tape.target.opset());
    const z = time.input(GATES, cell.gates * this.#hidden);
    for (const [name, { of, from, to }] of weights) {
      const rows = of === "recurrence" ? this.#hidden : 1;
      const dims = [frame.directions, rows, (to - from) * this.#hidden];
      time.weights(name, { type: DataType.FLOAT, dims, batchAxis: undefined });
    }
    const before = Object.fromEntries(cell.states.map((name) => [name, time.input(name, this.#hidden)]));
    const alive = this.#sequences.alive;
    if (alive) time.input(ALIVE, 1, DataType.BOOL);
    const made = cell.write(time, z, before, this.#options);
    const after = (name: string) => (alive ? time.op("Where", [ALIVE, made[name], name]) : made[name]);
    const states = cell.states.map((name, i) => ({
      before: name,
      after: after(name),
      start: step.x(INPUT.hidden + i) ? this.#wide(INPUT.hidden + i) : this.#sequences.zeros(this.#hidden),
    }));
    const shown = alive ? time.op("Where", [ALIVE, states[0].after, 0]) : states[0].after;

    const slices = new Map([[GATES, this.#gatesOfInput()]]);
    if (alive) slices.set(ALIVE, alive);
    const constants = new Map(weights.map(([name, part]) => [name, this.#weightsOf(part)]));
    const ends = cell.states.flatMap((name, i): [string, string][] =>
      step.hasGradient(i + 1) ? [[name, this.#gradientOf(i + 1)]] : [],
    );
    const reaching = {
      slices: new Map(step.hasGradient(0) ? [[shown, this.#sequences.turned(this.#gradientOf(0))]] : []),
      ends: new Map(ends),
    };
    const wanted = weights.filter(([, { of }]) => step.wants(INPUT[of])).map(([name]) => name);
    return backThroughTime(step.tape, this.rules, { step: time, states, slices, constants }, reaching, [
      GATES,
      ...wanted,
    ]);
  }

  /** The gradient of one of the node's results as float32. */
  #gradientOf(output: number): string {
    const { step } = this;
    const gradient = step.dy(output);
    const type = step.tape.gradientType(step.y(output));
    return type === DataType.FLOAT ? gradient : step.op("Cast", [gradient], { to: DataType.FLOAT });
  }

  /** What the input and the biases add to the gates, for all steps at once. */
  #gatesOfInput(): string {
    const { step, cell } = this;
    const weights = step.transpose(this.#wide(INPUT.weights), [0, 2, 1]);
    const gates = step.op("MatMul", [this.#stacked(), weights]);
    if (!this.#options.biased) return gates;
    const bias = this.#wide(INPUT.bias);
    const width = cell.gates * this.#hidden;
    const ofInput = step.slice(bias, 1, 0, width);
    const inside = this.#recurrentBiasInside();
    const outside = step.slice(bias, 1, width, 2 * width - inside);
    const whole = inside > 0 ? step.op("Pad", [outside, ints([0, 0, 0, inside])]) : outside;
    return step.op("Add", [gates, step.op("Unsqueeze", [step.op("Add", [ofInput, whole]), ints([1])])]);
  }

  #stacked(): string {
    return this.#sequences.stacked(this.#wide(INPUT.x));
  }

  /** How many of the last recurrent biases the time step adds itself. */
  #recurrentBiasInside(): number {
    const parts = Object.values(this.cell.weights(this.#options)).filter(({ of }) => of === "bias");
    return parts.reduce((sum, { from, to }) => sum + (to - from) * this.#hidden, 0);
  }

  /** A part of the weights as the time step reads it. */
  #weightsOf({ of, from, to }: CellWeights): string {
    const { step, cell } = this;
    const lead = of === "bias" ? cell.gates : 0;
    const [start, end] = [from, to].map((gate) => (lead + gate) * this.#hidden);
    const part = step.slice(this.#wide(INPUT[of]), 1, start, end);
    return of === "recurrence" ? step.transpose(part, [0, 2, 1]) : step.op("Unsqueeze", [part, ints([1])]);
  }

  /** The gradient of the recurrent weights or peepholes, of all parts that the time step reads. */
  #joined(of: "recurrence" | "peephole"): string {
    const { step } = this;
    const parts = Object.entries(this.cell.weights(this.#options)).filter(([, part]) => part.of === of);
    const turned = parts.map(([name]) =>
      of === "recurrence" ? step.transpose(this.#of(name), [0, 2, 1]) : step.op("Squeeze", [this.#of(name), ints([1])]),
    );
    return step.op("Concat", turned, { axis: 1 });
  }

  #inputWeights(): string {
    const { step } = this;
    const [directions, width] = [this.#sequences.frame.directions, this.cell.gates * this.#hidden];
    const gates = step.reshape(step.transpose(this.#of(GATES), [1, 3, 0, 2]), [directions, width, -1]);
    const inputs = step.transpose(this.#stacked(), [1, 0, 2, 3]);
    const rows = step.reshape(inputs, [directions, -1, step.size(step.x(INPUT.weights), 2)]);
    return step.op("MatMul", [gates, rows]);
  }

  #biases(): string {
    const { step } = this;
    const sums = step.reduce("ReduceSum", this.#of(GATES), [0, 2], 0);
    const inside = this.#recurrentBiasInside();
    if (inside === 0) return step.op("Concat", [sums, sums], { axis: 1 });
    const outside = step.slice(sums, 1, 0, this.cell.gates * this.#hidden - inside);
    const own = step.op("Squeeze", [this.#of("bias"), ints([1])]);
    return step.op("Concat", [sums, outside, own], { axis: 1 });
  }
}

/** Recurrent operators, differentiated through time. */
export function recurrent(rules: RuleBook): Readonly<Record<string, Rule>> {
  return Object.fromEntries(
    Object.entries(CELLS).map(([opType, cell]): [string, Rule] => [
      opType,
      (step) => new RecurrentNode(step, cell, rules).gradients(),
    ]),
  );
}
