import { checkKeys, checkText } from "../core/checks.js";
import { checkOptions, type Limits, optionNames } from "../core/options.js";
import type { Tensor } from "../core/tensor.js";
import { RELU_RULES, type ReluRule } from "../onnx/autodiff/relu-rule.js";
import { checkModel } from "./check-model.js";
import type { Control, Model, Target } from "./types.js";

/** The name by which {@link Gradients} call the model's input. */
export const MODEL_INPUT = "";

/** Pictures in the largest backward pass. */
export const MOST_AT_ONCE = 32;

/** Options of {@link inputGradient} and {@link layerGradient}. */
export interface GradientOptions extends Control {
  /** The class whose score is differentiated, or a weight for each raw score: [classes] or [n, classes]. */
  target: Target | Float32Array;
  /** Raw scores before a final softmax or sigmoid (the default), or probabilities. */
  score?: "logit" | "probability";
  /** Which rule ReLU-like activations follow on the way back. */
  relu?: ReluRule;
}

/**
 * d score / d input of every image of a batch: the gradient of the scores' sum, as images do not influence each other.
 * @param input a batch as the model takes it, [n, …]
 * @returns a tensor like the input
 * @example
 * const { tensor: input } = await model.prepare("cat.png");
 * const gradient = await inputGradient(model, input, { target: 0 });
 * gradient.dims;                                              // as the input's
 * @throws SightlineError `unsupported-operator` naming operator and node, `unknown-label`, `shape-mismatch`
 */
export async function inputGradient(model: Model, input: Tensor, options: GradientOptions): Promise<Tensor> {
  const asked = request(model, options, "inputGradient", OPTIONS);
  const { gradients } = await model.gradient(input, asked);
  return gradients.get(MODEL_INPUT) as Tensor;
}

/**
 * An inner tensor and d score / d of it.
 * @example
 * const { tensor: input } = await model.prepare("cat.png");
 * const layer = model.layers()[0].name;
 * const { activation, gradient } = await layerGradient(model, input, { target: 0, layer });
 * @throws SightlineError `unknown-layer`, `unsupported-operator`, `unknown-label`, `shape-mismatch`
 */
export async function layerGradient(
  model: Model,
  input: Tensor,
  options: GradientOptions & {
    /** The tensor's name; `model.layers()` lists candidates. */
    layer: string;
  },
): Promise<{ activation: Tensor; gradient: Tensor }> {
  const { layer, ...rest } = request(model, options, "layerGradient", [...OPTIONS, "layer"]);
  checkText(layer, "layer", "the name of a tensor, as model.layers() lists them");
  const { gradients, activations } = await model.gradient(input, { ...rest, layers: [layer] });
  return { activation: activations.get(layer) as Tensor, gradient: gradients.get(layer) as Tensor };
}

const OPTIONS = optionNames<GradientOptions>({ target: true, score: true, relu: true, signal: true });

const LIMITS: Limits<Pick<GradientOptions, "score" | "relu">> = { score: ["logit", "probability"], relu: RELU_RULES };

function request<Options extends GradientOptions>(
  model: Model,
  options: Options,
  of: string,
  known: readonly string[],
) {
  checkModel(model);
  checkKeys(options, known, of);
  checkOptions(of, LIMITS, options);
  const { target, ...rest } = options;
  return { ...rest, target: target instanceof Float32Array ? target : model.classIndex(target) };
}
