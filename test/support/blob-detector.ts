import type { RawImage } from "../../src/image/types.js";
import { DataType, floats, ints } from "../../src/onnx/constant.js";
import { Graph } from "../../src/onnx/graph.js";

/** Side of the detector's input in pixels. */
export const SIDE = 96;
export const BLOBS = ["red", "green", "blue"] as const;

const SCALES = [
  { stride: 8, box: 24 },
  { stride: 16, box: 40 },
];

/** Layers that hold the class scores, finest scale first. */
export const CLASS_LAYERS = SCALES.map(({ stride }) => `classes_${stride}`);

/**
 * A detector that fires on blobs of one pure colour: the mean of a cell's colour over the mean of the others decides the
 * class (logit = 12 · contrast − 6), and its box is a square around the cell, of fixed size on each scale.
 * `head` is the raw head of YOLO v8, [n, 4 + 3, cells]; `suppressed` ends in boxes, labels and scores for one image.
 */
export function blobDetector(kind: "head" | "suppressed"): Uint8Array {
  const graph = Graph.empty("blobs", 17);
  graph.addInput("image", [kind === "head" ? "batch" : 1, 3, SIDE, SIDE]);
  const heads = SCALES.map(({ stride, box }) => {
    const cells = SIDE / stride;
    const mean = graph.op("AveragePool", ["image"], { kernel_shape: [stride, stride], strides: [stride, stride] });
    const weights = Array.from({ length: 9 }, (_, i) => (i % 4 === 0 ? 12 : -6));
    const scored = [mean, floats(weights, [3, 3, 1, 1]), floats([-6, -6, -6])];
    graph.addNode("Conv", scored, { kernel_shape: [1, 1] }, { outputs: [`classes_${stride}`] });
    const flat = graph.op("Reshape", [`classes_${stride}`, ints([0, 3, -1])]);
    const scores = graph.op("Sigmoid", [flat]);
    const centre = (i: number) => (i + 0.5) * stride;
    const columns = Array.from({ length: cells ** 2 }, (_, i) => [
      centre(i % cells),
      centre(Math.floor(i / cells)),
      box,
      box,
    ]);
    const rows = [0, 1, 2, 3].flatMap((row) => columns.map((column) => column[row]));
    const none = graph.op("Mul", [graph.op("Slice", [scores, ints([0]), ints([1]), ints([1])]), floats(0)]);
    const boxes = graph.op("Add", [none, floats(rows, [1, 4, cells ** 2])]);
    return graph.op("Concat", [boxes, scores], { axis: 1 });
  });
  const [head] = graph.addNode("Concat", heads, { axis: 2 }, { outputs: ["output0"] });
  if (kind === "head") {
    graph.addOutput(head, ["batch", 7, undefined]);
    return graph.serialize();
  }
  const part = (from: number, to: number) => graph.op("Slice", [head, ints([from]), ints([to]), ints([1])]);
  const half = graph.op("Mul", [part(2, 4), floats(0.5)]);
  const corners = graph.op("Concat", [graph.op("Sub", [part(0, 2), half]), graph.op("Add", [part(0, 2), half])], {
    axis: 1,
  });
  const boxes = graph.op("Transpose", [corners], { perm: [0, 2, 1] });
  const scores = part(4, 7);
  const limits = [ints([20]), floats([0.45]), floats([0.01])];
  const chosen = graph.op("NonMaxSuppression", [boxes, scores, ...limits]);
  const column = (i: number) => graph.op("Gather", [chosen, ints(i)], { axis: 1 });
  const outputs: [string, string, DataType][] = [
    ["boxes", graph.op("Gather", [graph.op("Squeeze", [boxes, ints([0])]), column(2)], { axis: 0 }), DataType.FLOAT],
    ["labels", column(1), DataType.INT64],
    ["scores", graph.op("GatherND", [scores, chosen]), DataType.FLOAT],
  ];
  for (const [name, from, type] of outputs) {
    graph.addNode("Identity", [from], {}, { outputs: [name] });
    graph.addOutput(name, name === "boxes" ? [undefined, 4] : [undefined], type);
  }
  return graph.serialize();
}

/** Round blobs of pure colour on grey. */
export function blobPicture(
  blobs: readonly { x: number; y: number; radius: number; colour: (typeof BLOBS)[number] }[],
  width = SIDE,
  height = SIDE,
): RawImage {
  const data = new Uint8Array(width * height * 3).fill(100);
  for (let p = 0; p < width * height; p++) {
    for (const { x, y, radius, colour } of blobs) {
      if (Math.hypot((p % width) + 0.5 - x, Math.floor(p / width) + 0.5 - y) > radius) continue;
      data.set(
        BLOBS.map((name) => (name === colour ? 255 : 0)),
        p * 3,
      );
    }
  }
  return { data, width, height };
}
