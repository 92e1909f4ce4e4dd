import { create } from "@bufbuild/protobuf";
import { DataType, floats } from "../../src/onnx/constant.js";
import { type Dim, Graph } from "../../src/onnx/graph.js";
import { StringStringEntryProtoSchema } from "../../src/onnx/proto/onnx-ml_pb.js";

export interface ColourModelOptions {
  readonly classes?: number;
  readonly dims?: readonly Dim[];
  readonly type?: DataType;
  /** Makes channels first, 0…1, of the input. */
  readonly begin?: (graph: Graph, input: string) => string;
  /** Of the file, JSON or as Python writes it. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** Scores class c with 10 × the mean of channel c of a picture of 32 × 32; `end` makes the output "out" of them. */
export function colourModel(
  end: (graph: Graph, logits: string) => string = (_, logits) => logits,
  { classes = 3, dims = ["n", 3, 32, 32], type = DataType.FLOAT, begin, metadata = {} }: ColourModelOptions = {},
): Graph {
  const graph = Graph.empty("colours", 17);
  graph.addInput("x", dims, type);
  const picture = begin ? begin(graph, "x") : "x";
  const mean = graph.op("Flatten", [graph.op("GlobalAveragePool", [picture])], { axis: 1 });
  const logits = graph.op("Mul", [mean, floats(10)]);
  graph.addNode("Identity", [end(graph, logits)], {}, { outputs: ["out"] });
  graph.addOutput("out", ["n", classes]);
  for (const [key, value] of Object.entries(metadata))
    graph.model.metadataProps.push(create(StringStringEntryProtoSchema, { key, value }));
  return graph;
}

/** A picture of one colour, of 32 × 32 pixels unless said otherwise. */
export function plain([red, green, blue]: readonly [number, number, number], width = 32, height = width) {
  const colour = [red, green, blue];
  return { data: Uint8Array.from({ length: 3 * width * height }, (_, i) => colour[i % 3]), width, height };
}

export const RED = plain([255, 0, 0]);
/** Probability of the class of a pure colour. */
export const PURE = Math.exp(10) / (Math.exp(10) + 2);
