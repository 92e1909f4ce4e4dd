import type { NodeProto } from "../graph.js";
import { activations } from "./activations.js";
import { arithmetic } from "./arithmetic.js";
import { convolution } from "./convolution.js";
import { indexing } from "./indexing.js";
import { matrix } from "./matrix.js";
import { normalization } from "./normalization.js";
import { pooling } from "./pooling.js";
import type { RuleBook } from "./propagate.js";
import { quantization } from "./quantization.js";
import { recurrent } from "./recurrent.js";
import { reduction } from "./reduction.js";
import { resizing } from "./resize.js";
import { shape } from "./shape.js";
import type { Rule } from "./step.js";

const standard = ({ domain }: NodeProto) => domain === "" || domain === "ai.onnx";

/** The rules of all operators, and which operators have no gradient anywhere. */
export const GRADIENT_RULES: RuleBook = {
  kind: "gradient",
  ruleOf(node) {
    const key = standard(node) ? node.opType : `${node.domain}::${node.opType}`;
    return Object.hasOwn(RULES, key) ? RULES[key] : undefined;
  },
  isFlat: (node) => standard(node) && FLAT.has(node.opType),
};

const RULES: Readonly<Record<string, Rule>> = {
  ...activations,
  ...arithmetic,
  ...convolution,
  ...indexing,
  ...matrix,
  ...normalization,
  ...pooling,
  ...quantization,
  ...recurrent(GRADIENT_RULES),
  ...reduction,
  ...resizing,
  ...shape,
};

/** Operators whose result is constant almost everywhere: nothing flows back through them. */
const FLAT = new Set(
  (
    "ArgMax ArgMin Bernoulli Ceil ConstantOfShape Equal EyeLike Floor Greater GreaterOrEqual Hardmax IsInf IsNaN Less " +
    "LessOrEqual Multinomial NonZero Not OneHot RandomNormalLike RandomUniformLike Shape Sign Size"
  ).split(" "),
);

/** Operators with a gradient rule; those of other domains as `domain::Operator`. */
export const differentiableOperators: readonly string[] = Object.keys(RULES).sort();
