import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { float } from "../../../src/onnx/attributes.js";
import { DataType, floats } from "../../../src/onnx/constant.js";
import { Graph } from "../../../src/onnx/graph.js";
import { checkRule, type Draw, forAll, gradientsOf, type RuleCase, shapes, variable } from "./check.js";

type Function = (x: number, alpha: number) => number;

/** The error function by its series, in double precision for |x| < 5. */
function erf(x: number): number {
  let [term, sum] = [x, x];
  for (let n = 1; n < 120; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const softplus = (x: number) => Math.log1p(Math.exp(x));

const FUNCTIONS: Readonly<Record<string, { f: Function; alpha?: number; draw?: Draw; scale?: number }>> = {
  Relu: { f: (x) => Math.max(0, x) },
  ThresholdedRelu: { f: (x, a) => (x > a ? x : 0), alpha: 1 },
  LeakyRelu: { f: (x, a) => (x > 0 ? x : a * x), alpha: 0.2 },
  Elu: { f: (x, a) => (x > 0 ? x : a * Math.expm1(x)), alpha: 0.7 },
  Selu: { f: (x) => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * Math.expm1(x)) },
  Celu: { f: (x, a) => Math.max(0, x) + Math.min(0, a * Math.expm1(x / a)), alpha: 1.5 },
  Gelu: { f: (x) => (x / 2) * (1 + erf(x / Math.SQRT2)) },
  Erf: { f: erf },
  Sigmoid: { f: sigmoid },
  HardSigmoid: { f: (x, a) => Math.min(1, Math.max(0, a * x + 0.5)), alpha: 0.3 },
  HardSwish: { f: (x) => x * Math.min(1, Math.max(0, x / 6 + 0.5)), scale: 2.2 },
  Softplus: { f: softplus },
  Softsign: { f: (x) => x / (1 + Math.abs(x)) },
  Mish: { f: (x) => x * Math.tanh(softplus(x)) },
  Tanh: { f: Math.tanh },
  Exp: { f: Math.exp },
  Log: { f: Math.log, draw: "positive" },
  Sqrt: { f: Math.sqrt, draw: "positive" },
  Abs: { f: Math.abs },
  Neg: { f: (x) => -x },
  Reciprocal: { f: (x) => 1 / x, draw: "positive" },
  Sin: { f: Math.sin },
  Cos: { f: Math.cos },
  Tan: { f: Math.tan, scale: 0.4 },
  Asin: { f: Math.asin, scale: 0.4 },
  Acos: { f: Math.acos, scale: 0.4 },
  Atan: { f: Math.atan },
  Sinh: { f: Math.sinh },
  Cosh: { f: Math.cosh },
  Asinh: { f: Math.asinh },
  Acosh: { f: (x) => Math.acosh(x + 1), draw: "positive" },
  Atanh: { f: Math.atanh, scale: 0.4 },
};

for (const [op, { f, alpha, draw, scale = 1 }] of Object.entries(FUNCTIONS)) {
  test(`${op} has the slope of its definition`, () =>
    forAll(
      shapes(1, 4),
      (dims, seed): RuleCase => {
        const { data } = variable(seed, dims, draw);
        const shift = op === "Acosh" ? 1 : 0;
        const x = { dims, data: data.map((value) => value * scale + shift) };
        const attributes = alpha === undefined ? {} : { alpha: float(alpha) };
        return { op, inputs: [x], attributes, reference: ([values]) => values.map((v) => f(v - shift, alpha ?? 0)) };
      },
      4,
    ));
}

test("tanh-approximated Gelu has the slope of its definition", () =>
  forAll(shapes(1, 3), (dims, seed) => ({
    op: "Gelu",
    inputs: [variable(seed, dims)],
    attributes: { approximate: "tanh" },
    reference: ([x]) => x.map((v) => (v / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v ** 3)))),
  })));

test("QuickGelu of the runtime's own domain has a rule", () =>
  checkRule({
    op: "QuickGelu",
    domain: "com.microsoft",
    inputs: [variable(1, [2, 3])],
    reference: ([x]) => x.map((v) => v * sigmoid(1.702 * v)),
  }));

test("PRelu passes gradients to its input and its slopes", () =>
  forAll(fc.constantFrom([3, 1, 1], [1], [1, 1, 1]), (slope, seed) => ({
    op: "PRelu",
    inputs: [variable(seed, [2, 3, 2, 2]), variable(seed + 1, slope, "positive")],
    reference: ([x, a]) => x.map((v, i) => (v > 0 ? v : v * a[a.length === 1 ? 0 : Math.floor(i / 4) % 3])),
  })));

const bound = (value: number) => ({ type: DataType.FLOAT, dims: [], data: Float32Array.of(value) });

test("Clip passes gradients between its bounds, whichever it has", () =>
  forAll(fc.constantFrom([0, 6], [-1, 1], [0, Infinity], [-Infinity, 0.5]), ([low, high], seed) => ({
    op: "Clip",
    inputs: [
      { dims: [2, 3, 4], data: variable(seed, [2, 3, 4]).data.map((v) => v * 5) },
      low === -Infinity ? "" : bound(low),
      high === Infinity ? "" : bound(high),
    ],
    reference: ([x]) => x.map((v) => Math.min(high, Math.max(low, v))),
  })));

test("Clip of opset 6 keeps its bounds in attributes", () =>
  checkRule({
    op: "Clip",
    opset: 9,
    inputs: [variable(4, [3, 5])],
    attributes: { min: float(-0.5), max: float(1.5) },
    reference: ([x]) => x.map((v) => Math.min(1.5, Math.max(-0.5, v))),
  }));

test("between convolutions the gates of Relu and Clip are open up to the float32 numbers beside their bounds", async () => {
  const channels = 8;
  for (const high of [undefined, 6, 1, 0.1]) {
    const bound = Math.fround(high ?? 6);
    const below = bound - 2 ** (Math.floor(Math.log2(bound)) - 23);
    const row = [-1, 0, 1e-17, bound / 2, below, bound, 2 * bound, 1e30];
    const open = (x: number) => x > 0 && (high === undefined || x < bound);
    for (const stride of [1, 2]) {
      const graph = Graph.empty("gate", 21);
      const depthwise = (tensor: string, size: number) => {
        const ones = floats(new Float32Array(channels * size * size).fill(1), [channels, 1, size, size]);
        return graph.op("Conv", [tensor, ones], { group: channels, strides: [size, size] });
      };
      graph.addInput("x", [1, channels, 2, row.length], DataType.FLOAT);
      const features = depthwise("x", 1);
      const bounds = [0, bound].map((value) => floats(Float32Array.of(value), []));
      const y = high === undefined ? graph.op("Relu", [features]) : graph.op("Clip", [features, ...bounds]);
      graph.addOutput(graph.op("Flatten", [depthwise(y, stride)], { axis: 1 }), undefined, DataType.FLOAT);
      const values = Float32Array.from({ length: 2 * channels * row.length }, (_, i) => row[i % row.length]);
      const seed = new Float32Array(values.length / stride ** 2).fill(1);
      const got = await gradientsOf(graph, { name: "x", dims: [1, channels, 2, row.length] }, values, seed);
      assert.deepEqual(
        got,
        Array.from(values, (x) => Number(open(x))),
        `up to ${high}, stride ${stride}`,
      );
    }
  }
});

for (const op of ["Softmax", "LogSoftmax"]) {
  test(`${op} is differentiated along any axis`, () =>
    forAll(fc.integer({ min: -3, max: 2 }), (axis, seed) => ({
      op,
      inputs: [variable(seed, [2, 3, 4])],
      attributes: { axis },
    })));

  test(`${op} before opset 13 takes all axes from its own on as one`, () =>
    forAll(
      fc.integer({ min: 0, max: 2 }),
      (axis, seed) => ({
        op,
        opset: 11,
        inputs: [variable(seed, [2, 3, 4])],
        attributes: { axis },
      }),
      5,
    ));
}
