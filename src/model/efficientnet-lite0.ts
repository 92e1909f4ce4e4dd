import { SightlineError } from "../core/errors.js";
import { float } from "../onnx/attributes.js";
import { type Constant, DataType, floats } from "../onnx/constant.js";
import { Graph } from "../onnx/graph.js";

/** Side of the picture the network was trained on; its paddings hold for this size only. */
const SIZE = 224;
const OPSET = 17;
/** TensorFlow's choice, with which the network was trained. */
const EPSILON = 1e-3;

/** Kernel, stride, expansion, channels and repeats of the seven stages (Tan & Le, EfficientNet, ICML 2019, table 1; Lite: no squeeze-and-excitation, ReLU6). */
const STAGES = [
  { kernel: 3, stride: 1, expand: 1, channels: 16, repeats: 1 },
  { kernel: 3, stride: 2, expand: 6, channels: 24, repeats: 2 },
  { kernel: 5, stride: 2, expand: 6, channels: 40, repeats: 2 },
  { kernel: 3, stride: 2, expand: 6, channels: 80, repeats: 3 },
  { kernel: 5, stride: 1, expand: 6, channels: 112, repeats: 3 },
  { kernel: 5, stride: 2, expand: 6, channels: 192, repeats: 4 },
  { kernel: 3, stride: 1, expand: 6, channels: 320, repeats: 1 },
] as const;

/**
 * EfficientNet-Lite0 as an ONNX graph, made of the tensors of its PyTorch checkpoint. Batch normalisation is folded into
 * the convolutions; TensorFlow's "same" padding is written out. Input `input` [batch, 3, 224, 224], output `logits`
 * [batch, 1000], the last feature map is `features` [batch, 1280, 7, 7].
 * @throws SightlineError `bad-checkpoint` when a tensor is missing or has another shape
 */
export function buildEfficientNetLite0(tensors: ReadonlyMap<string, Constant>): Graph {
  const graph = Graph.empty("efficientnet-lite0", OPSET);
  graph.addInput("input", ["batch", 3, SIZE, SIZE]);
  const six = graph.addConstant(floats(6), "six");
  const zero = graph.addConstant(floats(0), "zero");

  const read = (name: string, dims: readonly number[]): Float32Array => {
    const found = tensors.get(name);
    if (found?.type === DataType.FLOAT && found.dims.join() === dims.join()) return found.data as Float32Array;
    throw new SightlineError("bad-checkpoint", `the checkpoint's tensor '${name}' is not as expected`, {
      received: found ? `[${found.dims.join(", ")}]` : "nothing",
      expected: `float32 of [${dims.join(", ")}]`,
      next: "use the checkpoint of EfficientNet-Lite0 that the catalog names",
    });
  };

  interface Layer {
    readonly output: string;
    readonly weight: string;
    readonly norm: string;
    readonly channels: readonly [input: number, output: number];
    readonly kernel?: number;
    readonly stride?: number;
    readonly depthwise?: boolean;
    readonly activate?: boolean;
  }
  let side = SIZE;

  /** Convolution, folded normalisation and, unless told otherwise, ReLU6. */
  const conv = (input: string, layer: Layer): string => {
    const { output, channels, kernel = 1, stride = 1, depthwise = false, activate = true } = layer;
    const perGroup = depthwise ? 1 : channels[0];
    const dims = [channels[1], perGroup, kernel, kernel];
    const weight = read(layer.weight, dims).slice();
    const statistic = (name: string) => read(`${layer.norm}.${name}`, [channels[1]]);
    const [gain, shift, mean, variance] = ["weight", "bias", "running_mean", "running_var"].map(statistic);
    const bias = new Float32Array(channels[1]);
    const step = perGroup * kernel * kernel;
    for (let c = 0; c < channels[1]; c++) {
      const scale = gain[c] / Math.sqrt(variance[c] + EPSILON);
      for (let i = c * step; i < (c + 1) * step; i++) weight[i] *= scale;
      bias[c] = shift[c] - mean[c] * scale;
    }
    const next = Math.ceil(side / stride);
    const missing = Math.max((next - 1) * stride + kernel - side, 0);
    const before = Math.floor(missing / 2);
    const after = missing - before;
    side = next;
    const w = graph.addConstant(floats(weight, dims), `${output}.weight`);
    const b = graph.addConstant(floats(bias), `${output}.bias`);
    const attributes = {
      kernel_shape: [kernel, kernel],
      strides: [stride, stride],
      pads: [before, before, after, after],
      group: depthwise ? channels[0] : 1,
    };
    const raw = activate ? `${output}.conv` : output;
    graph.addNode("Conv", [input, w, b], attributes, { outputs: [raw], base: raw });
    if (activate) graph.addNode("Clip", [raw, zero, six], {}, { outputs: [output], base: output });
    return output;
  };

  let last = conv("input", {
    output: "stem",
    weight: "_conv_stem.weight",
    norm: "_bn0",
    channels: [3, 32],
    kernel: 3,
    stride: 2,
  });
  let width = 32;
  let index = 0;
  for (const stage of STAGES) {
    for (let repeat = 0; repeat < stage.repeats; repeat++, index++) {
      const from = `_blocks.${index}`;
      const to = `blocks.${index}`;
      const inner = width * stage.expand;
      const stride = repeat === 0 ? stage.stride : 1;
      const start = last;
      if (stage.expand !== 1) {
        last = conv(last, {
          output: `${to}.expand`,
          weight: `${from}._expand_conv.weight`,
          norm: `${from}._bn0`,
          channels: [width, inner],
        });
      }
      last = conv(last, {
        output: `${to}.depthwise`,
        weight: `${from}._depthwise_conv.weight`,
        norm: `${from}._bn1`,
        channels: [inner, inner],
        kernel: stage.kernel,
        stride,
        depthwise: true,
      });
      last = conv(last, {
        output: `${to}.project`,
        weight: `${from}._project_conv.weight`,
        norm: `${from}._bn2`,
        channels: [inner, stage.channels],
        activate: false,
      });
      if (stride === 1 && width === stage.channels) {
        [last] = graph.addNode("Add", [last, start], {}, { outputs: [`${to}.sum`], base: `${to}.sum` });
      }
      width = stage.channels;
    }
  }
  last = conv(last, { output: "features", weight: "_conv_head.weight", norm: "_bn1", channels: [width, 1280] });
  const pooled = graph.op("Flatten", [graph.op("GlobalAveragePool", [last], {}, "pool")], { axis: 1 }, "flat");
  const weight = graph.addConstant(floats(read("_fc.weight", [1000, 1280]), [1000, 1280]), "classifier.weight");
  const bias = graph.addConstant(floats(read("_fc.bias", [1000])), "classifier.bias");
  graph.addNode(
    "Gemm",
    [pooled, weight, bias],
    { transB: 1, alpha: float(1), beta: float(1) },
    { outputs: ["logits"] },
  );
  graph.addOutput("logits", ["batch", 1000]);
  return graph;
}
