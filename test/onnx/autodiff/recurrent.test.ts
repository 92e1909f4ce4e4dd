import assert from "node:assert/strict";
import { after, test } from "node:test";
import fc from "fast-check";
import { SessionHost } from "../../../src/model/session.js";
import { float } from "../../../src/onnx/attributes.js";
import { type Constant, DataType } from "../../../src/onnx/constant.js";
import { Graph } from "../../../src/onnx/graph.js";
import { GATES, type GateFunction, type RecurrentCase, recurrentReference } from "../../support/recurrent-reference.js";
import { checkRule, type RuleCase, type Variable, variable } from "./check.js";

const host = new SessionHost();
after(() => host.close());

const sigmoid: GateFunction = (x) => 1 / (1 + Math.exp(-x));

interface Named {
  readonly name: string;
  readonly alpha?: number;
  readonly beta?: number;
  /** Where its slope jumps. */
  readonly kinks?: readonly number[];
  readonly apply: GateFunction;
}

const FUNCTIONS: readonly Named[] = [
  { name: "Sigmoid", apply: sigmoid },
  { name: "Tanh", apply: Math.tanh },
  { name: "Relu", kinks: [0], apply: (x) => Math.max(0, x) },
  { name: "Softsign", apply: (x) => x / (1 + Math.abs(x)) },
  { name: "Softplus", apply: (x) => Math.log1p(Math.exp(x)) },
  { name: "LeakyRelu", alpha: 0.2, kinks: [0], apply: (x) => (x > 0 ? x : 0.2 * x) },
  { name: "ThresholdedRelu", alpha: 0.3, kinks: [0.3], apply: (x) => (x > 0.3 ? x : 0) },
  { name: "Elu", alpha: 0.7, kinks: [0], apply: (x) => (x > 0 ? x : 0.7 * Math.expm1(x)) },
  {
    name: "HardSigmoid",
    alpha: 0.3,
    beta: 0.4,
    kinks: [-4 / 3, 2],
    apply: (x) => Math.min(1, Math.max(0, 0.3 * x + 0.4)),
  },
  { name: "Affine", alpha: 0.6, beta: 0.1, apply: (x) => 0.6 * x + 0.1 },
  { name: "ScaledTanh", alpha: 0.8, beta: 0.6, apply: (x) => 0.8 * Math.tanh(0.6 * x) },
];

interface Facts {
  readonly op: "LSTM" | "GRU" | "RNN";
  readonly direction: RecurrentCase["direction"];
  readonly steps: number;
  readonly batch: number;
  readonly width: number;
  readonly hidden: number;
  readonly bias: boolean;
  readonly states: boolean;
  readonly peepholes: boolean;
  readonly coupled: boolean;
  readonly resetsLast: boolean;
  readonly lengths: readonly number[] | undefined;
  readonly clip: number | undefined;
  readonly chosen: readonly number[] | undefined;
  readonly used: readonly boolean[];
}

const flag = fc.boolean();
const facts: fc.Arbitrary<Facts> = fc
  .record({
    op: fc.constantFrom<Facts["op"]>("LSTM", "GRU", "RNN"),
    direction: fc.constantFrom<Facts["direction"]>("forward", "reverse", "bidirectional"),
    steps: fc.integer({ min: 1, max: 4 }),
    batch: fc.integer({ min: 1, max: 3 }),
    width: fc.integer({ min: 1, max: 3 }),
    hidden: fc.constantFrom(2, 4),
    bias: flag,
    states: flag,
    peepholes: flag,
    coupled: flag,
    resetsLast: flag,
    short: fc.option(fc.array(fc.nat(3), { minLength: 3, maxLength: 3 }), { nil: undefined }),
    clip: fc.option(fc.constantFrom(0.4, 2), { nil: undefined }),
    chosen: fc.option(fc.array(fc.nat(FUNCTIONS.length - 1), { minLength: 6, maxLength: 6 }), { nil: undefined }),
    used: fc.tuple(flag, flag, flag).filter((used) => used.some(Boolean)),
  })
  .map(({ short, used, ...rest }) => ({
    ...rest,
    lengths: short?.slice(0, rest.batch).map((less) => Math.max(1, rest.steps - less)),
    used: rest.op === "LSTM" || used[0] || used[1] ? used : [true, false, false],
  }));

/** Smaller than those of other rules, so that gates stay where they move. */
const small = (seed: number, dims: readonly number[]): Variable => {
  const { data } = variable(seed, dims);
  return { dims, data: data.map((value) => value / 3) };
};

const int32 = (values: readonly number[]): Constant => ({
  type: DataType.INT32,
  dims: [values.length],
  data: Int32Array.from(values),
});

interface RecurrentRule extends RuleCase {
  readonly reference: (inputs: readonly Float64Array[]) => Float64Array;
  /** How close the gates come to where their slope jumps, at the operands given. */
  readonly toKink: () => number;
}

const valuesOf = (inputs: RuleCase["inputs"]) =>
  inputs.map((operand) => Float64Array.from(operand === "" || "type" in operand ? [] : operand.data));

/** The node, its operands in ONNX's order, and the values that the specification gives. */
function recurrentCase(facts: Facts, seed: number): RecurrentRule {
  const { op, direction, steps, batch, width, hidden, bias, states, peepholes, coupled, resetsLast, lengths, clip } =
    facts;
  const directions = direction === "bidirectional" ? 2 : 1;
  const gates = GATES[op];
  const each = { LSTM: 3, GRU: 2, RNN: 1 }[op];
  const standard = { LSTM: [0, 1, 1], GRU: [0, 1], RNN: [1] }[op];
  const lists = Array.from({ length: directions * each }, (_, i) => FUNCTIONS[facts.chosen?.[i] ?? standard[i % each]]);
  const numbers = (key: "alpha" | "beta") => lists.flatMap((one) => one[key] ?? []);
  const state = (at: number) => (states ? small(seed + at, [directions, batch, hidden]) : ("" as const));
  const inputs = [
    small(seed, [steps, batch, width]),
    small(seed + 1, [directions, gates * hidden, width]),
    small(seed + 2, [directions, gates * hidden, hidden]),
    bias ? small(seed + 3, [directions, 2 * gates * hidden]) : ("" as const),
    lengths ? int32(lengths) : ("" as const),
    state(4),
    ...(op === "LSTM" ? [state(5), peepholes ? small(seed + 6, [directions, 3 * hidden]) : ("" as const)] : []),
  ];
  const attributes = {
    direction,
    hidden_size: hidden,
    clip: clip === undefined ? undefined : float(clip),
    input_forget: op === "LSTM" && coupled ? 1 : undefined,
    linear_before_reset: op === "GRU" && resetsLast ? 1 : undefined,
    activations: facts.chosen ? lists.map(({ name }) => name) : undefined,
    activation_alpha: facts.chosen && numbers("alpha").length > 0 ? float(numbers("alpha")) : undefined,
    activation_beta: facts.chosen && numbers("beta").length > 0 ? float(numbers("beta")) : undefined,
  };
  const used = facts.used.slice(0, op === "LSTM" ? 3 : 2);
  let closest = Number.POSITIVE_INFINITY;
  const functions = lists.map(({ kinks = [], apply }) => (x: number) => {
    closest = Math.min(closest, ...kinks.map((kink) => Math.abs(x - kink)));
    return apply(x);
  });
  const onSum = (sum: number) => {
    if (clip !== undefined) closest = Math.min(closest, Math.abs(Math.abs(sum) - clip));
  };
  const reference = ([
    x,
    w,
    r,
    b,
    ,
    h = new Float64Array(),
    c = new Float64Array(),
    p = new Float64Array(),
  ]: readonly Float64Array[]) => {
    const outputs = recurrentReference(
      { op, direction, steps, batch, width, hidden, lengths, clip, coupled, resetsLast, functions, onSum },
      { x, w, r, b, hidden: h, cell: c, peephole: p },
    ).filter((_, i) => used[i]);
    return Float64Array.from(outputs.flatMap((values) => [...values]));
  };
  const outputs = used.map((is, i) => (is ? `y${i}` : ""));
  const toKink = () => {
    reference(valuesOf(inputs));
    return closest;
  };
  return { op, inputs, attributes, outputs, reference, toKink, opset: 18 };
}

test("LSTM, GRU and RNN: gradients of all operands, whatever direction, options and results", () =>
  fc.assert(
    fc.asyncProperty(facts, fc.nat(1e6), async (value, seed) => {
      const rule = recurrentCase(value, seed);
      fc.pre(rule.toKink() > 2e-3);
      await checkRule(rule);
    }),
    { numRuns: 60, seed: 20260704 },
  ));

test("what the gradients are held against is what the runtime computes", () =>
  fc.assert(
    fc.asyncProperty(facts, fc.nat(1e6), async (value, seed) => {
      const { op, inputs, attributes, outputs, reference } = recurrentCase(value, seed);
      const graph = Graph.empty("native", 18);
      const names = inputs.map((operand, i) => {
        if (operand === "") return "";
        const constant =
          "type" in operand
            ? operand
            : { type: DataType.FLOAT, dims: operand.dims, data: Float32Array.from(operand.data) };
        if (i > 0) return graph.addConstant(constant, `c${i}`);
        graph.addInput("x", operand.dims);
        return "x";
      });
      const results = graph.addNode(op, names, attributes, { outputs }).filter(Boolean);
      const rows = results.map((name) =>
        graph.op("Reshape", [name, { type: DataType.INT64, dims: [2], data: BigInt64Array.of(1n, -1n) }]),
      );
      const all = graph.op("Concat", rows, { axis: 1 });
      graph.addOutput(all);
      const session = await host.open(graph);
      const [x] = inputs as [Variable];
      const found = (
        await session.run({ x: { type: DataType.FLOAT, dims: x.dims, data: Float32Array.from(x.data) } }, [all])
      ).get(all);
      await session.close();
      const expected = reference(valuesOf(inputs));
      expected.forEach((value, i) => {
        const got = Number(found?.data[i]);
        assert.ok(Math.abs(got - value) < 1e-5, `${i}: ${got} where ${value} was expected`);
      });
    }),
    { numRuns: 100, seed: 20260704 },
  ));
