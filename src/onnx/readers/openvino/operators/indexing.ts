import { DataType, ints } from "../../../constant.js";
import { constantNumbers, type Operator, rankOf, unsupported, type Value } from "../builder.js";
import { dataTypeOf, type Layer } from "../layers.js";

const range = (from: number, to: number) => Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);

const axisOf = (axis: number, rank: number) => (axis < 0 ? axis + rank : axis);

/** Gather-1, -7 and -8; entries before `batch_dims` choose a row each. */
const gather: Operator = (layer, [x, indices, axisInput], build) => {
  const rank = rankOf(x, layer);
  const axis = axisOf(constantNumbers(axisInput, layer, "axis")[0], rank);
  const indexRank = rankOf(indices, layer);
  const batch = axisOf(layer.data.number("batch_dims", 0), indexRank);
  if (batch === 0) return build.op("Gather", [x, build.int64(indices)], { axis });
  const rest = [...range(batch, axis), ...range(axis + 1, rank)];
  const moved = build.transpose(x, [...range(0, batch), axis, ...rest]);
  const each = build.op("Unsqueeze", [build.int64(indices), ints([indexRank])]);
  const picked = build.op("GatherND", [moved, each], { batch_dims: batch });
  const between = axis - batch;
  return build.transpose(picked, [
    ...range(0, batch),
    ...range(indexRank, indexRank + between),
    ...range(batch, indexRank),
    ...range(indexRank + between, indexRank + rest.length),
  ]);
};

/** GatherND-8; version 5 joins the batch dimensions of its result. */
const gatherNd: Operator = (layer, [x, indices], build) => {
  const batch = layer.data.number("batch_dims", 0);
  const picked = build.op("GatherND", [x, build.int64(indices)], { batch_dims: batch });
  if (layer.opset >= 8 || batch < 2) return picked;
  const shape = build.op("Shape", [picked], { start: batch }, DataType.INT64);
  return build.op("Reshape", [picked, build.op("Concat", [ints([-1]), shape], { axis: 0 })]);
};

const REDUCTIONS: Readonly<Record<string, string>> = { none: "none", sum: "add", prod: "mul", min: "min", max: "max" };

function reductionOf(layer: Layer): string | undefined {
  const name = layer.data.string("reduction", "none");
  if (!layer.data.boolean("use_init_val", true)) unsupported(layer, "leaves the initial values out");
  const reduction = REDUCTIONS[name] ?? unsupported(layer, `reduces by '${name}'`);
  return reduction === "none" ? undefined : reduction;
}

const scatterElements: Operator = (layer, [x, indices, updates, axisInput], build) => {
  const [axis] = constantNumbers(axisInput, layer, "axis");
  return build.op("ScatterElements", [x, build.int64(indices), updates], { axis, reduction: reductionOf(layer) });
};

/** Slices of axis `axis` replaced by those of `updates`, whose index dimensions stand at the same place. */
const scatter: Operator = (layer, [x, indices, updates, axisInput], build) => {
  const rank = rankOf(x, layer);
  const indexRank = rankOf(indices, layer);
  const axis = axisOf(constantNumbers(axisInput, layer, "axis")[0], rank);
  const each = build.op("Unsqueeze", [build.int64(indices), ints([indexRank])]);
  const front = [axis, ...range(0, axis), ...range(axis + 1, rank)];
  const updatesFront = [
    ...range(axis, axis + indexRank),
    ...range(0, axis),
    ...range(axis + indexRank, rank - 1 + indexRank),
  ];
  const scattered = build.op("ScatterND", [build.transpose(x, front), each, build.transpose(updates, updatesFront)]);
  return build.transpose(scattered, [...range(1, axis + 1), 0, ...range(axis + 1, rank)]);
};

/** TopK-1, -3 and -11: largest or smallest, by value, by index or in no order. */
const topK: Operator = (layer, [x, count], build) => {
  const { data } = layer;
  const axis = axisOf(data.number("axis"), rankOf(x, layer));
  const k = build.reshape(build.int64(count), [1]);
  const sort = data.string("sort", "value").toLowerCase();
  const attributes = { axis, largest: Number(data.string("mode").toLowerCase() === "max") };
  let [values, indices]: Value[] = build.ops("TopK", [x, k], attributes, [x.type, DataType.INT64]);
  if (sort === "index") {
    const [ordered] = build.ops("TopK", [indices, k], { axis, largest: 0 }, [DataType.INT64, DataType.INT64]);
    values = build.op("GatherElements", [x, ordered], { axis });
    indices = ordered;
  }
  return [values, layer.outputs[1] && build.cast(indices, layer.outputs[1].type)];
};

const oneHot: Operator = (layer, [indices, depth, on, off], build) => {
  const values = build.op("Concat", [build.reshape(off, [1]), build.reshape(on, [1])], { axis: 0 });
  const count = build.reshape(build.int64(depth), [1]);
  return build.op("OneHot", [build.int64(indices), count, values], { axis: layer.data.number("axis") }, on.type);
};

const cumSum: Operator = ({ data }, [x, axis], build) =>
  build.op("CumSum", [x, build.reshape(build.int64(axis), [])], {
    exclusive: Number(data.boolean("exclusive", false)),
    reverse: Number(data.boolean("reverse", false)),
  });

const reverseSequence: Operator = ({ data }, [x, lengths], build) =>
  build.op("ReverseSequence", [x, build.int64(lengths)], {
    batch_axis: data.number("batch_axis", 0),
    time_axis: data.number("seq_axis", 1),
  });

const GRID_MODES: Readonly<Record<string, string>> = { bilinear: "linear", bicubic: "cubic", nearest: "nearest" };

const gridSample: Operator = (layer, inputs, build) => {
  const mode = layer.data.string("mode", "bilinear").toLowerCase();
  return build.op("GridSample", inputs, {
    mode: GRID_MODES[mode] ?? unsupported(layer, `samples by '${mode}'`),
    padding_mode: layer.data.string("padding_mode", "zeros").toLowerCase(),
    align_corners: Number(layer.data.boolean("align_corners", false)),
  });
};

/** A matrix with ones on a diagonal (Eye-9), of fixed size. */
const eye: Operator = (layer, [rows, columns, diagonal], build) => {
  const [height] = constantNumbers(rows, layer, "number of rows");
  const [width] = constantNumbers(columns, layer, "number of columns");
  const [shift] = constantNumbers(diagonal, layer, "diagonal");
  if (layer.inputs.length > 3) unsupported(layer, "is a batch of matrices");
  const values = Array.from({ length: height * width }, (_, i) =>
    Number((i % width) - Math.floor(i / width) === shift),
  );
  const type = dataTypeOf(layer.data.string("output_type"), `the Eye layer '${layer.name}'`);
  return build.cast({ type: DataType.FLOAT, dims: [height, width], data: Float32Array.from(values) }, type);
};

export const INDEXING: Readonly<Record<string, Operator>> = {
  Gather: gather,
  GatherElements: ({ data }, [x, indices], build) =>
    build.op("GatherElements", [x, build.int64(indices)], { axis: data.number("axis") }),
  GatherND: gatherNd,
  ScatterElementsUpdate: scatterElements,
  ScatterNDUpdate: (layer, [x, indices, updates], build) =>
    build.op("ScatterND", [x, build.int64(indices), updates], { reduction: reductionOf(layer) }),
  ScatterUpdate: scatter,
  TopK: topK,
  OneHot: oneHot,
  NonZero: ({ outputs }, [x], build) => build.cast(build.op("NonZero", [x], {}, DataType.INT64), outputs[0].type),
  CumSum: cumSum,
  ReverseSequence: reverseSequence,
  GridSample: gridSample,
  Eye: eye,
};
