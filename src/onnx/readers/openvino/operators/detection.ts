import { float } from "../../../attributes.js";
import { DataType, floats, ints } from "../../../constant.js";
import { type Builder, constantNumbers, type Operator, staticDims, unsupported, type Value } from "../builder.js";
import type { Layer } from "../layers.js";
import { flat } from "./shape.js";

const FAR = 2 ** 31 - 1;

const { FLOAT, INT64, BOOL } = DataType;

function slice(x: Value, axis: number, from: number, to: number, build: Builder): Value {
  return build.op("Slice", [x, ints([from]), ints([to]), ints([axis])]);
}

/** Four variances a box: as given, one for all, or 0.1. */
function variances(given: readonly number[], count: number): Float32Array {
  const pattern = given.length === 4 ? given : new Array<number>(4).fill(given[0] ?? 0.1);
  return Float32Array.from({ length: count }, (_, i) => pattern[i % 4]);
}

/** Two rows, boxes and variances. */
function priors(boxes: readonly number[], layer: Layer): Value {
  const data = new Float32Array(boxes.length * 2);
  data.set(boxes);
  data.set(variances(layer.data.numbers("variance", []), boxes.length), boxes.length);
  return floats(data, [2, boxes.length]);
}

/** Boxes of several sizes and shapes around every cell's centre (PriorBox-1, -8). */
const priorBox: Operator = (layer, [outputSize, imageSize]) => {
  const { data } = layer;
  const [rows, columns] = constantNumbers(outputSize, layer, "grid size");
  const [height, width] = constantNumbers(imageSize, layer, "image size");
  const scaleAll = data.boolean("scale_all_sizes", true);
  const given = data.number("step", 0);
  const step = scaleAll ? given : given === -1 ? height / rows : given * height;
  const minSizes = data.numbers("min_size", []).map((size) => (scaleAll ? size : size * height));
  const maxSizes = scaleAll ? data.numbers("max_size", []) : [];
  const [fixedSizes, fixedRatios, density] = ["fixed_size", "fixed_ratio", "density"].map((name) =>
    data.numbers(name, []),
  );
  const offset = data.number("offset");
  const minMaxFirst = data.boolean("min_max_aspect_ratios_order", true);
  const ratios = [1];
  for (const ratio of data.numbers("aspect_ratio", [])) {
    for (const value of data.boolean("flip", false) ? [ratio, 1 / ratio] : [ratio]) {
      if (ratios.every((known) => Math.abs(known - value) >= 1e-6)) ratios.push(value);
    }
  }

  const boxes: number[] = [];
  const clamp = (value: number) => Math.min(Math.max(value, 0), 1);
  const add = (x: number, y: number, halfWidth: number, halfHeight: number, clip = data.boolean("clip", false)) => {
    const box = [
      (x - halfWidth) / width,
      (y - halfHeight) / height,
      (x + halfWidth) / width,
      (y + halfHeight) / height,
    ];
    boxes.push(...(clip ? box.map(clamp) : box));
  };
  const dense = (x: number, y: number, size: number, count: number, ratio: number) => {
    const shift = size / count;
    for (let row = 0; row < count; row++) {
      for (let column = 0; column < count; column++) {
        const [left, top] = [x - size / 2 + shift / 2 + column * shift, y - size / 2 + shift / 2 + row * shift];
        add(left, top, (size / 2) * Math.sqrt(ratio), size / 2 / Math.sqrt(ratio), true);
      }
    }
  };
  const [stepX, stepY] = step === 0 ? [width / columns, height / rows] : [step, step];
  const shift = step === 0 ? 0.5 : offset;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const [x, y] = [(column + shift) * stepX, (row + shift) * stepY];
      fixedSizes.forEach((size, i) => {
        const count = density[i] ?? 1;
        const shapes = fixedRatios.length > 0 ? fixedRatios : [...(density.length > 0 ? [1] : []), ...ratios.slice(1)];
        for (const ratio of shapes) dense(x, y, size, count, ratio);
      });
      minSizes.forEach((size, i) => {
        const shapes = () => {
          if (!scaleAll && i < minSizes.length - 1) return;
          const base = minSizes[scaleAll ? i : 0] / 2;
          for (const ratio of ratios.slice(1)) add(x, y, base * Math.sqrt(ratio), base / Math.sqrt(ratio));
        };
        add(x, y, size / 2, size / 2);
        if (!minMaxFirst) shapes();
        if (i < maxSizes.length) add(x, y, Math.sqrt(size * maxSizes[i]) / 2, Math.sqrt(size * maxSizes[i]) / 2);
        if (minMaxFirst) shapes();
      });
    }
  }
  return priors(boxes, layer);
};

/** Boxes of given widths and heights around every cell's centre (PriorBoxClustered-1). */
const priorBoxClustered: Operator = (layer, [outputSize, imageSize]) => {
  const { data } = layer;
  const [rows, columns] = constantNumbers(outputSize, layer, "grid size");
  const [height, width] = constantNumbers(imageSize, layer, "image size");
  const [widths, heights] = [data.numbers("width", [1]), data.numbers("height", [1])];
  const step = data.number("step", 0);
  const stepX = data.number("step_w", 0) || step || width / columns;
  const stepY = data.number("step_h", 0) || step || height / rows;
  const [offset, clip] = [data.number("offset"), data.boolean("clip", false)];
  const boxes: number[] = [];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const [x, y] = [(column + offset) * stepX, (row + offset) * stepY];
      widths.forEach((across, i) => {
        const [halfWidth, halfHeight] = [across / 2, heights[i] / 2];
        const box = [
          (x - halfWidth) / width,
          (y - halfHeight) / height,
          (x + halfWidth) / width,
          (y + halfHeight) / height,
        ];
        boxes.push(...(clip ? box.map((value) => Math.min(Math.max(value, 0), 1)) : box));
      });
    }
  }
  return priors(boxes, layer);
};

/** Offsets [n, priors, 4] and prior boxes to corners [n, priors, 4] (DetectionOutput-1). */
function decode(layer: Layer, offsets: Value, box: Value, variance: Value | undefined, build: Builder): Value {
  const scaled = variance ? build.op("Mul", [offsets, variance]) : offsets;
  const type = layer.data.string("code_type", "caffe.PriorBoxParameter.CORNER");
  if (type.endsWith("CORNER")) return build.op("Add", [box, scaled]);
  if (!type.endsWith("CENTER_SIZE")) unsupported(layer, `codes boxes as '${type}'`);
  const [low, high] = [slice(box, 2, 0, 2, build), slice(box, 2, 2, 4, build)];
  const size = build.op("Sub", [high, low]);
  const centre = build.op("Mul", [build.op("Add", [low, high]), floats(0.5)]);
  const moved = build.op("Add", [build.op("Mul", [slice(scaled, 2, 0, 2, build), size]), centre]);
  const grown = build.op("Mul", [build.op("Exp", [slice(scaled, 2, 2, 4, build)]), size]);
  const half = build.op("Mul", [grown, floats(0.5)]);
  return build.op("Concat", [build.op("Sub", [moved, half]), build.op("Add", [moved, half])], { axis: 2 });
}

/** SSD's end: boxes decoded, suppressed class by class, the best of them as rows [image, class, score, x1, y1, x2, y2]. */
const detectionOutput: Operator = (layer, inputs, build) => {
  const { data } = layer;
  if (inputs.length > 3) unsupported(layer, "refines boxes in two steps");
  if (!data.boolean("share_location", true)) unsupported(layer, "has boxes for every class");
  if (data.boolean("decrease_label_id", false)) unsupported(layer, "suppresses boxes as MXNet does");
  const [batch] = inputs[0].dims ?? [];
  if (typeof batch === "number" && batch !== 1) unsupported(layer, "has a batch of several images");
  const normalized = data.boolean("normalized", false);
  const [width, height] = [data.number("input_width", 1), data.number("input_height", 1)];
  const encoded = data.boolean("variance_encoded_in_target", false);
  const size = normalized ? 4 : 5;
  const [, , extent] = staticDims(inputs[2], layer);
  const count = extent / size;
  // Opset 8 leaves num_classes out: it follows from the shapes.
  const classes = data.has("num_classes") ? data.number("num_classes") : staticDims(inputs[1], layer, 1)[0] / count;

  const rows = build.reshape(inputs[2], [1, encoded ? 1 : 2, count, size]);
  const row = (i: number) => build.op("Squeeze", [slice(rows, 1, i, i + 1, build), ints([1])]);
  const scale = floats([1 / width, 1 / height, 1 / width, 1 / height]);
  const prior = normalized ? row(0) : build.op("Mul", [slice(row(0), 2, 1, 5, build), scale]);
  // Variances lie four a box even where boxes lie five.
  const spread = () => slice(build.reshape(slice(rows, 1, 1, 2, build), [1, -1]), 1, 0, count * 4, build);
  const variance = encoded ? undefined : build.reshape(spread(), [1, count, 4]);
  const limits = [floats(0), floats(1)];
  let boxes = decode(layer, build.reshape(inputs[0], [1, count, 4]), prior, variance, build);
  if (data.boolean("clip_before_nms", false)) boxes = build.op("Clip", [boxes, ...limits]);

  const background = data.number("background_label_id", 0);
  const kept = Array.from({ length: classes }, (_, label) => label).filter((label) => label !== background);
  const all = build.transpose(build.reshape(inputs[1], [1, count, classes]), [0, 2, 1]);
  let scores = build.op("Gather", [all, ints(kept)], { axis: 1 });
  const topK = data.number("top_k", -1);
  if (topK > 0 && topK < count) {
    const [best] = build.ops("TopK", [scores, ints([topK])], { axis: 2 }, [FLOAT, INT64]);
    const least = slice(best, 2, topK - 1, topK, build);
    const enough = build.op("GreaterOrEqual", [scores, least], {}, BOOL);
    scores = build.op("Where", [enough, scores, floats(Number.NEGATIVE_INFINITY)], {}, FLOAT);
  }
  const thresholds = [floats(data.number("nms_threshold")), floats(data.number("confidence_threshold", 0))];
  const nms = [boxes, scores, ints([topK > 0 ? topK : count]), ...thresholds];
  let chosen = build.op("NonMaxSuppression", nms, {}, INT64);
  let score = build.op("GatherND", [scores, chosen], {}, FLOAT);
  const [keep] = data.numbers("keep_top_k");
  if (keep > 0) {
    const many = build.op("Min", [build.op("Shape", [score], {}, INT64), ints([keep])], {}, INT64);
    const [, order] = build.ops("TopK", [score, many], { axis: 0 }, [FLOAT, INT64]);
    const [places] = build.ops("TopK", [order, many], { axis: 0, largest: 0 }, [INT64, INT64]);
    chosen = build.op("Gather", [chosen, places], { axis: 0 });
    score = build.op("Gather", [score, places], { axis: 0 });
  }
  const column = (i: number) => slice(chosen, 1, i, i + 1, build);
  const label = build.op("Gather", [ints(kept), column(1)], {}, INT64);
  let corners = build.op(
    "Gather",
    [build.reshape(boxes, [count, 4]), build.op("Squeeze", [column(2), ints([1])])],
    {},
    FLOAT,
  );
  if (data.boolean("clip_after_nms", false)) corners = build.op("Clip", [corners, ...limits]);
  const ids = [column(0), label].map((value) => build.cast(value, FLOAT));
  const found = build.op("Concat", [...ids, build.op("Unsqueeze", [score, ints([1])]), corners], { axis: 1 });
  const total = keep > 0 ? keep : classes * (topK > 0 ? topK : count);
  const end = build.op("Concat", [found, floats([-1, 0, 0, 0, 0, 0, 0], [1, 7])], { axis: 0 });
  const missing = build.op("Sub", [ints([total + 1]), slice(build.op("Shape", [end], {}, INT64), 0, 0, 1, build)]);
  const room = build.op("Max", [missing, ints([0])], {}, INT64);
  const full = build.op("Pad", [end, flat([ints([0, 0]), room, ints([0])], build), floats(0)]);
  return build.reshape(slice(full, 0, 0, total, build), [1, 1, total, 7]);
};

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
  const ids = build.cast(slice(chosen, 1, 0, 2, build), FLOAT);
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
  const squash = (from: number, to: number) => build.op("Sigmoid", [slice(cut, 2, from, to, build)]);
  const labels = slice(cut, 2, coordinates + 1, FAR, build);
  const parts = [
    squash(0, 2),
    slice(cut, 2, 2, coordinates, build),
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
  PriorBox: priorBox,
  PriorBoxClustered: priorBoxClustered,
  DetectionOutput: detectionOutput,
  NonMaxSuppression: nonMaxSuppression,
  RegionYolo: regionYolo,
  ReorgYolo: reorgYolo,
  ROIAlign: roiAlign,
};
