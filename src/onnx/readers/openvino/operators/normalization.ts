import { sizeOf } from "../../../../core/tensor.js";
import { float } from "../../../attributes.js";
import { DataType, floats, ints } from "../../../constant.js";
import {
  type Builder,
  constantNumbers,
  isConstant,
  type Operator,
  rankOf,
  staticDims,
  type Value,
} from "../builder.js";
import type { Layer } from "../layers.js";

const range = (from: number, to: number) => Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);

/** Mean 0 and, where asked, variance 1 over some axes. */
function normalize(
  x: Value,
  axes: readonly number[],
  rank: number,
  layer: Layer,
  build: Builder,
  inside: boolean,
): Value {
  const epsilon = layer.data.number("eps", 1e-9);
  const scaled = layer.data.boolean("normalize_variance", true);
  const trailing = axes.every((axis, i) => axis === rank - axes.length + i);
  const sizes = axes.map((axis) => x.dims?.[axis]);
  if (scaled && inside && trailing && axes.length > 0 && sizes.every((size) => typeof size === "number")) {
    const scale = floats(new Float32Array(sizeOf(sizes)).fill(1), sizes);
    return build.op("LayerNormalization", [x, scale], { axis: axes[0], epsilon: float(epsilon) });
  }
  const over = ints([...axes]);
  const centred = build.op("Sub", [x, build.op("ReduceMean", [x, over], { keepdims: 1 })]);
  if (!scaled) return centred;
  const variance = build.op("ReduceMean", [build.op("Mul", [centred, centred]), over], { keepdims: 1 });
  const spread = inside
    ? build.op("Sqrt", [build.op("Add", [variance, floats(epsilon)])])
    : build.op("Add", [build.op("Sqrt", [variance]), floats(epsilon)]);
  return build.op("Div", [centred, spread]);
}

const mvn: Operator = (layer, [x, axesInput], build) => {
  const rank = rankOf(x, layer);
  const axes = axesInput
    ? constantNumbers(axesInput, layer, "axes").map((axis) => (axis < 0 ? axis + rank : axis))
    : range(layer.data.boolean("across_channels", false) ? 1 : 2, rank);
  const inside = layer.data.string("eps_mode", "inside_sqrt").toLowerCase() === "inside_sqrt";
  return normalize(
    x,
    axes.sort((a, b) => a - b),
    rank,
    layer,
    build,
    inside,
  );
};

const normalizeL2: Operator = (layer, [x, axes], build) => {
  const { data } = layer;
  const squares = build.op("Mul", [x, x]);
  const list = axes.dims?.length === 0 ? build.reshape(axes, [1]) : axes;
  const attributes = { keepdims: 1, noop_with_empty_axes: 1 };
  const sum = build.op("ReduceSum", [squares, build.int64(list)], attributes);
  const guarded = build.op(data.string("eps_mode") === "max" ? "Max" : "Add", [sum, floats(data.number("eps"))]);
  return build.op("Div", [x, build.op("Sqrt", [guarded])]);
};

const batchNorm: Operator = ({ opset, data }, inputs, build) => {
  const [x, scale, shift] = opset >= 5 ? inputs : [inputs[2], inputs[0], inputs[1]];
  const epsilon = float(data.number(data.has("epsilon") ? "epsilon" : "eps"));
  return build.op("BatchNormalization", [x, scale, shift, inputs[3], inputs[4]], { epsilon });
};

const groupNorm: Operator = (layer, [x, scale, shift], build) => {
  const groups = layer.data.number("num_groups");
  const rank = rankOf(x, layer);
  const flat = build.op("Reshape", [x, ints([0, groups, -1])]);
  const [ones, zeros] = [new Float32Array(groups).fill(1), new Float32Array(groups)].map((values) => floats(values));
  const epsilon = float(layer.data.number("epsilon"));
  const normal = build.op("InstanceNormalization", [flat, ones, zeros], { epsilon });
  const shaped = build.op("Reshape", [normal, build.op("Shape", [x], {}, DataType.INT64)]);
  const [gain, offset] = [scale, shift].map((value) =>
    build.reshape(value, [-1, ...new Array<number>(rank - 2).fill(1)]),
  );
  return build.op("Add", [build.op("Mul", [shaped, gain]), offset]);
};

const softMax =
  (opType: string): Operator =>
  ({ data }, [x], build) =>
    build.op(opType, [x], { axis: data.number("axis", 1) });

/** softmax(Q·Kᵀ · scale + mask)·V (ScaledDotProductAttention-13). */
const attention: Operator = (layer, [query, key, value, given, scale], build) => {
  const rank = rankOf(key, layer);
  const perm = [...range(0, rank - 2), rank - 1, rank - 2];
  const width = () => floats(1 / Math.sqrt(staticDims(query, layer, rankOf(query, layer) - 1)[0]));
  const scaled = build.op("Mul", [query, scale ?? width()]);
  let scores = build.op("MatMul", [scaled, build.transpose(key, perm)]);
  const hidden = floats(Number.NEGATIVE_INFINITY);
  if (layer.data.boolean("causal", false)) {
    const size = build.op("Shape", [scores], {}, DataType.INT64);
    const last = build.op("Slice", [size, ints([-2]), ints([Number.MAX_SAFE_INTEGER])]);
    const square = build.op("ConstantOfShape", [last], {}, DataType.FLOAT);
    const above = build.op("Trilu", [build.op("Add", [square, floats(1)]), ints(1)], { upper: 1 });
    scores = build.op("Where", [build.cast(above, DataType.BOOL), hidden, scores], {}, DataType.FLOAT);
  } else if (given && !(isConstant(given) && given.dims.length === 0)) {
    scores =
      given.type === DataType.BOOL
        ? build.op("Where", [given, scores, hidden], {}, DataType.FLOAT)
        : build.op("Add", [scores, given]);
  }
  return build.op("MatMul", [build.op("Softmax", [scores], { axis: -1 }), value]);
};

export const NORMALIZATION: Readonly<Record<string, Operator>> = {
  MVN: mvn,
  NormalizeL2: normalizeL2,
  BatchNormInference: batchNorm,
  GroupNormalization: groupNorm,
  GRN: ({ data }, [x], build) => {
    const sum = build.op("ReduceSum", [build.op("Mul", [x, x]), ints([1])], { keepdims: 1 });
    return build.op("Div", [x, build.op("Sqrt", [build.op("Add", [sum, floats(data.number("bias"))])])]);
  },
  SoftMax: softMax("Softmax"),
  LogSoftmax: softMax("LogSoftmax"),
  ScaledDotProductAttention: attention,
};
