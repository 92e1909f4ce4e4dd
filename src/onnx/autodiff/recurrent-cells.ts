import { float } from "../attributes.js";
import type { Step } from "./step.js";
import type { TimeStep } from "./time-step.js";

/** A function of a gate, with its two numbers where it has any. */
interface Gate {
  readonly name: string;
  readonly alpha: number;
  readonly beta: number;
}

interface GateFunction {
  /** Default values of the numbers that it takes. */
  readonly alpha?: number;
  readonly beta?: number;
  write(step: TimeStep, x: string, numbers: { readonly alpha: number; readonly beta: number }): string;
}

const plain = (opType: string): GateFunction => ({ write: (step, x) => step.op(opType, [x]) });

const scaled = (opType: string, alpha: number): GateFunction => ({
  alpha,
  write: (step, x, numbers) => step.op(opType, [x], { alpha: float(numbers.alpha) }),
});

/** The functions that ONNX knows for gates, by their names in lower case. */
const GATE_FUNCTIONS: Readonly<Record<string, GateFunction>> = {
  relu: plain("Relu"),
  sigmoid: plain("Sigmoid"),
  softplus: plain("Softplus"),
  softsign: plain("Softsign"),
  tanh: plain("Tanh"),
  elu: scaled("Elu", 1),
  leakyrelu: scaled("LeakyRelu", 0.01),
  thresholdedrelu: scaled("ThresholdedRelu", 1),
  hardsigmoid: {
    alpha: 0.2,
    beta: 0.5,
    write: (step, x, { alpha, beta }) => step.op("HardSigmoid", [x], { alpha: float(alpha), beta: float(beta) }),
  },
  affine: {
    alpha: 1,
    beta: 0,
    write: (step, x, { alpha, beta }) => step.op("Add", [step.op("Mul", [x, alpha]), beta]),
  },
  scaledtanh: {
    alpha: 1,
    beta: 1,
    write: (step, x, { alpha, beta }) => step.op("Mul", [step.op("Tanh", [step.op("Mul", [x, beta])]), alpha]),
  },
};

/** Weights that each step reads: gates `from` up to `to` of the recurrent weights, their biases or the peepholes. */
export interface CellWeights {
  readonly of: "recurrence" | "bias" | "peephole";
  readonly from: number;
  readonly to: number;
}

/** What a step starts from, by name, and has made. */
type State = Readonly<Record<string, string>>;

/** What is the same in all steps of a recurrence. */
export interface CellOptions {
  /** Gates of one direction after another. */
  readonly activations: readonly (readonly Gate[])[];
  readonly clip: number | undefined;
  /** The forget gate of an LSTM is one minus its input gate. */
  readonly coupled: boolean;
  /** A GRU resets what the recurrent weights made, not what they read. */
  readonly resetsLast: boolean;
  readonly peepholes: boolean;
  readonly biased: boolean;
}

/** A recurrent operator: its gates and one step of it. */
export interface Cell {
  readonly gates: number;
  /** Names of the state; the first is the hidden one. */
  readonly states: readonly string[];
  readonly functions: readonly string[];
  weights(options: CellOptions): Readonly<Record<string, CellWeights>>;
  /** @param z the gates' share of the input, biases included */
  write(step: TimeStep, z: string, before: State, options: CellOptions): State;
}

/** Clips a gate's sum and applies its function, which may be another in each direction. */
function gate(step: TimeStep, { activations, clip }: CellOptions, which: number, sum: string): string {
  const x = clip === undefined ? sum : step.op("Clip", [sum, -clip, clip]);
  const chosen = activations.map((gates) => gates[which]);
  const write = (row: string, of: Gate) => GATE_FUNCTIONS[of.name].write(step, row, of);
  const [first] = chosen;
  const same = chosen.every(
    ({ name, alpha, beta }) => name === first.name && alpha === first.alpha && beta === first.beta,
  );
  return same ? write(x, first) : step.perDirection(x, (row, direction) => write(row, chosen[direction]));
}

/** What the recurrent weights make of a state. */
const recurrence = (step: TimeStep, state: string, weights: string) =>
  step.op("MatMul", [state, weights], {}, step.shapes.get(weights)?.dims[2]);

const lstm: Cell = {
  gates: 4,
  states: ["hidden", "cell"],
  functions: ["Sigmoid", "Tanh", "Tanh"],
  weights: ({ peepholes }) => ({
    recurrent: { of: "recurrence", from: 0, to: 4 },
    ...(peepholes && {
      seenByInput: { of: "peephole", from: 0, to: 1 },
      seenByOutput: { of: "peephole", from: 1, to: 2 },
      seenByForget: { of: "peephole", from: 2, to: 3 },
    }),
  }),
  write(step, z, { hidden, cell }, options) {
    const sums = step.op("Add", [z, recurrence(step, hidden, "recurrent")]);
    const [i, o, f, c] = step.split(sums, 4);
    const peep = (sum: string, state: string, weights: string) =>
      options.peepholes ? step.op("Add", [sum, step.op("Mul", [state, weights])]) : sum;
    const enter = gate(step, options, 0, peep(i, cell, "seenByInput"));
    const keep = options.coupled ? step.op("Sub", [1, enter]) : gate(step, options, 0, peep(f, cell, "seenByForget"));
    const fresh = gate(step, options, 1, c);
    const next = step.op("Add", [step.op("Mul", [keep, cell]), step.op("Mul", [enter, fresh])]);
    const leave = gate(step, options, 0, peep(o, next, "seenByOutput"));
    // What leaves the cell is not clipped: the gates alone are.
    const shown = gate(step, { ...options, clip: undefined }, 2, next);
    return { hidden: step.op("Mul", [leave, shown]), cell: next };
  },
};

const gru: Cell = {
  gates: 3,
  states: ["hidden"],
  functions: ["Sigmoid", "Tanh"],
  weights: ({ resetsLast, biased }) => ({
    gates: { of: "recurrence", from: 0, to: 2 },
    recurrent: { of: "recurrence", from: 2, to: 3 },
    ...(resetsLast && biased && { bias: { of: "bias", from: 2, to: 3 } }),
  }),
  write(step, z, { hidden }, options) {
    const [update, reset, fresh] = step.split(z, 3);
    const [forUpdate, forReset] = step.split(recurrence(step, hidden, "gates"), 2);
    const keep = gate(step, options, 0, step.op("Add", [update, forUpdate]));
    const open = gate(step, options, 0, step.op("Add", [reset, forReset]));
    const recalled = () => {
      if (!options.resetsLast) return recurrence(step, step.op("Mul", [open, hidden]), "recurrent");
      const made = recurrence(step, hidden, "recurrent");
      return step.op("Mul", [open, options.biased ? step.op("Add", [made, "bias"]) : made]);
    };
    const candidate = gate(step, options, 1, step.op("Add", [fresh, recalled()]));
    const renewed = step.op("Mul", [step.op("Sub", [1, keep]), candidate]);
    return { hidden: step.op("Add", [renewed, step.op("Mul", [keep, hidden])]) };
  },
};

const rnn: Cell = {
  gates: 1,
  states: ["hidden"],
  functions: ["Tanh"],
  weights: () => ({ recurrent: { of: "recurrence", from: 0, to: 1 } }),
  write(step, z, { hidden }, options) {
    const sum = step.op("Add", [z, recurrence(step, hidden, "recurrent")]);
    return { hidden: gate(step, options, 0, sum) };
  },
};

export const CELLS: Readonly<Record<"GRU" | "LSTM" | "RNN", Cell>> = { GRU: gru, LSTM: lstm, RNN: rnn };

/**
 * The options of a recurrent node.
 * @throws SightlineError `unsupported-operator` for a function of gates that ONNX does not know
 */
export function cellOptions(
  step: Step,
  cell: Cell,
  directions: number,
  has: Pick<CellOptions, "peepholes" | "biased">,
): CellOptions {
  const { attributes } = step;
  const names = attributes.strings("activations") ?? Array.from({ length: directions }, () => cell.functions).flat();
  const [alphas, betas] = ["activation_alpha", "activation_beta"].map((name) => [...(attributes.floats(name) ?? [])]);
  const gates = names.map((name): Gate => {
    const known = Object.hasOwn(GATE_FUNCTIONS, name.toLowerCase()) && GATE_FUNCTIONS[name.toLowerCase()];
    if (!known) throw step.unsupported(`with the activation ${name}`);
    // Numbers are given to the functions that take some, in their order.
    const number = (standard: number | undefined, given: number[]) =>
      standard === undefined ? 0 : (given.shift() ?? standard);
    return { name: name.toLowerCase(), alpha: number(known.alpha, alphas), beta: number(known.beta, betas) };
  });
  const each = cell.functions.length;
  if (gates.length !== each * directions)
    throw step.unsupported(`with ${gates.length} activations where ${each * directions} were expected`);
  return {
    activations: Array.from({ length: directions }, (_, i) => gates.slice(i * each, (i + 1) * each)),
    clip: attributes.has("clip") ? attributes.float("clip", 0) : undefined,
    coupled: attributes.int("input_forget", 0) !== 0,
    resetsLast: attributes.int("linear_before_reset", 0) !== 0,
    ...has,
  };
}
