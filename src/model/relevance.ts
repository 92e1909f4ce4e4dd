import { BOOLEAN, type Limits, wordsOf } from "../core/options.js";
import { pixelIndex } from "../core/pixel-index.js";
import type { Tensor } from "../core/tensor.js";
import type { Composite, LinearRule } from "../onnx/autodiff/relevance/composite.js";
import type { InputGeometry, ModelInfo } from "./types.js";

/** Composites by zennit's names: the rule of dense layers, that of convolutions, and that of the first layer. */
export type CompositeName =
  | "epsilon"
  | "epsilon-plus"
  | "epsilon-plus-flat"
  | "epsilon-gamma-box"
  | "epsilon-alpha2-beta1"
  | "epsilon-alpha2-beta1-flat";

/** Which rules relevance follows. */
export interface CompositeOptions {
  /**
   * The rules, named as in zennit: `epsilon` everywhere; `epsilon-plus`, `epsilon-gamma…` and `epsilon-alpha2-beta1` have
   * ε for dense layers and that rule for convolutions; `…-flat` and `…-box` have it for the first layer.
   */
  composite: CompositeName;
  /** Added to every denominator, with its sign: above 0. Larger values take out what hardly counts. */
  epsilon: number;
  /** How much more counts what raises an output, in `epsilon-gamma-box`: 0 or more. */
  gamma: number;
  /** Leaves biases out of what outputs are made of (zennit's `zero_params="bias"`): they take no relevance, and the map adds up. */
  zeroBias?: boolean;
}

export const COMPOSITE_LIMITS: Limits<CompositeOptions> = {
  composite: wordsOf<CompositeName>({
    epsilon: true,
    "epsilon-plus": true,
    "epsilon-plus-flat": true,
    "epsilon-gamma-box": true,
    "epsilon-alpha2-beta1": true,
    "epsilon-alpha2-beta1-flat": true,
  }),
  epsilon: { above: 0 },
  gamma: { from: 0, to: 1e6 },
  zeroBias: BOOLEAN,
};

/** zennit's own. */
export const COMPOSITE_DEFAULTS: CompositeOptions = {
  composite: "epsilon-plus",
  epsilon: 1e-6,
  gamma: 0.25,
  zeroBias: false,
};

/** Operators with gradients through which relevance has no rule. */
const WITHOUT_RULES = ["LSTM", "GRU", "RNN"];

/** Why no relevance reaches a model's picture; undefined where nothing is known against it. */
export function reasonAgainstRelevance({ operators }: Pick<ModelInfo, "operators">): string | undefined {
  const found = WITHOUT_RULES.filter((name) => Object.hasOwn(operators, name));
  return found.length > 0 ? `relevance has no rule for ${found.join(", ")}` : undefined;
}

/** What the lowest and highest values of a model's input follow from. */
export interface InputRange {
  readonly geometry: InputGeometry;
  fill(colour: readonly [number, number, number]): Tensor;
}

const EPSILON: LinearRule = { rule: "epsilon" };
const PLUS: LinearRule = { rule: "plus" };
const ALPHA_BETA: LinearRule = { rule: "alpha-beta", alpha: 2, beta: 1 };
const FLAT = { rule: { rule: "flat" }, of: "all" } as const;

/** The rules of a name, with its settings. @param range what black and white are in the model's input, for the box */
export function compositeOf(options: CompositeOptions, range: InputRange): Composite {
  return { ...rulesOf(options, range), epsilon: options.epsilon, zeroBias: options.zeroBias };
}

function rulesOf({ composite, gamma }: CompositeOptions, range: InputRange): Omit<Composite, "epsilon"> {
  switch (composite) {
    case "epsilon":
      return { convolution: EPSILON, dense: EPSILON };
    case "epsilon-plus":
      return { convolution: PLUS, dense: EPSILON };
    case "epsilon-plus-flat":
      return { convolution: PLUS, dense: EPSILON, first: FLAT };
    case "epsilon-alpha2-beta1":
      return { convolution: ALPHA_BETA, dense: EPSILON };
    case "epsilon-alpha2-beta1-flat":
      return { convolution: ALPHA_BETA, dense: EPSILON, first: FLAT };
    case "epsilon-gamma-box":
      return {
        convolution: { rule: "gamma", gamma },
        dense: EPSILON,
        first: { rule: boxOf(range), of: "convolutions" },
      };
  }
}

/** The box that pictures lie in: from black to white, channel by channel. */
function boxOf({ geometry, fill }: InputRange): LinearRule {
  const at = pixelIndex(geometry);
  const values = (level: number) => {
    const { data } = fill([level, level, level]);
    return Array.from({ length: geometry.channels }, (_, c) => data[at(c, 0)]);
  };
  const [black, white] = [values(0), values(255)];
  return {
    rule: "box",
    low: black.map((value, c) => Math.min(value, white[c])),
    high: black.map((value, c) => Math.max(value, white[c])),
    axis: geometry.layout === "nchw" ? 1 : 3,
  };
}
