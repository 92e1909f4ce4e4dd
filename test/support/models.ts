import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { random } from "../../src/core/random.js";
import { sizeOf } from "../../src/core/tensor.js";
import { type Constant, floats, ints } from "../../src/onnx/constant.js";
import { type Dim, Graph } from "../../src/onnx/graph.js";

/** Small classifiers with seeded weights, made in memory. */
export interface TinyOptions {
  /** "n" is free. */
  readonly batch?: Dim;
  readonly classes?: number;
  /** Side of the picture. */
  readonly size?: number;
  readonly layout?: "nchw" | "nhwc";
  readonly activation?: "softmax" | "sigmoid";
  readonly opset?: number;
  readonly seed?: number;
  /** Name of the output; default "scores". */
  readonly output?: string;
  /** The batch is written into a Reshape, as exporters without free dimensions do. */
  readonly baked?: boolean;
}

function weights(seed: number): (...dims: number[]) => Constant {
  const { normal } = random(seed);
  return (...dims) => {
    const scale = Math.sqrt(2 / sizeOf(dims.slice(1)));
    return floats(
      Float32Array.from({ length: sizeOf(dims) }, () => normal() * scale),
      dims,
    );
  };
}

function addScores(graph: Graph, logits: string, options: TinyOptions): Graph {
  const { activation, batch = "n", classes = 5, output = "scores" } = options;
  const last = activation === undefined ? "Identity" : activation === "softmax" ? "Softmax" : "Sigmoid";
  graph.addNode(last, [logits], activation === "softmax" ? { axis: 1 } : {}, { outputs: [output] });
  graph.addOutput(output, [batch, classes]);
  return graph;
}

/** Two convolutions with ReLU (`early`, `features`), global average pooling and a linear layer; input `image`. */
export function tinyCnn(options: TinyOptions = {}): Graph {
  const { batch = "n", classes = 5, size = 32, layout = "nchw", opset = 17, seed = 1, baked = false } = options;
  const weight = weights(seed);
  const graph = Graph.empty("tiny-cnn", opset);
  graph.addInput("image", layout === "nchw" ? [batch, 3, size, size] : [batch, size, size, 3]);
  const image = layout === "nchw" ? "image" : graph.op("Transpose", ["image"], { perm: [0, 3, 1, 2] });
  const conv = (input: string, inner: number, outer: number, name: string) => {
    const attributes = { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] };
    const raw = graph.op("Conv", [input, weight(outer, inner, 3, 3), weight(outer)], attributes);
    return graph.addNode("Relu", [raw], {}, { outputs: [name] })[0];
  };
  const features = conv(conv(image, 3, 8, "early"), 8, 6, "features");
  const pooled = graph.op("GlobalAveragePool", [features]);
  const flat = baked
    ? graph.op("Reshape", [pooled, ints([Number(batch) || 1, 6])])
    : graph.op("Flatten", [pooled], { axis: 1 });
  const logits = graph.op("Gemm", [flat, weight(classes, 6), weight(classes)], { transB: 1 }, "logits");
  return addScores(graph, logits, options);
}

/**
 * A vision transformer of two blocks with one head on 8×8 patches, class token first: input `image`, block inputs
 * `block0`, `block1`, final norm `normed`. With `baked`, shapes and the class token hold for batch 1 only.
 */
export function tinyVit(options: TinyOptions = {}): Graph {
  const { batch = "n", classes = 5, size = 32, opset = 17, seed = 2, baked = false } = options;
  const weight = weights(seed);
  const graph = Graph.empty("tiny-vit", opset);
  const width = 12;
  const side = size / 8;
  graph.addInput("image", [batch, 3, size, size]);
  const patches = graph.op(
    "Conv",
    ["image", weight(width, 3, 8, 8)],
    { kernel_shape: [8, 8], strides: [8, 8] },
    "patches",
  );
  const flat = graph.op("Reshape", [patches, ints(baked ? [1, width, side * side] : [0, width, -1])]);
  const rows = graph.op("Transpose", [flat], { perm: [0, 2, 1] });
  const token = graph.addConstant(weight(1, 1, width), "class_token");
  const count = baked ? undefined : graph.op("Slice", [graph.op("Shape", ["image"]), ints([0]), ints([1])]);
  const expanded = count
    ? graph.op("Expand", [token, graph.op("Concat", [count, ints([1, width])], { axis: 0 })])
    : token;
  const tokens = graph.op("Concat", [expanded, rows], { axis: 1 });
  let x = graph.addNode("Add", [tokens, weight(1, side * side + 1, width)], {}, { outputs: ["block0"] })[0];
  const norm = (input: string, outputs?: readonly string[]) =>
    graph.addNode(
      "LayerNormalization",
      [input, floats(new Float32Array(width).fill(1))],
      { axis: -1 },
      { outputs: outputs ?? 1 },
    )[0];
  const dense = (input: string, from: number, to: number) => graph.op("MatMul", [input, weight(from, to)]);
  for (let block = 0; block < 2; block++) {
    const y = norm(x);
    const keys = graph.op("Transpose", [dense(y, width, width)], { perm: [0, 2, 1] });
    const attention = graph.op(
      "Softmax",
      [graph.op("MatMul", [dense(y, width, width), keys])],
      { axis: -1 },
      "attention",
    );
    const mixed = graph.op("Add", [x, graph.op("MatMul", [attention, dense(y, width, width)])]);
    const hidden = graph.op("Relu", [dense(norm(mixed), width, 24)]);
    const outputs = block === 0 ? ["block1"] : 1;
    x = graph.addNode("Add", [mixed, dense(hidden, 24, width)], {}, { outputs })[0];
  }
  const picked = graph.op("Gather", [norm(x, ["normed"]), ints(0)], { axis: 1 });
  const logits = graph.op("Gemm", [picked, weight(classes, width)], { transB: 1 }, "logits");
  return addScores(graph, logits, options);
}

let folder: string | undefined;
let count = 0;

/** A folder of this process, removed when it ends. */
export function temporaryFolder(): string {
  if (!folder) {
    const made = mkdtempSync(join(tmpdir(), "sightline-test-"));
    process.on("exit", () => rmSync(made, { recursive: true, force: true }));
    folder = made;
  }
  return folder;
}

/** Writes a model to a temporary file and returns its path. */
export function savedModel(model: Graph | Uint8Array, name = `model-${count++}.onnx`): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, model instanceof Graph ? model.serialize() : model);
  return path;
}
