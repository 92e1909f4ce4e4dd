import { create } from "@bufbuild/protobuf";
import type { RawImage } from "../../src/image/types.js";
import { DataType, floats, ints } from "../../src/onnx/constant.js";
import { Graph } from "../../src/onnx/graph.js";
import { StringStringEntryProtoSchema } from "../../src/onnx/proto/onnx-ml_pb.js";

/** Side of the detector's input in pixels. */
export const SIDE = 96;
export const BLOBS = ["red", "green", "blue"] as const;

const SCALES = [
  { stride: 8, box: 24 },
  { stride: 16, box: 40 },
];

/** Layers that hold the class scores, finest scale first. */
export const CLASS_LAYERS = SCALES.map(({ stride }) => `classes_${stride}`);

type Kind = "head" | "ultralytics" | "picodet" | "suppressed";

/**
 * A detector that fires on blobs of one pure colour: the mean of a cell's colour over the mean of the others decides the
 * class (logit = 12 · contrast − 6), and its box is a square around the cell, of fixed size on each scale.
 * `head` is the raw head of YOLO v8, [n, 4 + 3, cells], and `ultralytics` the same with the metadata of their exporter;
 * `picodet` has scores and distributions of distances for each scale; `suppressed` ends in boxes, labels and scores for one
 * image.
 */
export function blobDetector(kind: Kind): Uint8Array {
  const graph = Graph.empty("blobs", 17);
  graph.addInput("image", [kind === "suppressed" ? 1 : "batch", 3, SIDE, SIDE]);
  const scores = SCALES.map(({ stride }) => scoresOf(graph, stride));
  if (kind === "picodet") addDistributions(graph, scores);
  else {
    const heads = SCALES.map((scale, i) => headOf(graph, scores[i], scale));
    const [head] = graph.addNode("Concat", heads, { axis: 2 }, { outputs: ["output0"] });
    if (kind === "suppressed") addSuppression(graph, head);
    else graph.addOutput(head, ["batch", 7, undefined]);
  }
  if (kind === "ultralytics") addMetadata(graph);
  return graph.serialize();
}

/** Probabilities of the classes in each cell, [n, 3, cells]. */
function scoresOf(graph: Graph, stride: number): string {
  const mean = graph.op("AveragePool", ["image"], { kernel_shape: [stride, stride], strides: [stride, stride] });
  const weights = Array.from({ length: 9 }, (_, i) => (i % 4 === 0 ? 12 : -6));
  const scored = [mean, floats(weights, [3, 3, 1, 1]), floats([-6, -6, -6])];
  graph.addNode("Conv", scored, { kernel_shape: [1, 1] }, { outputs: [`classes_${stride}`] });
  return graph.op("Sigmoid", [graph.op("Reshape", [`classes_${stride}`, ints([0, 3, -1])])]);
}

function headOf(graph: Graph, scores: string, { stride, box }: (typeof SCALES)[number]): string {
  const cells = SIDE / stride;
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
}

/** Scores [n, cells, 3], and for each side of the box 8 bins that say 1.5 cells, [n, cells, 32]. */
function addDistributions(graph: Graph, scores: readonly string[]): void {
  const bins = Array.from({ length: 32 }, (_, i) => (i % 8 === 1 || i % 8 === 2 ? 0 : -50));
  for (const [i, scale] of scores.entries()) {
    const rows = graph.op("Transpose", [scale], { perm: [0, 2, 1] });
    const none = graph.op("Mul", [graph.op("Slice", [rows, ints([0]), ints([1]), ints([2])]), floats(0)]);
    for (const [name, from, width] of [
      [`scores_${i}`, rows, 3],
      [`distances_${i}`, graph.op("Add", [none, floats(bins, [1, 1, 32])]), 32],
    ] as const) {
      graph.addNode("Identity", [from], {}, { outputs: [name] });
      graph.addOutput(name, ["batch", undefined, width]);
    }
  }
}

function addSuppression(graph: Graph, head: string): void {
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
}

function addMetadata(graph: Graph): void {
  const names = `{${BLOBS.map((name, i) => `${i}: '${name}'`).join(", ")}}`;
  const metadata = {
    description: "Ultralytics YOLO",
    task: "detect",
    imgsz: `[${SIDE}, ${SIDE}]`,
    stride: "16",
    names,
  };
  for (const [key, value] of Object.entries(metadata))
    graph.model.metadataProps.push(create(StringStringEntryProtoSchema, { key, value }));
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
