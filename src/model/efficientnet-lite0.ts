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
const STEM_CHANNELS = 32;
const HEAD_CHANNELS = 1280;
const CLASSES = 1000;

/**
 * EfficientNet-Lite0 as an ONNX graph, made of the tensors of its PyTorch checkpoint. Batch normalisation is folded into
 * the convolutions; TensorFlow's "same" padding is written out. Input `input` [batch, 3, 224, 224], output `logits`
 * [batch, 1000], the last feature map is `features` [batch, 1280, 7, 7].
 * @throws SightlineError `bad-checkpoint` when a tensor is missing or has another shape
 */
export function buildEfficientNetLite0(tensors: ReadonlyMap<string, Constant>): Graph {
  return new Builder(tensors).build();
}

/** A convolution with its normalisation and, unless told otherwise, ReLU6. */
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

/** What one of the inverted residual blocks is like. */
interface Block {
  readonly index: number;
  readonly kernel: number;
  readonly stride: number;
  readonly expand: number;
  readonly channels: readonly [input: number, output: number];
}

class Builder {
  readonly #graph = Graph.empty("efficientnet-lite0", OPSET);
  readonly #tensors: ReadonlyMap<string, Constant>;
  readonly #zero: string;
  readonly #six: string;
  /** Rows and columns of the last feature map. */
  #side = SIZE;

  constructor(tensors: ReadonlyMap<string, Constant>) {
    this.#tensors = tensors;
    this.#graph.addInput("input", ["batch", 3, SIZE, SIZE]);
    this.#six = this.#graph.addConstant(floats(6), "six");
    this.#zero = this.#graph.addConstant(floats(0), "zero");
  }

  build(): Graph {
    let last = this.#conv("input", {
      output: "stem",
      weight: "_conv_stem.weight",
      norm: "_bn0",
      channels: [3, STEM_CHANNELS],
      kernel: 3,
      stride: 2,
    });
    let width = STEM_CHANNELS;
    let index = 0;
    for (const { repeats, channels, stride, ...stage } of STAGES) {
      for (let repeat = 0; repeat < repeats; repeat++) {
        const first = repeat === 0;
        last = this.#block(last, { ...stage, index, stride: first ? stride : 1, channels: [width, channels] });
        index += 1;
        width = channels;
      }
    }
    const head = { weight: "_conv_head.weight", norm: "_bn1", channels: [width, HEAD_CHANNELS] } as const;
    this.#classify(this.#conv(last, { output: "features", ...head }));
    return this.#graph;
  }

  #block(input: string, { index, kernel, stride, expand, channels: [narrow, out] }: Block): string {
    const from = `_blocks.${index}`;
    const to = `blocks.${index}`;
    const wide = narrow * expand;
    let last = input;
    if (expand !== 1) {
      const weight = `${from}._expand_conv.weight`;
      last = this.#conv(last, { output: `${to}.expand`, weight, norm: `${from}._bn0`, channels: [narrow, wide] });
    }
    last = this.#conv(last, {
      output: `${to}.depthwise`,
      weight: `${from}._depthwise_conv.weight`,
      norm: `${from}._bn1`,
      channels: [wide, wide],
      kernel,
      stride,
      depthwise: true,
    });
    last = this.#conv(last, {
      output: `${to}.project`,
      weight: `${from}._project_conv.weight`,
      norm: `${from}._bn2`,
      channels: [wide, out],
      activate: false,
    });
    if (stride !== 1 || narrow !== out) return last;
    return this.#graph.addNode("Add", [last, input], {}, { outputs: [`${to}.sum`], base: `${to}.sum` })[0];
  }

  #conv(input: string, layer: Layer): string {
    const { output, channels, kernel = 1, stride = 1, depthwise = false, activate = true } = layer;
    const graph = this.#graph;
    const { weight, bias, dims } = this.#folded(layer);
    const attributes = {
      kernel_shape: [kernel, kernel],
      strides: [stride, stride],
      pads: this.#samePadding(kernel, stride),
      group: depthwise ? channels[0] : 1,
    };
    const w = graph.addConstant(floats(weight, dims), `${output}.weight`);
    const b = graph.addConstant(floats(bias), `${output}.bias`);
    const raw = activate ? `${output}.conv` : output;
    graph.addNode("Conv", [input, w, b], attributes, { outputs: [raw], base: raw });
    if (activate) graph.addNode("Clip", [raw, this.#zero, this.#six], {}, { outputs: [output], base: output });
    return output;
  }

  /** Weights and bias of a convolution with its normalisation folded in. */
  #folded({ weight: name, norm, channels: [inputs, outputs], kernel = 1, depthwise = false }: Layer) {
    const perGroup = depthwise ? 1 : inputs;
    const dims = [outputs, perGroup, kernel, kernel];
    const weight = this.#read(name, dims).slice();
    const statistic = (part: string) => this.#read(`${norm}.${part}`, [outputs]);
    const [gain, shift, mean, variance] = ["weight", "bias", "running_mean", "running_var"].map(statistic);
    const bias = new Float32Array(outputs);
    const step = perGroup * kernel * kernel;
    for (let c = 0; c < outputs; c++) {
      const scale = gain[c] / Math.sqrt(variance[c] + EPSILON);
      for (let i = c * step; i < (c + 1) * step; i++) weight[i] *= scale;
      bias[c] = shift[c] - mean[c] * scale;
    }
    return { weight, bias, dims };
  }

  /** TensorFlow's "same" padding of the last map, which is `stride` times smaller afterwards. */
  #samePadding(kernel: number, stride: number): number[] {
    const side = Math.ceil(this.#side / stride);
    const missing = Math.max((side - 1) * stride + kernel - this.#side, 0);
    const before = Math.floor(missing / 2);
    const after = missing - before;
    this.#side = side;
    return [before, before, after, after];
  }

  #classify(features: string): void {
    const graph = this.#graph;
    const pooled = graph.op("Flatten", [graph.op("GlobalAveragePool", [features], {}, "pool")], { axis: 1 }, "flat");
    const dims = [CLASSES, HEAD_CHANNELS];
    const weight = graph.addConstant(floats(this.#read("_fc.weight", dims), dims), "classifier.weight");
    const bias = graph.addConstant(floats(this.#read("_fc.bias", [CLASSES])), "classifier.bias");
    const attributes = { transB: 1, alpha: float(1), beta: float(1) };
    graph.addNode("Gemm", [pooled, weight, bias], attributes, { outputs: ["logits"] });
    graph.addOutput("logits", ["batch", CLASSES]);
  }

  #read(name: string, dims: readonly number[]): Float32Array {
    const tensor = this.#tensors.get(name);
    if (tensor?.type === DataType.FLOAT && tensor.dims.join() === dims.join()) return tensor.data as Float32Array;
    throw new SightlineError("bad-checkpoint", `the checkpoint's tensor '${name}' is not as expected`, {
      received: tensor ? `[${tensor.dims.join(", ")}]` : "nothing",
      expected: `float32 of [${dims.join(", ")}]`,
      next: "use the checkpoint of EfficientNet-Lite0 that the catalog names",
    });
  }
}
