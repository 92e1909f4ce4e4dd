import { didYouMean, SightlineError } from "../../core/errors.js";
import type { Tensor } from "../../core/tensor.js";
import type { InputGeometry } from "../types.js";
import { suppress } from "./nms.js";
import type { BoxCorners, DecodedBoxes, Detection, DetectorOutputs } from "./types.js";

export interface DecodeOptions {
  /** Objects below are left out, 0…1. */
  readonly confidence: number;
  /** Boxes of one label that overlap more (IoU) are the same object; for decoders with suppression of their own. */
  readonly overlap: number;
  /** Objects kept at most. */
  readonly limit: number;
}

/** How a detector's outputs for one image become objects, boxes in pixels of the model's input. */
export interface Decoder {
  readonly name: string;
  /** Half a sentence for errors and documents. */
  readonly outputs: string;
  /** Whether it fits outputs of these names and shapes (at batch 1). */
  fits(outputs: DetectorOutputs): boolean;
  /** Number of classes, where the shapes tell it. */
  classes(outputs: DetectorOutputs): number | undefined;
  decode(outputs: DetectorOutputs, input: InputGeometry, options: DecodeOptions): Detection[];
}

const tensorsOf = (outputs: DetectorOutputs) => Object.entries(outputs);

/** The output whose name has one of some words, or that a test of its shape picks alone. */
function find(outputs: DetectorOutputs, words: RegExp, test: (tensor: Tensor) => boolean): Tensor | undefined {
  const fitting = tensorsOf(outputs).filter(([, tensor]) => test(tensor));
  return fitting.find(([name]) => words.test(name))?.[1] ?? (fitting.length === 1 ? fitting[0][1] : undefined);
}

/** Rows of a matrix of known width, whatever ones stand before. */
function rows(tensor: Tensor, width: number): Float32Array[] {
  return Array.from({ length: tensor.data.length / width }, (_, i) => tensor.data.subarray(i * width, (i + 1) * width));
}

const fromCentre = (x: number, y: number, width: number, height: number): BoxCorners => [
  x - width / 2,
  y - height / 2,
  x + width / 2,
  y + height / 2,
];

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

function softmax(values: Float32Array): Float32Array {
  const top = values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  const powers = values.map((value) => Math.exp(value - top));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}

function largest(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
  return best;
}

const byScore = (objects: Detection[], { limit }: DecodeOptions) =>
  objects.sort((a, b) => b.score - a.score).slice(0, limit);

/** Boxes that never leave 0…1 (with a margin for those that stick out) are shares of the picture. */
function inPixels(
  boxes: readonly ArrayLike<number>[],
  { width, height }: InputGeometry,
): (box: BoxCorners) => BoxCorners {
  const shares = boxes.every((box) => [0, 1, 2, 3].every((i) => Math.abs(box[i]) <= 2));
  return ([x1, y1, x2, y2]) => (shares ? [x1 * width, y1 * height, x2 * width, y2 * height] : [x1, y1, x2, y2]);
}

const isBoxes = (tensor: Tensor) => [4, 5].includes(tensor.dims.at(-1) ?? 0) && tensor.dims.length >= 2;
const isList = (tensor: Tensor) => tensor.dims.length === 1 || (tensor.dims.length === 2 && tensor.dims[0] === 1);

/** Suppressed in the graph: boxes [n, 4] (or [n, 5] with the score), labels [n], scores [n], leading ones allowed. */
const boxesLabelsScores: Decoder = {
  name: "boxes-labels-scores",
  outputs: "boxes [n, 4] or [n, 5], labels [n] and scores [n]",
  fits(outputs) {
    const { boxes, labels, scores } = listed(outputs);
    return boxes !== undefined && labels !== undefined && (scores !== undefined || boxes.dims.at(-1) === 5);
  },
  classes: () => undefined,
  decode(outputs, input, options) {
    const { boxes, labels, scores, count, topFirst } = listed(outputs);
    const width = boxes?.dims.at(-1) ?? 4;
    const corners = rows(boxes as Tensor, width).slice(0, count);
    const place = inPixels(corners, input);
    const objects = corners.map((row, i): Detection => {
      const [a, b, c, d] = row;
      const box = place(topFirst ? [b, a, d, c] : [a, b, c, d]);
      return { box, label: (labels as Tensor).data[i], score: scores ? scores.data[i] : row[4] };
    });
    return byScore(
      objects.filter(({ score, label }) => score >= options.confidence && label >= 0),
      options,
    );
  },
};

function listed(outputs: DetectorOutputs) {
  const boxes = find(outputs, /box|dets|bbox/i, isBoxes);
  const labels = find(outputs, /label|class/i, (tensor) => isList(tensor) && tensor !== boxes);
  const scores = find(outputs, /score|conf/i, (tensor) => isList(tensor) && tensor !== boxes && tensor !== labels);
  const names = Object.keys(outputs);
  const counted = names.find((name) => /num_detections|num_dets/i.test(name));
  return {
    boxes,
    labels,
    scores,
    count: counted === undefined ? undefined : outputs[counted].data[0],
    /** TensorFlow's detectors put rows before columns. */
    topFirst: names.some((name) => /detection_boxes/.test(name)),
  };
}

/** DetectionOutput of SSD: rows [image, label, score, x1, y1, x2, y2], shares of the picture, ended by image −1. */
const ssd: Decoder = {
  name: "ssd",
  outputs: "rows of 7: [1, 1, n, 7]",
  fits: (outputs) => find(outputs, /detection/i, ({ dims }) => dims.length === 4 && dims[3] === 7) !== undefined,
  classes: () => undefined,
  decode(outputs, input, options) {
    const table = rows(find(outputs, /detection/i, ({ dims }) => dims.length === 4 && dims[3] === 7) as Tensor, 7);
    const end = table.findIndex(([image]) => image < 0);
    const listedRows = end < 0 ? table : table.slice(0, end);
    const place = inPixels(
      listedRows.map((row) => row.subarray(3)),
      input,
    );
    const objects = listedRows.map(
      ([, label, score, x1, y1, x2, y2]): Detection => ({ box: place([x1, y1, x2, y2]), label, score }),
    );
    return byScore(
      objects.filter(({ score }) => score >= options.confidence),
      options,
    );
  },
};

/** Rows of a raw head as objects: the best class of each, suppressed. */
function fromHead(
  anchors: Iterable<{ box: () => BoxCorners; probabilities: Float32Array; objectness?: number }>,
  options: DecodeOptions,
): Detection[] {
  const objects: Detection[] = [];
  for (const { box, probabilities, objectness } of anchors) {
    const label = largest(probabilities);
    const score = probabilities[label] * (objectness ?? 1);
    if (score >= options.confidence) objects.push({ box: box(), label, score, probabilities, objectness });
  }
  return suppress(objects, options);
}

const onlyMatrix = (outputs: DetectorOutputs) =>
  tensorsOf(outputs)
    .map(([, tensor]) => tensor)
    .find((tensor) => tensor.dims.length === 3 && tensor.dims[0] === 1);

/** YOLO v5 and v7: rows [x, y, width, height, objectness, classes …] in pixels. */
const yolov5: Decoder = {
  name: "yolov5",
  outputs: "[1, n, 5 + classes]",
  fits: (outputs) => {
    const [count, width] = onlyMatrix(outputs)?.dims.slice(1) ?? [];
    return width > 6 && count > width;
  },
  classes: (outputs) => (onlyMatrix(outputs)?.dims[2] ?? 5) - 5,
  decode(outputs, _, options) {
    const matrix = onlyMatrix(outputs) as Tensor;
    const anchors = rows(matrix, matrix.dims[2]).map((row) => ({
      box: () => fromCentre(row[0], row[1], row[2], row[3]),
      probabilities: row.slice(5),
      objectness: row[4],
    }));
    return fromHead(anchors, options);
  },
};

/** YOLO v8 and v11: columns [x, y, width, height, classes …] in pixels. */
const yolov8: Decoder = {
  name: "yolov8",
  outputs: "[1, 4 + classes, n]",
  fits: (outputs) => {
    const [width, count] = onlyMatrix(outputs)?.dims.slice(1) ?? [];
    return width > 4 && count > width;
  },
  classes: (outputs) => (onlyMatrix(outputs)?.dims[1] ?? 4) - 4,
  decode(outputs, _, options) {
    const { data, dims } = onlyMatrix(outputs) as Tensor;
    const [, width, count] = dims;
    const anchors = Array.from({ length: count }, (_, i) => {
      const at = (row: number) => data[row * count + i];
      return {
        box: () => fromCentre(at(0), at(1), at(2), at(3)),
        probabilities: Float32Array.from({ length: width - 4 }, (_, label) => at(4 + label)),
      };
    });
    return fromHead(anchors, options);
  },
};

/** YOLO v10 and other heads without suppression: rows [x1, y1, x2, y2, score, label] in pixels. */
const endToEnd: Decoder = {
  name: "end-to-end",
  outputs: "[1, n, 6]",
  fits: (outputs) => onlyMatrix(outputs)?.dims[2] === 6,
  classes: () => undefined,
  decode(outputs, input, options) {
    const table = rows(onlyMatrix(outputs) as Tensor, 6);
    const place = inPixels(table, input);
    const objects = table.map(
      ([x1, y1, x2, y2, score, label]): Detection => ({ box: place([x1, y1, x2, y2]), label, score }),
    );
    return byScore(
      objects.filter(({ score }) => score >= options.confidence),
      options,
    );
  },
};

/** Queries of DETR: boxes [1, n, 4] (centre and size, shares of the picture) and logits [1, n, classes]. */
const detr = (name: string, withNothing: boolean): Decoder => {
  const boxesOf = (outputs: DetectorOutputs) => find(outputs, /box/i, ({ dims }) => dims.length === 3 && dims[2] === 4);
  const logitsOf = (outputs: DetectorOutputs) => {
    const boxes = boxesOf(outputs);
    return find(
      outputs,
      /logit|class|score/i,
      (t) => t !== boxes && t.dims.length === 3 && t.dims[1] === boxes?.dims[1],
    );
  };
  return {
    name,
    outputs: `logits [1, n, classes${withNothing ? " + 1" : ""}] and boxes [1, n, 4]`,
    fits: (outputs) => boxesOf(outputs) !== undefined && logitsOf(outputs) !== undefined,
    classes: (outputs) => (logitsOf(outputs)?.dims[2] ?? 1) - Number(withNothing),
    decode(outputs, { width, height }, options) {
      const [boxes, logits] = [boxesOf(outputs) as Tensor, logitsOf(outputs) as Tensor];
      const corners = rows(boxes, 4);
      const objects = rows(logits, logits.dims[2]).map((row, i): Detection => {
        const probabilities = withNothing ? softmax(row).subarray(0, row.length - 1) : row.map(sigmoid);
        const [x, y, w, h] = corners[i];
        const label = largest(probabilities);
        const box = fromCentre(x * width, y * height, w * width, h * height);
        return { box, label, score: probabilities[label], probabilities };
      });
      return byScore(
        objects.filter(({ score }) => score >= options.confidence),
        options,
      );
    },
  };
};

/** Ready-made decoders; `auto` takes the first that fits. */
export const DECODERS = [
  ssd,
  boxesLabelsScores,
  detr("detr", true),
  endToEnd,
  yolov8,
  yolov5,
  detr("rt-detr", false),
] as const satisfies readonly Decoder[];

/** How a detector's outputs become boxes, named after the families of models that give such outputs. */
export type DecoderName =
  | "ssd"
  | "boxes-labels-scores"
  | "detr"
  | "rt-detr"
  | "end-to-end"
  | "yolov8"
  | "yolov11"
  | "yolov5";

/** Makes a decoder of a user's own function. */
export function customDecoder(make: (outputs: DetectorOutputs) => DecodedBoxes): Decoder {
  return {
    name: "function",
    outputs: "whatever the function reads",
    fits: () => true,
    classes: () => undefined,
    decode(outputs, _, options) {
      const { boxes, scores, labels } = make(outputs);
      if (boxes.length !== scores.length || boxes.length !== labels.length || boxes.some((box) => box.length !== 4)) {
        throw new SightlineError("shape-mismatch", "the postprocess function's lists differ in length", {
          received: `${boxes.length} boxes, ${scores.length} scores, ${labels.length} labels`,
          expected: "as many boxes [x1, y1, x2, y2] as scores and labels",
        });
      }
      const objects = boxes.map(
        ([x1, y1, x2, y2], i): Detection => ({ box: [x1, y1, x2, y2], label: labels[i], score: scores[i] }),
      );
      return byScore(
        objects.filter(({ score }) => score >= options.confidence),
        options,
      );
    },
  };
}

/**
 * The decoder of a name, or the first that fits what the model gives.
 * @throws SightlineError `bad-config` for an unknown name, `not-supported` where none fits
 */
export function chooseDecoder(name: DecoderName | "auto", outputs: DetectorOutputs): Decoder {
  const shown = tensorsOf(outputs)
    .map(([output, { dims }]) => `${output} [${dims.join(", ")}]`)
    .join(", ");
  if (name === "auto") {
    const fitting = DECODERS.find((decoder) => decoder.fits(outputs));
    if (fitting) return fitting;
    throw new SightlineError("not-supported", `no decoder fits the detector's outputs: ${shown}`, {
      received: shown,
      expected: DECODERS.map((decoder) => `${decoder.name} (${decoder.outputs})`).join("; "),
      next: "give a postprocess function that makes { boxes, scores, labels } of the outputs",
    });
  }
  const wanted = name === "yolov11" ? "yolov8" : name;
  const decoder: Decoder | undefined = DECODERS.find((candidate) => candidate.name === wanted);
  if (!decoder) {
    const names = [...DECODERS.map((candidate) => candidate.name), "yolov11", "auto"];
    throw new SightlineError("bad-config", `unknown postprocess '${name}'`, {
      received: name,
      expected: `a function or one of ${names.join(", ")}`,
      next: didYouMean(name, names),
    });
  }
  if (decoder.fits(outputs)) return decoder;
  throw new SightlineError("shape-mismatch", `the detector's outputs do not match ${name}: ${shown}`, {
    received: shown,
    expected: decoder.outputs,
  });
}
