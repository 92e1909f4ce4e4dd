import { DataType, floats, ints } from "../../../constant.js";
import { type Builder, type Operator, staticDims, unsupported, type Value } from "../builder.js";
import type { Layer } from "../layers.js";
import { flat, part } from "./shape.js";

const { FLOAT, INT64, BOOL } = DataType;

/** Offsets [n, priors, 4] and prior boxes to corners [n, priors, 4] (DetectionOutput-1). */
function decode(layer: Layer, offsets: Value, box: Value, variance: Value | undefined, build: Builder): Value {
  const scaled = variance ? build.op("Mul", [offsets, variance]) : offsets;
  const type = layer.data.string("code_type", "caffe.PriorBoxParameter.CORNER");
  if (type.endsWith("CORNER")) return build.op("Add", [box, scaled]);
  if (!type.endsWith("CENTER_SIZE")) unsupported(layer, `codes boxes as '${type}'`);
  const [low, high] = [part(box, 2, 0, 2, build), part(box, 2, 2, 4, build)];
  const size = build.op("Sub", [high, low]);
  const centre = build.op("Mul", [build.op("Add", [low, high]), floats(0.5)]);
  const moved = build.op("Add", [build.op("Mul", [part(scaled, 2, 0, 2, build), size]), centre]);
  const grown = build.op("Mul", [build.op("Exp", [part(scaled, 2, 2, 4, build)]), size]);
  const half = build.op("Mul", [grown, floats(0.5)]);
  return build.op("Concat", [build.op("Sub", [moved, half]), build.op("Add", [moved, half])], { axis: 2 });
}

/** What DetectionOutput's attributes and shapes say. */
interface DetectionFacts {
  /** Boxes before suppression. */
  readonly count: number;
  readonly classes: number;
  /** Kept of each class before suppression; 0 or less: all. */
  readonly topK: number;
  /** Kept of a picture in the end; 0 or less: all. */
  readonly keep: number;
}

function checkedFacts(layer: Layer, inputs: readonly Value[]): DetectionFacts {
  const { data } = layer;
  if (inputs.length > 3) unsupported(layer, "refines boxes in two steps");
  if (!data.boolean("share_location", true)) unsupported(layer, "has boxes for every class");
  if (data.boolean("decrease_label_id", false)) unsupported(layer, "suppresses boxes as MXNet does");
  const [batch] = inputs[0].dims ?? [];
  if (typeof batch === "number" && batch !== 1) unsupported(layer, "has a batch of several images");
  const [, , extent] = staticDims(inputs[2], layer);
  const count = extent / boxWidth(layer);
  // Opset 8 leaves num_classes out: it follows from the shapes.
  const classes = data.has("num_classes") ? data.number("num_classes") : staticDims(inputs[1], layer, 1)[0] / count;
  return { count, classes, topK: data.number("top_k", -1), keep: data.numbers("keep_top_k")[0] };
}

/** Numbers a prior box: corners, and before them a batch index where they are in pixels. */
const boxWidth = ({ data }: Layer) => (data.boolean("normalized", false) ? 4 : 5);

/** The boxes as corners, shares of the picture, [1, count, 4]. */
function decodedBoxes(layer: Layer, inputs: readonly Value[], { count }: DetectionFacts, build: Builder): Value {
  const { data } = layer;
  const normalized = data.boolean("normalized", false);
  const encoded = data.boolean("variance_encoded_in_target", false);
  const [width, height] = [data.number("input_width", 1), data.number("input_height", 1)];
  const rows = build.reshape(inputs[2], [1, encoded ? 1 : 2, count, boxWidth(layer)]);
  const row = (i: number) => build.op("Squeeze", [part(rows, 1, i, i + 1, build), ints([1])]);
  const scale = floats([1 / width, 1 / height, 1 / width, 1 / height]);
  const prior = normalized ? row(0) : build.op("Mul", [part(row(0), 2, 1, 5, build), scale]);
  // Variances lie four a box even where boxes lie five.
  const spread = () => part(build.reshape(part(rows, 1, 1, 2, build), [1, -1]), 1, 0, count * 4, build);
  const variance = encoded ? undefined : build.reshape(spread(), [1, count, 4]);
  const boxes = decode(layer, build.reshape(inputs[0], [1, count, 4]), prior, variance, build);
  return data.boolean("clip_before_nms", false) ? clipped(boxes, build) : boxes;
}

const clipped = (boxes: Value, build: Builder) => build.op("Clip", [boxes, floats(0), floats(1)]);

/** Scores [1, classes, count]; those that are not among the best of their class are −∞. */
function bestScores(
  confidences: Value,
  labels: readonly number[],
  { count, classes, topK }: DetectionFacts,
  build: Builder,
): Value {
  const all = build.transpose(build.reshape(confidences, [1, count, classes]), [0, 2, 1]);
  const scores = build.op("Gather", [all, ints(labels)], { axis: 1 });
  if (topK <= 0 || topK >= count) return scores;
  const [best] = build.ops("TopK", [scores, ints([topK])], { axis: 2 }, [FLOAT, INT64]);
  const least = part(best, 2, topK - 1, topK, build);
  const enough = build.op("GreaterOrEqual", [scores, least], {}, BOOL);
  return build.op("Where", [enough, scores, floats(Number.NEGATIVE_INFINITY)], {}, FLOAT);
}

/** Indices [n, 3] and scores [n] of the boxes that are left after suppression. */
function suppressed(layer: Layer, boxes: Value, scores: Value, { count, topK, keep }: DetectionFacts, build: Builder) {
  const { data } = layer;
  const thresholds = [floats(data.number("nms_threshold")), floats(data.number("confidence_threshold", 0))];
  const perClass = ints([topK > 0 ? topK : count]);
  const chosen = build.op("NonMaxSuppression", [boxes, scores, perClass, ...thresholds], {}, INT64);
  const score = build.op("GatherND", [scores, chosen], {}, FLOAT);
  if (keep <= 0) return { chosen, score };
  const many = build.op("Min", [build.op("Shape", [score], {}, INT64), ints([keep])], {}, INT64);
  const [, order] = build.ops("TopK", [score, many], { axis: 0 }, [FLOAT, INT64]);
  const [places] = build.ops("TopK", [order, many], { axis: 0, largest: 0 }, [INT64, INT64]);
  return {
    chosen: build.op("Gather", [chosen, places], { axis: 0 }),
    score: build.op("Gather", [score, places], { axis: 0 }),
  };
}

/** The rows with one that ends them, filled up with zeros to so many: [1, 1, total, 7]. */
function endedRows(rows: Value, total: number, build: Builder): Value {
  const ended = build.op("Concat", [rows, floats([-1, 0, 0, 0, 0, 0, 0], [1, 7])], { axis: 0 });
  const missing = build.op("Sub", [ints([total + 1]), part(build.op("Shape", [ended], {}, INT64), 0, 0, 1, build)]);
  const room = build.op("Max", [missing, ints([0])], {}, INT64);
  const full = build.op("Pad", [ended, flat([ints([0, 0]), room, ints([0])], build), floats(0)]);
  return build.reshape(part(full, 0, 0, total, build), [1, 1, total, 7]);
}

/** SSD's end: boxes decoded, suppressed class by class, the best of them as rows [image, class, score, x1, y1, x2, y2]. */
export const detectionOutput: Operator = (layer, inputs, build) => {
  const facts = checkedFacts(layer, inputs);
  const { count, classes, topK, keep } = facts;
  const boxes = decodedBoxes(layer, inputs, facts, build);
  const background = layer.data.number("background_label_id", 0);
  const labels = Array.from({ length: classes }, (_, label) => label).filter((label) => label !== background);
  const { chosen, score } = suppressed(layer, boxes, bestScores(inputs[1], labels, facts, build), facts, build);

  const column = (i: number) => part(chosen, 1, i, i + 1, build);
  const label = build.op("Gather", [ints(labels), column(1)], {}, INT64);
  const places = build.op("Squeeze", [column(2), ints([1])]);
  const picked = build.op("Gather", [build.reshape(boxes, [count, 4]), places], {}, FLOAT);
  const corners = layer.data.boolean("clip_after_nms", false) ? clipped(picked, build) : picked;
  const ids = [column(0), label].map((value) => build.cast(value, FLOAT));
  const rows = build.op("Concat", [...ids, build.op("Unsqueeze", [score, ints([1])]), corners], { axis: 1 });
  return endedRows(rows, keep > 0 ? keep : classes * (topK > 0 ? topK : count), build);
};
