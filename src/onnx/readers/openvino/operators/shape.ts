import { sizeOf } from "../../../../core/tensor.js";
import { DataType, ints } from "../../../constant.js";
import {
  type Builder,
  constantNumbers,
  isConstant,
  type Operator,
  rankOf,
  staticDims,
  unsupported,
  type Value,
} from "../builder.js";
import { numbersOf } from "../fold.js";
import { dataTypeOf, type Layer } from "../layers.js";
import { broadcasting } from "./elementwise.js";

const FAR = 2 ** 31 - 1;

const axisOf = (axis: number, rank: number) => (axis < 0 ? axis + rank : axis);

/** A list as ONNX wants it: one-dimensional int64. */
function list(value: Value, build: Builder): Value {
  return build.int64(value.dims?.length === 0 ? build.reshape(value, [1]) : value);
}

/** Some elements along one axis. */
export function part(x: Value, axis: number, from: number, to: number, build: Builder): Value {
  return build.op("Slice", [x, ints([from]), ints([to]), ints([axis])]);
}

/** A row of some length, flat. */
export function flat(values: readonly Value[], build: Builder): Value {
  return values.length === 1 ? values[0] : build.op("Concat", values, { axis: 0 });
}

function shapeOf(x: Value, build: Builder): Value {
  if (x.dims?.every((dim) => typeof dim === "number")) return ints(x.dims as number[]);
  return build.op("Shape", [x], {}, DataType.INT64);
}

const reshape: Operator = (layer, [x, shape], build) => {
  const special = layer.data.boolean("special_zero", false);
  const zeros = !isConstant(shape) || Array.from(numbersOf(shape)).includes(0);
  return build.op("Reshape", [x, list(shape, build)], { allowzero: zeros && !special ? 1 : undefined });
};

const squeeze: Operator = (layer, [x, axes], build) => {
  const dims = x.dims;
  if (!axes) return build.op("Squeeze", [x]);
  if (!isConstant(axes) || !dims) return build.op("Squeeze", [x, list(axes, build)]);
  const chosen = constantNumbers(axes, layer, "axes").filter((axis) => {
    const size = dims[axisOf(axis, dims.length)];
    return size === 1 || size === undefined;
  });
  return chosen.length > 0 || axes.data.length === 0 ? build.op("Squeeze", [x, ints(chosen)]) : x;
};

const transpose: Operator = (layer, [x, order], build) => {
  const rank = rankOf(x, layer);
  const perm = constantNumbers(order, layer, "order").map((axis) => axisOf(axis, rank));
  return build.transpose(x, perm.length > 0 ? perm : Array.from({ length: rank }, (_, axis) => rank - 1 - axis));
};

const concat: Operator = ({ data }, inputs, build) =>
  inputs.length === 1 ? inputs[0] : build.op("Concat", inputs, { axis: data.number("axis") });

const split: Operator = (layer, [x, axisInput], build) => {
  const [axis] = constantNumbers(axisInput, layer, "axis");
  const count = layer.data.number("num_splits");
  if (count === 1) return x;
  return build.ops("Split", [x], { axis, num_outputs: count }, new Array<DataType>(count).fill(x.type));
};

const variadicSplit: Operator = (layer, [x, axisInput, lengthsInput], build) => {
  const [axis] = constantNumbers(axisInput, layer, "axis");
  if (!isConstant(lengthsInput)) {
    const types = layer.outputs.map(() => x.type);
    return build.ops("Split", [x, withRest(build.int64(lengthsInput), x, axis, build)], { axis }, types);
  }
  const lengths = constantNumbers(lengthsInput, layer, "split lengths");
  const open = lengths.indexOf(-1);
  if (open < 0)
    return build.ops(
      "Split",
      [x, ints(lengths)],
      { axis },
      lengths.map(() => x.type),
    );
  const before = sum(lengths.slice(0, open));
  const after = sum(lengths.slice(open + 1));
  const cut = (from: number, to: number) => part(x, axis, from, to, build);
  let at = 0;
  return lengths.map((length, i) => {
    if (i === open) return cut(before, after === 0 ? FAR : -after);
    const start = i < open ? at : -sum(lengths.slice(i));
    at += length;
    const end = start + length;
    return cut(start, i > open && end === 0 ? FAR : end);
  });
};

/** Lengths of which one may be −1, for what the others leave over. */
function withRest(lengths: Value, x: Value, axis: number, build: Builder): Value {
  const all = build.op("Gather", [build.op("Shape", [x], {}, DataType.INT64), ints([axis])], {}, DataType.INT64);
  const others = build.op("Add", [build.op("ReduceSum", [lengths], { keepdims: 1 }), ints([1])]);
  const open = build.op("Less", [lengths, ints([0])], {}, DataType.BOOL);
  return build.op("Where", [open, build.op("Sub", [all, others]), lengths], {}, DataType.INT64);
}

const sum = (lengths: readonly number[]) => lengths.reduce((total, length) => total + length, 0);

/** Slice-8: as ONNX's, its lists optional. */
const slice: Operator = (_, [x, start, stop, step, axes], build) =>
  build.op("Slice", [x, list(start, build), list(stop, build), axes && list(axes, build), step && list(step, build)]);

/** StridedSlice-1: numpy's indexing with `...`, `newaxis`, single indices and open ends, each by a mask. */
const stridedSlice: Operator = (layer, [x, beginInput, endInput, stridesInput], build) => {
  const rank = rankOf(x, layer);
  const { data } = layer;
  const mask = (name: string) => {
    const bits = data.numbers(name, []);
    return (i: number) => bits[i] === 1;
  };
  const [openBegin, openEnd] = [mask("begin_mask"), mask("end_mask")];
  const [added, shrunk, skipped] = [mask("new_axis_mask"), mask("shrink_axis_mask"), mask("ellipsis_mask")];
  const count = beginInput.dims?.[0];
  if (typeof count !== "number") return unsupported(layer, "has a begin of unknown length");
  const strides = stridesInput ? constantNumbers(stridesInput, layer, "strides") : new Array<number>(count).fill(1);

  const steps = Array.from({ length: count }, (_, i) => i);
  const spent = steps.filter((i) => !added(i) && !skipped(i)).length;
  const taken: { axis: number; i: number; by: number }[] = [];
  const [gone, fresh]: [number[], number[]] = [[], []];
  let [axis, out] = [0, 0];
  for (const i of steps) {
    if (skipped(i)) {
      axis += rank - spent;
      out += rank - spent;
    } else if (added(i)) fresh.push(out++);
    else {
      taken.push({ axis, i, by: shrunk(i) ? 1 : strides[i] });
      if (shrunk(i)) gone.push(axis);
      else out++;
      axis++;
    }
  }
  const sliced = taken.filter(({ i, by }) => shrunk(i) || !openBegin(i) || !openEnd(i) || by !== 1);
  let value = x;
  if (sliced.length > 0) {
    const entry = (list: Value, i: number) => build.int64(build.op("Slice", [list, ints([i]), ints([i + 1])]));
    const starts = sliced.map(({ i, by }) =>
      openBegin(i) && !shrunk(i) ? ints([by > 0 ? 0 : FAR]) : entry(beginInput, i),
    );
    const ends = sliced.map(({ i, by }) => {
      if (shrunk(i)) return following(entry(beginInput, i), build);
      return openEnd(i) ? ints([by > 0 ? FAR : -FAR]) : entry(endInput, i);
    });
    value = build.op("Slice", [
      x,
      flat(starts, build),
      flat(ends, build),
      ints(sliced.map((part) => part.axis)),
      ints(sliced.map((part) => part.by)),
    ]);
  }
  if (gone.length > 0) value = build.op("Squeeze", [value, ints(gone)]);
  return fresh.length > 0 ? build.op("Unsqueeze", [value, ints(fresh)]) : value;
};

/** One past a single index, counted from the end where that is negative. */
function following(index: Value, build: Builder): Value {
  if (isConstant(index)) return ints([index.data[0] === -1n ? FAR : Number(index.data[0]) + 1]);
  const next = build.op("Add", [index, ints([1])]);
  const wraps = build.op("Equal", [next, ints([0])], {}, DataType.BOOL);
  return build.op("Where", [wraps, ints([FAR]), next], {}, DataType.INT64);
}

const MODES: Readonly<Record<string, string>> = { constant: "constant", edge: "edge", reflect: "reflect" };

const pad: Operator = (layer, [x, begin, end, fill], build) => {
  const mode = layer.data.string("pad_mode").toLowerCase();
  if (mode === "symmetric") return padSymmetric(layer, x, begin, end, build);
  const pads = flat([list(begin, build), list(end, build)], build);
  const value = mode === "constant" ? (fill ?? build.like(x, 0)) : undefined;
  return build.op("Pad", [x, pads, value], { mode: MODES[mode] ?? unsupported(layer, `pads by '${mode}'`) });
};

/** Mirrored with the edge repeated, which ONNX has no mode for: the cells are gathered. */
function padSymmetric(layer: Layer, x: Value, begin: Value, end: Value, build: Builder): Value {
  const [before, after] = [constantNumbers(begin, layer, "padding"), constantNumbers(end, layer, "padding")];
  let padded = x;
  for (const [axis, first] of before.entries()) {
    if (first === 0 && after[axis] === 0) continue;
    const size = x.dims?.[axis];
    if (typeof size !== "number") return unsupported(layer, "mirrors a dimension of free size");
    const cells = Array.from({ length: first + size + after[axis] }, (_, i) => {
      const at = (((i - first) % (2 * size)) + 2 * size) % (2 * size);
      return at < size ? at : 2 * size - 1 - at;
    });
    padded = build.op("Gather", [padded, ints(cells)], { axis });
  }
  return padded;
}

const broadcast: Operator = (layer, [x, shape, mapping], build) => {
  const mode = layer.data.string("mode", "numpy").toLowerCase();
  let lined = x;
  if (mapping && (mode === "explicit" || mode === "none")) {
    const axes = constantNumbers(mapping, layer, "axes mapping");
    const rank = shape.dims?.[0];
    if (typeof rank !== "number") return unsupported(layer, "has a target of unknown rank");
    const missing = Array.from({ length: rank }, (_, axis) => axis).filter((axis) => !axes.includes(axis));
    if (missing.length > 0) lined = build.op("Unsqueeze", [x, ints(missing)]);
  } else if (mode === "pdpd") {
    const target: Value = { name: "", type: x.type, dims: new Array(Number(shape.dims?.[0])).fill(undefined) };
    [, lined] = broadcasting(layer, [target, x], build);
  }
  return build.op("Expand", [lined, list(shape, build)]);
};

const tile: Operator = (layer, [x, repeats], build) => {
  const rank = rankOf(x, layer);
  const count = repeats.dims?.[0];
  if (typeof count !== "number") return unsupported(layer, "has repeats of unknown length");
  const missing = (length: number) => Array.from({ length }, (_, axis) => axis);
  if (count > rank)
    return build.op("Tile", [build.op("Unsqueeze", [x, ints(missing(count - rank))]), list(repeats, build)]);
  const padded =
    count < rank ? [ints(missing(rank - count).map(() => 1)), list(repeats, build)] : [list(repeats, build)];
  return build.op("Tile", [x, flat(padded, build)]);
};

const rangeOf: Operator = ({ data, outputs }, inputs, build) => {
  const name = data.string("output_type", "");
  const type = name ? dataTypeOf(name, "a Range layer") : outputs[0].type;
  const [start, stop, step] = inputs.map((value) =>
    build.cast(value.dims?.length === 1 ? build.op("Squeeze", [value]) : value, type),
  );
  return build.op("Range", [start, stop, step], {}, type);
};

/** Rows and columns of a block become channels (SpaceToDepth-1), or the other way round (DepthToSpace-1). */
const blocks =
  (toDepth: boolean): Operator =>
  (layer, [x], build) => {
    const block = layer.data.number("block_size", 1);
    const blocksFirst = layer.data.string("mode") === "blocks_first";
    if (!toDepth) return build.op("DepthToSpace", [x], { blocksize: block, mode: blocksFirst ? "DCR" : "CRD" });
    if (blocksFirst) return build.op("SpaceToDepth", [x], { blocksize: block });
    const [channels, height, width] = staticDims(x, layer, 1);
    const cut = build.reshape(x, [-1, channels, height / block, block, width / block, block]);
    const moved = build.transpose(cut, [0, 1, 3, 5, 2, 4]);
    return build.reshape(moved, [-1, channels * block * block, height / block, width / block]);
  };

const shuffleChannels: Operator = (layer, [x], build) => {
  const rank = rankOf(x, layer);
  const axis = axisOf(layer.data.number("axis", 1), rank);
  const group = layer.data.number("group", 1);
  const [size] = staticDims(x, layer, axis);
  const before = Array.from({ length: axis }, () => 0);
  const split = build.reshape(x, [...before, group, size / group, -1]);
  const perm = [...before.map((_, i) => i), axis + 1, axis, axis + 2];
  return build.op("Reshape", [build.transpose(split, perm), shapeOf(x, build)]);
};

const roll: Operator = (layer, [x, shift, axes], build) => {
  const rank = rankOf(x, layer);
  const shifts = constantNumbers(shift, layer, "shift");
  return constantNumbers(axes, layer, "axes").reduce((value: Value, axis, i) => {
    const [size] = staticDims(x, layer, axisOf(axis, rank));
    const by = shifts.length === 1 ? shifts[0] : shifts[i];
    const cut = (((size - by) % size) + size) % size;
    if (cut === 0) return value;
    return build.op("Concat", [part(value, axis, cut, FAR, build), part(value, axis, 0, cut, build)], { axis });
  }, x);
};

/** Blocks of rows and columns become batches (SpaceToBatch-2), or the other way round (BatchToSpace-2). */
const batchBlocks =
  (toBatch: boolean): Operator =>
  (layer, [x, blockInput, beginInput, endInput], build) => {
    const block = constantNumbers(blockInput, layer, "block shape");
    const [begin, end] = [constantNumbers(beginInput, layer, "begin"), constantNumbers(endInput, layer, "end")];
    const dims = staticDims(x, layer);
    const rank = dims.length;
    const axes = Array.from({ length: rank }, (_, axis) => axis);
    if (toBatch) {
      const padded = build.op("Pad", [x, ints([...begin, ...end]), build.like(x, 0)]);
      const cells = dims.map((size, axis) => (size + begin[axis] + end[axis]) / block[axis]);
      const cut = build.reshape(
        padded,
        cells.flatMap((size, axis) => [size, block[axis]]),
      );
      const inner = axes.slice(1);
      const perm = [...inner.map((axis) => 2 * axis + 1), 0, 1, ...inner.map((axis) => 2 * axis)];
      const moved = build.transpose(cut, perm);
      return build.reshape(moved, [sizeOf(block) * dims[0], ...cells.slice(1)]);
    }
    const batches = dims[0] / sizeOf(block);
    const cut = build.reshape(x, [...block.slice(1), batches, ...dims.slice(1)]);
    const perm = [rank - 1, ...axes.slice(1).flatMap((axis) => [rank - 1 + axis, axis - 1])];
    const sizes = dims.map((size, axis) => (axis === 0 ? batches : size * block[axis]));
    const whole = build.reshape(build.transpose(cut, perm), sizes);
    return build.op("Slice", [whole, ints(begin), ints(sizes.map((size, axis) => size - end[axis]))]);
  };

export const SHAPE: Readonly<Record<string, Operator>> = {
  Reshape: reshape,
  Squeeze: squeeze,
  Unsqueeze: (_, [x, axes], build) => build.op("Unsqueeze", [x, list(axes, build)]),
  Transpose: transpose,
  Concat: concat,
  Split: split,
  VariadicSplit: variadicSplit,
  Slice: slice,
  StridedSlice: stridedSlice,
  Pad: pad,
  Broadcast: broadcast,
  Tile: tile,
  Range: rangeOf,
  ShapeOf: ({ outputs }, [x], build) => build.cast(shapeOf(x, build), outputs[0].type),
  SpaceToDepth: blocks(true),
  DepthToSpace: blocks(false),
  SpaceToBatch: batchBlocks(true),
  BatchToSpace: batchBlocks(false),
  ShuffleChannels: shuffleChannels,
  Roll: roll,
};
