import { DataType } from "../constant.js";
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

/**
 * Straight through: rounding counts as the identity within the range of the quantised type and as a constant outside, where
 * a quantised network keeps its ReLUs. QuantizeLinear is given the gradient of the values that DequantizeLinear makes.
 */
export const quantization: Readonly<Record<string, Rule>> = {
  QuantizeLinear: (step) => [
    () => {
      const type = step.tape.type(step.x());
      const [low, high] = RANGES[step.tape.type(step.y())] ?? [-Infinity, Infinity];
      const scaled = step.op("Round", [step.op("Div", [step.x(), alongAxis(step, step.x(1))])]);
      const level = step.x(2)
        ? step.op("Add", [scaled, step.op("Cast", [alongAxis(step, step.x(2))], { to: type })])
        : scaled;
      const bound = (value: number) => step.tape.constant({ type, dims: [], data: Float32Array.of(value) });
      const inside = step.op("And", [
        step.op("GreaterOrEqual", [level, bound(low)]),
        step.op("LessOrEqual", [level, bound(high)]),
      ]);
      return step.op("Where", [inside, step.dy(), bound(0)]);
    },
  ],
  DequantizeLinear: (step) => [() => step.dy()],
  DynamicQuantizeLinear: (step) => [() => step.op("Cast", [step.dy()], { to: DataType.FLOAT })],
};
