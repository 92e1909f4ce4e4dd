import { didYouMean, SightlineError } from "../../core/errors.js";
import type { Tensor } from "../../core/tensor.js";
import {
  byScore,
  type Decoder,
  type DetectorFacts,
  find,
  fromCentre,
  inPixels,
  largest,
  rows,
  sigmoid,
  softmax,
  tensorsOf,
} from "./decoding.js";
import { suppress } from "./nms.js";
import type { DecodedBoxes, Detection, DetectorOutputs } from "./types.js";
import { endToEnd, picodet, yolov5, yolov8, yolox } from "./yolo-decoders.js";

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
  yolox,
  endToEnd,
  yolov8,
  yolov5,
  picodet,
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
  | "yolov5"
  | "yolox"
  | "picodet";

/**
 * Makes a decoder of a user's own function.
 * @param suppresses whether boxes that overlap are suppressed behind it
 */
export function customDecoder(make: (outputs: DetectorOutputs) => DecodedBoxes, suppresses = false): Decoder {
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
      const kept = objects.filter(({ score }) => score >= options.confidence);
      return suppresses ? suppress(kept, options) : byScore(kept, options);
    },
  };
}

/**
 * The decoder of a name, or the first that fits what the model gives.
 * @throws SightlineError `bad-config` for an unknown name, `not-supported` where none fits
 */
export function chooseDecoder(
  name: DecoderName | "auto",
  outputs: DetectorOutputs,
  facts: DetectorFacts = {},
): Decoder {
  const shown = tensorsOf(outputs)
    .map(([output, { dims }]) => `${output} [${dims.join(", ")}]`)
    .join(", ");
  if (name === "auto") {
    const fitting = DECODERS.find((decoder) => decoder.fits(outputs, facts));
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
  if (decoder.fits(outputs, facts)) return decoder;
  throw new SightlineError("shape-mismatch", `the detector's outputs do not match ${name}: ${shown}`, {
    received: shown,
    expected: decoder.outputs,
  });
}
