import type { NodeProto } from "../graph.js";
import { activations } from "./activations.js";
import { arithmetic } from "./arithmetic.js";
import { convolution } from "./convolution.js";
import { indexing } from "./indexing.js";
import { matrix } from "./matrix.js";
import { normalization } from "./normalization.js";
import { pooling } from "./pooling.js";
import { quantization } from "./quantization.js";
import { reduction } from "./reduction.js";
import { resizing } from "./resize.js";
import { shape } from "./shape.js";
import type { Rule } from "./step.js";

const RULES: Readonly<Record<string, Rule>> = {
  ...activations,
  ...arithmetic,
  ...convolution,
  ...indexing,
  ...matrix,
  ...normalization,
  ...pooling,
  ...quantization,
  ...reduction,
  ...resizing,
  ...shape,
};

/** Operators whose result is constant almost everywhere: nothing flows back through them. */
const FLAT = new Set(
  (
    "ArgMax ArgMin Bernoulli Ceil ConstantOfShape Equal EyeLike Floor Greater GreaterOrEqual Hardmax IsInf IsNaN Less " +
    "LessOrEqual Multinomial NonZero Not OneHot RandomNormalLike RandomUniformLike Round Shape Sign Size"
  ).split(" "),
);

const standard = ({ domain }: NodeProto) => domain === "" || domain === "ai.onnx";

/** Operators with a gradient rule; those of other domains as `domain::Operator`. */
export const differentiableOperators: readonly string[] = Object.keys(RULES).sort();

export function ruleOf(node: NodeProto): Rule | undefined {
  const key = standard(node) ? node.opType : `${node.domain}::${node.opType}`;
  return Object.hasOwn(RULES, key) ? RULES[key] : undefined;
}

export const isFlat = (node: NodeProto): boolean => standard(node) && FLAT.has(node.opType);
