import { float } from "../../../attributes.js";
import { DataType, floats } from "../../../constant.js";
import { type Builder, isConstant, type Operator, rankOf, unsupported, type Value } from "../builder.js";
import { constantOf } from "../fold.js";
import { dataTypeOf, type Layer } from "../layers.js";

const NARROW = [DataType.INT8, DataType.UINT8, DataType.INT16, DataType.UINT16, DataType.UINT32, DataType.UINT64];

/** Gives operands the shapes that ONNX's (numpy's) broadcasting aligns as the layer's `auto_broadcast` says. */
export function broadcasting(layer: Layer, inputs: readonly Value[], build: Builder): readonly Value[] {
  if (layer.data.string("auto_broadcast", "numpy") !== "pdpd") return inputs;
  const [a, ...others] = inputs;
  return [a, ...others.map((b) => alignPdpd(a, b, layer.data.number("axis", -1), layer, build))];
}

/** PaddlePaddle's rule: the second shape lies along the first from an axis on, trailing ones dropped. */
function alignPdpd(a: Value, b: Value, axis: number, layer: Layer, build: Builder): Value {
  const [rank, otherRank] = [rankOf(a, layer), rankOf(b, layer)];
  const start = axis === -1 ? rank - otherRank : axis;
  const missing = rank - start - otherRank;
  if (missing <= 0) return b;
  return build.op("Unsqueeze", [
    b,
    constantOf(
      DataType.INT64,
      [missing],
      Array.from({ length: missing }, (_, i) => otherRank + i),
    ),
  ]);
}

const unary =
  (opType: string): Operator =>
  (_, [x], build) =>
    build.op(opType, [x]);

/** Integers are whole already, and ONNX rounds floats only. */
const rounding =
  (opType: string): Operator =>
  (_, [x], build) =>
    isFloat(x) ? build.op(opType, [x]) : x;

/** Arithmetic; integer types that runtimes do not compute in are widened for it. */
const arithmetic =
  (compute: (build: Builder, a: Value, b: Value, layer: Layer) => Value): Operator =>
  (layer, inputs, build) => {
    const [a, b] = broadcasting(layer, inputs, build);
    if (!NARROW.includes(a.type)) return compute(build, a, b, layer);
    const wide = a.type === DataType.UINT32 || a.type === DataType.UINT64 ? DataType.INT64 : DataType.INT32;
    return build.cast(compute(build, build.cast(a, wide), build.cast(b, wide), layer), a.type);
  };

const binary = (opType: string) => arithmetic((build, a, b) => build.op(opType, [a, b]));

const comparison =
  (opType: string, negate = false): Operator =>
  (layer, inputs, build) => {
    let operands = broadcasting(layer, inputs, build);
    if (NARROW.includes(operands[0].type)) operands = operands.map((value) => build.cast(value, DataType.INT32));
    const result = build.op(opType, operands, {}, DataType.BOOL);
    return negate ? build.op("Not", [result]) : result;
  };

const logical =
  (opType: string): Operator =>
  (layer, inputs, build) =>
    build.op(
      opType,
      broadcasting(layer, inputs, build).map((value) => build.cast(value, DataType.BOOL)),
    );

const isFloat = (value: Value) => value.type === DataType.FLOAT;

const scalar = (value: Value | undefined): number | undefined =>
  isConstant(value) && value.data.length === 1 ? Number(value.data[0]) : undefined;

const clampTo = (layer: Layer, x: Value, build: Builder): Value => {
  const [low, high] = [layer.data.number("min"), layer.data.number("max")];
  if (isFloat(x)) return build.op("Clip", [x, floats(low), floats(high)]);
  const wide = NARROW.includes(x.type) ? DataType.INT32 : x.type;
  const limit = (value: number) => constantOf(wide, [], [Math.min(Math.max(value, -(2 ** 31)), 2 ** 31 - 1)]);
  return build.cast(build.op("Clip", [build.cast(x, wide), limit(Math.ceil(low)), limit(Math.floor(high))]), x.type);
};

const divide = arithmetic((build, a, b, layer) => {
  const quotient = build.op("Div", [a, b]);
  if (isFloat(a) || !layer.data.boolean("m_pythondiv", true)) return quotient;
  const remainder = build.op("Mod", [a, b]);
  return build.op("Div", [build.op("Sub", [a, remainder]), b]);
});

const floorMod = arithmetic((build, a, b) =>
  isFloat(a)
    ? build.op("Sub", [a, build.op("Mul", [build.op("Floor", [build.op("Div", [a, b])]), b])])
    : build.op("Mod", [a, b]),
);

const swish: Operator = (_, [x, beta], build) => {
  const scaled = beta === undefined || scalar(beta) === 1 ? x : build.op("Mul", [x, beta]);
  return build.op("Mul", [x, build.op("Sigmoid", [scaled])]);
};

const hardSigmoid: Operator = (_, [x, alpha, beta], build) => {
  const [slope, shift] = [scalar(alpha), scalar(beta)];
  if (slope !== undefined && shift !== undefined) {
    return build.op("HardSigmoid", [x], { alpha: float(slope), beta: float(shift) });
  }
  return build.op("Clip", [build.op("Add", [build.op("Mul", [x, alpha]), beta]), floats(0), floats(1)]);
};

const selu: Operator = (layer, [x, alpha, lambda], build) => {
  const [a, gamma] = [scalar(alpha), scalar(lambda)];
  if (a === undefined || gamma === undefined) return unsupported(layer, "has no constant alpha and lambda");
  return build.op("Selu", [x], { alpha: float(a), gamma: float(gamma) });
};

const round: Operator = (layer, [x], build) => {
  if (layer.data.string("mode", "half_to_even") === "half_to_even") return build.op("Round", [x]);
  const away = build.op("Floor", [build.op("Add", [build.op("Abs", [x]), floats(0.5)])]);
  return build.op("Mul", [build.op("Sign", [x]), away]);
};

/** A slope a channel lies along axis 1 (PRelu-1); any other shape broadcasts as in ONNX. */
const prelu: Operator = (layer, [x, slope], build) => {
  const rank = rankOf(x, layer);
  if (rankOf(slope, layer) !== 1 || rank < 3 || slope.dims?.[0] === 1) return build.op("PRelu", [x, slope]);
  return build.op("PRelu", [x, build.reshape(slope, [-1, ...new Array<number>(rank - 2).fill(1)])]);
};

const convert = (type: (layer: Layer, inputs: readonly Value[]) => DataType): Operator => {
  return (layer, inputs, build) => build.cast(inputs[0], type(layer, inputs));
};

const select: Operator = (layer, inputs, build) => {
  const [condition, a, b] = inputs;
  if (layer.data.string("auto_broadcast", "numpy") !== "pdpd") {
    return build.op("Where", [build.cast(condition, DataType.BOOL), a, b], {}, a.type);
  }
  const axis = layer.data.number("axis", -1);
  const [mask, other] = [condition, b].map((value) => alignPdpd(a, value, axis, layer, build));
  return build.op("Where", [build.cast(mask, DataType.BOOL), a, other], {}, a.type);
};

/**
 * round((x − il) / (ih − il) · (levels − 1)) / (levels − 1) · (oh − ol) + ol for x between il and ih, ol below and oh
 * above (FakeQuantize-1).
 */
const fakeQuantize: Operator = (layer, inputs, build) => {
  const [x, low, high, outLow, outHigh] = broadcasting(layer, inputs, build);
  const steps = floats(layer.data.number("levels") - 1);
  const op = (opType: string, inputs: readonly Value[]) => build.op(opType, inputs);
  const [least, most] = [op("Min", [low, high]), op("Max", [low, high])];
  const compare = (opType: string, bound: Value) => build.op(opType, [x, bound], {}, DataType.BOOL);
  const inside = build.op("And", [compare("GreaterOrEqual", least), compare("LessOrEqual", most)], {}, DataType.BOOL);
  // Values on a bound are inside: gradients go through there, as they do through QuantizeLinear.
  const clipped = build.op("Where", [inside, x, op("Min", [op("Max", [x, least]), most])], {}, x.type);
  const scale = op("Div", [steps, op("Sub", [high, low])]);
  const level = op("Round", [op("Mul", [op("Sub", [clipped, low]), scale])]);
  return op("Add", [op("Mul", [level, op("Div", [op("Sub", [outHigh, outLow]), steps])]), outLow]);
};

export const ELEMENTWISE: Readonly<Record<string, Operator>> = {
  ...Object.fromEntries(
    ["Abs", "Acos", "Acosh", "Asin", "Asinh", "Atan", "Atanh", "Cos", "Cosh", "Erf", "Exp", "Log", "Sigmoid"]
      .concat(["Sign", "Sin", "Sinh", "Sqrt", "Tan", "Tanh", "Mish"])
      .map((name) => [name, unary(name)]),
  ),
  Ceiling: rounding("Ceil"),
  Floor: rounding("Floor"),
  HSwish: unary("HardSwish"),
  IsFinite: (_, [x], build) => {
    const odd = build.op("Or", [build.op("IsNaN", [x], {}, DataType.BOOL), build.op("IsInf", [x], {}, DataType.BOOL)]);
    return build.op("Not", [odd]);
  },
  IsInf: ({ data }, [x], build) => {
    const attributes = {
      detect_negative: Number(data.boolean("detect_negative", true)),
      detect_positive: Number(data.boolean("detect_positive", true)),
    };
    return build.op("IsInf", [x], attributes, DataType.BOOL);
  },
  IsNaN: (_, [x], build) => build.op("IsNaN", [x], {}, DataType.BOOL),
  LogicalNot: (_, [x], build) => build.op("Not", [build.cast(x, DataType.BOOL)]),
  BitwiseNot: (_, [x], build) => build.op(x.type === DataType.BOOL ? "Not" : "BitwiseNot", [x]),
  Negative: unary("Neg"),
  ReLU: unary("Relu"),
  SoftPlus: unary("Softplus"),
  SoftSign: unary("Softsign"),
  Clamp: (layer, [x], build) => clampTo(layer, x, build),
  Elu: ({ data }, [x], build) => build.op("Elu", [x], { alpha: float(data.number("alpha")) }),
  Gelu: ({ data }, [x], build) => {
    const tanh = data.string("approximation_mode", "ERF").toUpperCase() === "TANH";
    return build.op("Gelu", [x], { approximate: tanh ? "tanh" : undefined });
  },
  HSigmoid: (_, [x], build) => build.op("HardSigmoid", [x], { alpha: float(1 / 6), beta: float(0.5) }),
  HardSigmoid: hardSigmoid,
  PReLU: prelu,
  Round: round,
  Selu: selu,
  Swish: swish,

  Add: binary("Add"),
  Divide: divide,
  FloorMod: floorMod,
  Maximum: binary("Max"),
  Minimum: binary("Min"),
  Mod: arithmetic((build, a, b) => build.op("Mod", [a, b], { fmod: 1 })),
  Multiply: binary("Mul"),
  Power: arithmetic((build, a, b) => build.op("Pow", [a, b])),
  SquaredDifference: arithmetic((build, a, b) => {
    const difference = build.op("Sub", [a, b]);
    return build.op("Mul", [difference, difference]);
  }),
  Subtract: binary("Sub"),

  Equal: comparison("Equal"),
  Greater: comparison("Greater"),
  GreaterEqual: comparison("GreaterOrEqual"),
  Less: comparison("Less"),
  LessEqual: comparison("LessOrEqual"),
  NotEqual: comparison("Equal", true),
  LogicalAnd: logical("And"),
  LogicalOr: logical("Or"),
  LogicalXor: logical("Xor"),

  Convert: convert(({ data, name }) => dataTypeOf(data.string("destination_type"), `the Convert layer '${name}'`)),
  ConvertLike: convert((_, [, like]) => like.type),
  Select: select,
  FakeQuantize: fakeQuantize,
};
