import { float } from "../../../attributes.js";
import { DataType, floats, ints } from "../../../constant.js";
import { constantNumbers, type Operator, staticDims, unsupported, type Value } from "../builder.js";
import { detectionOutput } from "./detection-output.js";
import { PRIOR_BOXES } from "./prior-box.js";
import { flat, part } from "./shape.js";

const FAR = 2 ** 31 - 1;

const { FLOAT, INT64 } = DataType;

/** NonMaxSuppression-1 to -9: indices [n, 3] and scores [n, 3] of what is kept, and how many. */
const nonMaxSuppression: Operator = (layer, inputs, build) => {
  const [boxes, scores, count, overlap, threshold, sigma] = inputs;
  if (sigma && constantNumbers(sigma, layer, "sigma").some((value) => value !== 0))
    unsupported(layer, "softens scores");
  const { data, outputs } = layer;
  const center = data.string("box_encoding", "corner").toLowerCase() === "center";
  const one = (value: Value | undefined) => value && build.reshape(value, [1]);
  const given = [
    boxes,
    scores,
    one(count && build.int64(count)) ?? ints([0]),
    one(overlap) ?? floats([0]),
    one(threshold),
  ];
  let chosen = build.op("NonMaxSuppression", given, { center_point_box: center ? 1 : undefined }, INT64);
  let score = build.op("GatherND", [scores, chosen], {}, FLOAT);
  const many = build.op("Shape", [score], {}, INT64);
  if (data.boolean("sort_result_descending", true)) {
    const [best, order] = build.ops("TopK", [score, many], { axis: 0 }, [FLOAT, INT64]);
    chosen = build.op("Gather", [chosen, order], { axis: 0 });
    score = best;
  }
  const ids = build.cast(part(chosen, 1, 0, 2, build), FLOAT);
  const table = build.op("Concat", [ids, build.op("Unsqueeze", [score, ints([1])])], { axis: 1 });
  if (layer.opset < 5) {
    const [limit] = constantNumbers(given[2], layer, "number of boxes");
    const [images, classes, places] = staticDims(scores, layer);
    const rows = images * classes * Math.min(places, limit);
    const missing = build.op("Sub", [ints([rows]), many]);
    chosen = build.op("Pad", [chosen, flat([ints([0, 0]), missing, ints([0])], build), ints(-1)]);
  }
  const results = [build.cast(chosen, outputs[0].type), table, build.cast(many, outputs[2]?.type ?? INT64)];
  return results.slice(0, outputs.length);
};

/** Positions and confidences of YOLO v2 and v3 squashed (RegionYolo-1). */
const regionYolo: Operator = (layer, [x], build) => {
  const { data } = layer;
  const soft = data.boolean("do_softmax", true);
  const regions = soft ? data.number("num") : data.numbers("mask", []).length;
  const [coordinates, classes] = [data.number("coords"), data.number("classes")];
  const [, height, width] = staticDims(x, layer, 1);
  const cut = build.reshape(x, [-1, regions, coordinates + 1 + classes, height, width]);
  const squash = (from: number, to: number) => build.op("Sigmoid", [part(cut, 2, from, to, build)]);
  const labels = part(cut, 2, coordinates + 1, FAR, build);
  const parts = [
    squash(0, 2),
    part(cut, 2, 2, coordinates, build),
    squash(coordinates, coordinates + 1),
    soft ? build.op("Softmax", [labels], { axis: 2 }) : build.op("Sigmoid", [labels]),
  ];
  const dims = layer.outputs[0].dims.slice(1);
  if (dims.some((size) => typeof size !== "number")) unsupported(layer, "needs fixed dimensions");
  return build.reshape(build.op("Concat", parts, { axis: 2 }), [-1, ...(dims as number[])]);
};

/** Darknet's reorganisation: memory read as fewer, larger channels, then blocks become channels (ReorgYolo-1). */
const reorgYolo: Operator = (layer, [x], build) => {
  const stride = layer.data.number("stride");
  const [channels, height, width] = staticDims(x, layer, 1);
  const wide = build.reshape(x, [-1, channels / stride ** 2, height * stride, width * stride]);
  const blocks = build.op("SpaceToDepth", [wide], { blocksize: stride });
  return build.reshape(blocks, [-1, channels * stride ** 2, height / stride, width / stride]);
};

const roiAlign: Operator = (layer, [x, boxes, batches], build) => {
  const { data } = layer;
  const aligned = data.string("aligned_mode", "asymmetric").toLowerCase();
  const mode = data.string("mode").toLowerCase();
  if (mode === "max" && data.number("sampling_ratio") !== 1) unsupported(layer, "takes the maximum of several samples");
  // "half_pixel" shifts the boxes before they are scaled, "half_pixel_for_nn" only after.
  const placed = aligned === "half_pixel" ? build.op("Add", [boxes, floats(0.5)]) : boxes;
  return build.op("RoiAlign", [x, placed, build.int64(batches)], {
    output_height: data.number("pooled_h"),
    output_width: data.number("pooled_w"),
    sampling_ratio: data.number("sampling_ratio"),
    spatial_scale: float(data.number("spatial_scale")),
    mode,
    coordinate_transformation_mode: aligned === "asymmetric" ? "output_half_pixel" : "half_pixel",
  });
};

export const DETECTION: Readonly<Record<string, Operator>> = {
  ...PRIOR_BOXES,
  DetectionOutput: detectionOutput,
  NonMaxSuppression: nonMaxSuppression,
  RegionYolo: regionYolo,
  ReorgYolo: reorgYolo,
  ROIAlign: roiAlign,
};
