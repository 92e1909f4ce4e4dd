import { random } from "../../../src/core/random.js";
import { sizeOf } from "../../../src/core/tensor.js";
import { type Constant, floats, ints } from "../../../src/onnx/constant.js";
import { Graph } from "../../../src/onnx/graph.js";

const CLASSES = 1000;

/** Seeded weights that neither grow nor vanish: what a pass costs does not depend on what they are. */
function weights(seed: number): (dims: readonly number[], gain?: number) => Constant {
  const { normal } = random(seed);
  return (dims, gain = 1) => {
    const scale = gain * Math.sqrt(2 / sizeOf(dims.slice(1)));
    return floats(
      Float32Array.from({ length: sizeOf(dims) }, () => normal() * scale),
      dims,
    );
  };
}

/** ResNet-50 with its normalisation folded into the convolutions. He et al., Deep Residual Learning, CVPR 2016, table 1. */
export function resnet50(): Graph {
  const weight = weights(50);
  const graph = Graph.empty("resnet-50", 17);
  graph.addInput("image", ["n", 3, 224, 224]);
  const conv = (x: string, inner: number, outer: number, side: number, stride = 1, gain = 1) => {
    const pad = side >> 1;
    const attributes = { kernel_shape: [side, side], strides: [stride, stride], pads: [pad, pad, pad, pad] };
    return graph.op("Conv", [x, weight([outer, inner, side, side], gain), floats(new Float32Array(outer))], attributes);
  };
  const relu = (x: string) => graph.op("Relu", [x]);
  const pool = { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] };
  let x = graph.op("MaxPool", [relu(conv("image", 3, 64, 7, 2))], pool);
  let channels = 64;
  for (const [stage, blocks] of [3, 4, 6, 3].entries()) {
    const width = 64 << stage;
    for (let block = 0; block < blocks; block++) {
      const stride = block === 0 && stage > 0 ? 2 : 1;
      const shortcut = block === 0 ? conv(x, channels, 4 * width, 1, stride) : x;
      const inner = relu(conv(relu(conv(x, channels, width, 1)), width, width, 3, stride));
      x = relu(graph.op("Add", [conv(inner, width, 4 * width, 1, 1, 0.25), shortcut]));
      channels = 4 * width;
    }
  }
  const flat = graph.op("Flatten", [graph.op("GlobalAveragePool", [x])], { axis: 1 });
  return scored(graph, graph.op("Gemm", [flat, weight([CLASSES, channels])], { transB: 1 }));
}

/** ViT-B/16: 12 blocks of width 768 with 12 heads. Dosovitskiy et al., An Image Is Worth 16×16 Words, ICLR 2021, table 1. */
export function vitB16(): Graph {
  const [width, heads, side] = [768, 12, 14];
  const weight = weights(16);
  const graph = Graph.empty("vit-b-16", 17);
  graph.addInput("image", ["n", 3, 224, 224]);
  const dense = (x: string, from: number, to: number, gain = 0.5) => {
    const product = graph.op("MatMul", [x, { ...weight([to, from], gain), dims: [from, to] }]);
    return graph.op("Add", [product, floats(new Float32Array(to))]);
  };
  const norm = (x: string) =>
    graph.op("LayerNormalization", [x, floats(new Float32Array(width).fill(1)), floats(new Float32Array(width))], {
      axis: -1,
    });
  const headsOf = (x: string, perm: number[]) =>
    graph.op("Transpose", [graph.op("Reshape", [x, ints([0, 0, heads, width / heads])])], { perm });
  const attention = (x: string) => {
    const [query, key, value] = [
      [0, 2, 1, 3],
      [0, 2, 3, 1],
      [0, 2, 1, 3],
    ].map((perm) => headsOf(dense(x, width, width), perm));
    const scaled = graph.op("Mul", [graph.op("MatMul", [query, key]), floats(1 / Math.sqrt(width / heads))]);
    const mixed = graph.op("MatMul", [graph.op("Softmax", [scaled], { axis: -1 }), value]);
    const joined = graph.op("Transpose", [mixed], { perm: [0, 2, 1, 3] });
    return dense(graph.op("Reshape", [joined, ints([0, 0, width])]), width, width);
  };
  const gelu = (x: string) => {
    const erf = graph.op("Erf", [graph.op("Mul", [x, floats(Math.SQRT1_2)])]);
    return graph.op("Mul", [graph.op("Mul", [x, floats(0.5)]), graph.op("Add", [erf, floats(1)])]);
  };
  const patches = graph.op("Conv", ["image", weight([width, 3, 16, 16])], {
    kernel_shape: [16, 16],
    strides: [16, 16],
  });
  const rows = graph.op("Transpose", [graph.op("Reshape", [patches, ints([0, width, side * side])])], {
    perm: [0, 2, 1],
  });
  const count = graph.op("Slice", [graph.op("Shape", ["image"]), ints([0]), ints([1])]);
  const shape = graph.op("Concat", [count, ints([1, width])], { axis: 0 });
  const tokens = graph.op("Concat", [graph.op("Expand", [weight([1, 1, width]), shape]), rows], { axis: 1 });
  let x = graph.op("Add", [tokens, weight([1, side * side + 1, width], 10)]);
  for (let block = 0; block < 12; block++) {
    const mixed = graph.op("Add", [x, attention(norm(x))]);
    x = graph.op("Add", [mixed, dense(gelu(dense(norm(mixed), width, 4 * width)), 4 * width, width)]);
  }
  const token = graph.op("Gather", [norm(x), ints(0)], { axis: 1 });
  return scored(graph, graph.op("Gemm", [token, weight([CLASSES, width])], { transB: 1 }));
}

function scored(graph: Graph, logits: string): Graph {
  graph.addNode("Identity", [logits], {}, { outputs: ["scores"] });
  graph.addOutput("scores", ["n", CLASSES]);
  return graph;
}
