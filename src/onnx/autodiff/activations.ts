import { float } from "../attributes.js";
import type { Operand, Rule, Step } from "./step.js";
import type { Gradient } from "./tape.js";

/** Rule of an elementwise function from its derivative. */
const unary =
  (derivative: (step: Step, x: string, y: string) => string): Rule =>
  (step) => [
    () => {
      const slope = derivative(step, step.x(), step.y());
      return step.op("Mul", [step.dyBeside(step.y()), slope]);
    },
  ];

/** Steep enough to turn the smallest difference that matters into 1, small enough not to overflow. */
const STEEP = 2 ** 60;

/** 1 where 0 < y < high and 0 elsewhere, of a tensor of blocked channels: hard sigmoids and products stay in that layout. */
function blockedGate(step: Step, phase: readonly [number, number] | undefined, high: number | undefined): string {
  const y = phase ? everySecond(step, phase) : step.y();
  const above = ramp(step, y, STEEP, 0);
  if (high === undefined) return above;
  return step.mul(above, ramp(step, y, -STEEP, high));
}

/** From 0 to 1 behind a value, as steeply as a step; down to 0 at it where the slope is negative. */
const ramp = (step: Step, tensor: string, slope: number, at: number): string =>
  step.op("HardSigmoid", [tensor], { alpha: float(slope), beta: float(-slope * at) });

/** Every second row and column of y, from a phase on. */
function everySecond(step: Step, [row, column]: readonly [number, number]): string {
  const channels = step.size(step.y(), 1);
  const kernel = new Float32Array(channels * (row + 1) * (column + 1));
  const taps = kernel.length / channels;
  for (let c = 1; c <= channels; c++) kernel[c * taps - 1] = 1;
  const weight = step.tape.constant(step.floats(kernel, [channels, 1, row + 1, column + 1]));
  const window = { kernel_shape: [row + 1, column + 1], strides: [2, 2] };
  return step.op("Conv", [step.y(), weight], { group: channels, ...window });
}

/** The gradient let through where low < y < high, by the rule for ReLUs that was asked for. */
function gated(step: Step, low: number | undefined, high: number | undefined, rectifier: boolean): Gradient {
  const { relu, isBlocked } = { relu: step.tape.relu, isBlocked: step.tape.isBlocked(step.y()) };
  const rectify = (tensor: string) => (rectifier && relu !== "gradient" ? step.op("Relu", [tensor]) : tensor);
  const lazy = step.lazy();
  const byConvolution = isBlocked && low === 0 && (high === undefined || (high >= 1e-3 && high <= 1e6));
  const deconvolution = rectifier && relu === "deconvolution";
  if (typeof lazy !== "string" && lazy.kind === "phases" && byConvolution) {
    const tensors = lazy.tensors.map((tensor, i) => {
      const kept = rectify(tensor);
      return deconvolution ? kept : step.mul(kept, blockedGate(step, [i >> 1, i & 1], high));
    });
    return { kind: "phases", tensors };
  }
  if (deconvolution) return rectify(step.dy());
  if (byConvolution) return step.mul(rectify(step.dy()), blockedGate(step, undefined, high));
  const conditions: string[] = [];
  if (low !== undefined) conditions.push(step.compare("Greater", step.y(), low));
  if (high !== undefined) conditions.push(step.compare("Less", step.y(), high));
  if (conditions.length === 0) return rectify(step.dy());
  return step.where(
    conditions.reduce((a, b) => step.op("And", [a, b])),
    rectify(step.dyBeside(step.y())),
    0,
  );
}

/** A rectifier that leaks: its slope below zero is not zero. */
const leaky = (step: Step, slope: Operand): string => {
  const { relu } = step.tape;
  const dy = relu === "gradient" ? step.dy() : step.op("Relu", [step.dy()]);
  if (relu === "deconvolution") return dy;
  return step.where(step.compare("Greater", step.x(), 0), dy, step.mul(dy, slope));
};

/** Hard swish and hard sigmoid are often written with a clip of a shifted value, which is no rectifier of features. */
function isShifted(step: Step): boolean {
  const before = step.tape.source.producer(step.x());
  return before?.opType === "Add" && before.input.some((name) => step.tape.source.constant(name)?.data.length === 1);
}

const oneMinus = (step: Step, a: string) => step.sub(1, a);
const square = (step: Step, a: string) => step.mul(a, a);
const overRoot = (step: Step, square: string) => step.div(1, step.op("Sqrt", [square]));

function gelu(step: Step, x: string): string {
  if (step.attributes.string("approximate", "none") === "tanh") {
    const [root, cubic] = [Math.sqrt(2 / Math.PI), 0.044715];
    const x2 = square(step, x);
    const inner = step.mul(x, root, step.add(step.mul(x2, cubic), 1));
    const tanh = step.op("Tanh", [inner]);
    const rise = step.mul(
      oneMinus(step, square(step, tanh)),
      step.mul(x, step.add(step.mul(x2, 3 * cubic * root), root)),
    );
    return step.mul(step.add(step.add(tanh, 1), rise), 0.5);
  }
  const cumulative = step.mul(step.add(step.op("Erf", [step.mul(x, Math.SQRT1_2)]), 1), 0.5);
  const density = step.mul(step.exp(step.mul(square(step, x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
  return step.add(cumulative, step.mul(x, density));
}

/** d (x · σ(alpha x)) / dx */
function swish(step: Step, x: string, alpha: number): string {
  const sigmoid = step.op("Sigmoid", [alpha === 1 ? x : step.mul(x, alpha)]);
  return step.mul(sigmoid, step.add(step.mul(oneMinus(step, sigmoid), x, alpha), 1));
}

const SELU_ALPHA = 1.6732632;
const SELU_GAMMA = 1.050701;

const softmaxAxis = (step: Step) => step.attributes.int("axis", -1);

/** Elementwise functions and softmax. */
export const activations: Readonly<Record<string, Rule>> = {
  Relu: (step) => [() => gated(step, 0, undefined, true)],
  Clip: (step) => {
    const bound = (input: number, infinite: number) => {
      const value = step.numbers(input, [infinite])?.[0];
      return value === undefined || Math.abs(value) >= 3.4e38 ? undefined : value;
    };
    const [low, high] = [bound(1, -Infinity), bound(2, Infinity)];
    const computed = [1, 2].filter((i) => step.x(i) && !step.constant(i));
    if (computed.length > 0) {
      const inside = computed.map((i) => step.compare(i === 1 ? "Greater" : "Less", step.y(), step.x(i)));
      return [
        () =>
          step.where(
            inside.reduce((a, b) => step.op("And", [a, b])),
            step.dy(),
            0,
          ),
      ];
    }
    return [() => gated(step, low, high, low === 0 && !isShifted(step))];
  },
  ThresholdedRelu: (step) => [() => gated(step, step.attributes.float("alpha", 1), undefined, true)],
  LeakyRelu: (step) => [() => leaky(step, step.attributes.float("alpha", 0.01))],
  PRelu: (step) => [
    () => leaky(step, step.x(1)),
    () => step.fit(step.mul(step.dy(), step.op("Min", [step.x(), step.scalar(0)])), 1),
  ],
  Elu: unary((s, x, y) => {
    const alpha = s.attributes.float("alpha", 1);
    return s.where(s.compare("Greater", x, 0), 1, s.add(y, alpha));
  }),
  Selu: unary((s, x, y) => {
    const [alpha, gamma] = [s.attributes.float("alpha", SELU_ALPHA), s.attributes.float("gamma", SELU_GAMMA)];
    return s.where(s.compare("Greater", x, 0), gamma, s.add(y, alpha * gamma));
  }),
  Celu: unary((s, x) => {
    const alpha = s.attributes.float("alpha", 1);
    return s.exp(s.mul(s.op("Min", [x, s.scalar(0)]), 1 / alpha));
  }),
  Gelu: unary((s, x) => gelu(s, x)),
  Erf: unary((s, x) => s.mul(s.exp(s.neg(square(s, x))), 2 / Math.sqrt(Math.PI))),
  Sigmoid: unary((s, _, y) => s.sub(y, square(s, y))),
  HardSigmoid: unary((s, _, y) => {
    const inside = s.op("And", [s.compare("Greater", y, 0), s.compare("Less", y, 1)]);
    return s.where(inside, s.attributes.float("alpha", 0.2), 0);
  }),
  HardSwish: unary((s, x) => {
    const middle = s.where(s.compare("Less", x, 3), s.add(s.mul(x, 1 / 3), 0.5), 1);
    return s.where(s.compare("Greater", x, -3), middle, 0);
  }),
  Swish: unary((s, x) => swish(s, x, s.attributes.float("alpha", 1))),
  Softplus: unary((s, x) => s.op("Sigmoid", [x])),
  Softsign: unary((s, x) => s.div(1, square(s, s.add(s.op("Abs", [x]), 1)))),
  Mish: unary((s, x) => {
    const tanh = s.op("Tanh", [s.op("Softplus", [x])]);
    return s.add(tanh, s.mul(x, oneMinus(s, square(s, tanh)), s.op("Sigmoid", [x])));
  }),
  Shrink: unary((s, x) => s.indicator(s.compare("Greater", s.op("Abs", [x]), s.attributes.float("lambd", 0.5)))),
  Tanh: unary((s, _, y) => oneMinus(s, square(s, y))),
  Exp: unary((_, __, y) => y),
  Log: unary((s, x) => s.div(1, x)),
  Sqrt: unary((s, _, y) => s.div(0.5, y)),
  Abs: unary((s, x) => s.op("Sign", [x])),
  Neg: (step) => [() => step.neg(step.dy())],
  Reciprocal: unary((s, _, y) => s.neg(square(s, y))),
  Sin: unary((s, x) => s.op("Cos", [x])),
  Cos: unary((s, x) => s.neg(s.op("Sin", [x]))),
  Tan: unary((s, _, y) => s.add(square(s, y), 1)),
  Asin: unary((s, x) => overRoot(s, oneMinus(s, square(s, x)))),
  Acos: unary((s, x) => s.neg(overRoot(s, oneMinus(s, square(s, x))))),
  Atan: unary((s, x) => s.div(1, s.add(square(s, x), 1))),
  Sinh: unary((s, x) => s.op("Cosh", [x])),
  Cosh: unary((s, x) => s.op("Sinh", [x])),
  Asinh: unary((s, x) => overRoot(s, s.add(square(s, x), 1))),
  Acosh: unary((s, x) => overRoot(s, s.sub(square(s, x), 1))),
  Atanh: unary((s, x) => s.div(1, oneMinus(s, square(s, x)))),

  Softmax: (step) => [
    () => {
      const weighted = step.mul(step.dyBeside(step.y()), step.y());
      const total = step.reduce("ReduceSum", weighted, [softmaxAxis(step)]);
      return step.sub(weighted, step.mul(step.y(), total));
    },
  ],
  LogSoftmax: (step) => [
    () => {
      const total = step.reduce("ReduceSum", step.dy(), [softmaxAxis(step)]);
      return step.sub(step.dy(), step.mul(step.exp(step.y()), total));
    },
  ],

  "com.microsoft::Gelu": unary((s, x) => gelu(s, x)),
  "com.microsoft::QuickGelu": unary((s, x) => swish(s, x, s.attributes.float("alpha", 1.702))),
};
