import { DataType, floats } from "../constant.js";
import type { Rule, Step } from "./step.js";

const RANGES: Partial<Record<DataType, readonly [number, number]>> = {
  [DataType.UINT8]: [0, 255],
  [DataType.INT8]: [-128, 127],
  [DataType.UINT16]: [0, 65535],
  [DataType.INT16]: [-32768, 32767],
  [DataType.UINT4]: [0, 15],
  [DataType.INT4]: [-8, 7],
};

/** A vector over one axis, to be combined with the node's data. */
function alongAxis(step: Step, name: string): string {
  if (step.dims(name).length === 0) return name;
  const rank = step.dims().length;
  const axis = step.axis(step.attributes.int("axis", 1));
  if (step.dims(name).length > 1) throw step.unsupported("in blocks");
  return step.reshape(
    name,
    Array.from({ length: rank }, (_, i) => (i === axis ? -1 : 1)),
  );
}

/** The gradient of quantised levels as one of the real values that they stand for, or the other way round. */
function scaled(step: Step, gradient: string, input: number, how: "Mul" | "Div"): string {
  const type = step.tape.type(step.x(1));
  const same = type === DataType.FLOAT ? gradient : step.op("Cast", [gradient], { to: type });
  const result = step.op(how, [same, alongAxis(step, step.x(1))]);
  const to = step.tape.gradientType(step.x(input));
  return to === type ? result : step.op("Cast", [result], { to });
}

const quantize: Rule = (step) => [
  () => {
    const type = step.tape.type(step.x());
    const [low, high] = RANGES[step.tape.type(step.y())] ?? [-Infinity, Infinity];
    const level = step.op("Round", [step.op("Div", [step.x(), alongAxis(step, step.x(1))])]);
    const shifted = step.x(2)
      ? step.op("Add", [level, step.op("Cast", [alongAxis(step, step.x(2))], { to: type })])
      : level;
    const bound = (value: number) => step.tape.constant({ type, dims: [], data: Float32Array.of(value) });
    const inside = step.op("And", [
      step.op("GreaterOrEqual", [shifted, bound(low)]),
      step.op("LessOrEqual", [shifted, bound(high)]),
    ]);
    const kept = step.op("Where", [inside, step.dy(), step.tape.constant(floats(0))]);
    return scaled(step, kept, 0, "Div");
  },
];

const dequantize: Rule = (step) => [() => scaled(step, step.dy(), 0, "Mul")];

/**
 * Straight through: rounding counts as the identity within the range of the quantised type and as a constant outside, where
 * a quantised network keeps its ReLUs. The gradient of a quantised tensor is that of its levels, as float32.
 */
export const quantization: Readonly<Record<string, Rule>> = {
  QuantizeLinear: quantize,
  DequantizeLinear: dequantize,
  "com.microsoft::QuantizeLinear": quantize,
  "com.microsoft::DequantizeLinear": dequantize,
  DynamicQuantizeLinear: (step) => [() => step.op("Div", [step.dy(), step.y(1)])],
  Round: (step) => [() => step.lazy()],
};
