import type { Graph, NodeProto } from "../../graph.js";
import { copyNodeDeep, readsOf } from "../../messages.js";
import { activations } from "../activations.js";
import { indexing } from "../indexing.js";
import { linearNormalization } from "../normalization.js";
import type { RuleBook } from "../propagate.js";
import { quantization } from "../quantization.js";
import { GRADIENT_RULES } from "../rules.js";
import { shape } from "../shape.js";
import type { Rule, Step } from "../step.js";
import type { Gradient } from "../tape.js";
import type { Composite, LinearRule } from "./composite.js";
import { type Bounds, LinearLayer, linearRelevance, stabilised } from "./linear-rules.js";
import { isConvolution, weightsOf } from "./merge-affine.js";

/** Relevance that is kept or dropped element by element on its way through a tensor. */
export interface Condition {
  /** The tensor, made by an Identity. */
  readonly tensor: string;
  /** What its relevance is multiplied with. */
  readonly weights: string;
}

/** How relevance passes each operator of a graph. */
export class RelevanceRules implements RuleBook {
  readonly kind = "relevance";
  readonly isFlat = GRADIENT_RULES.isFlat;
  readonly #moving: ReadonlySet<string>;
  readonly #first: ReadonlySet<NodeProto>;

  constructor(
    readonly composite: Composite,
    readonly graph: Graph,
    readonly condition?: Condition,
  ) {
    const { moving, first } = reach(graph);
    this.#moving = moving;
    this.#first = first;
  }

  ruleOf(node: NodeProto): Rule | undefined {
    const { condition } = this;
    if (condition && node.output[0] === condition.tensor) {
      return (step) => [() => step.mul(step.dy(), condition.weights)];
    }
    const gradient = GRADIENT_RULES.ruleOf(node);
    if (!gradient) return undefined;
    const key = node.domain && node.domain !== "ai.onnx" ? `${node.domain}::${node.opType}` : node.opType;
    if (weightsOf(this.graph, node) !== undefined) return (step) => this.#linear(step, gradient);
    if (key === "Softmax") return softmax;
    if (key === "Mul") return (step) => this.#product(step);
    if (key === "Div") return (step) => this.#quotient(step);
    if (Object.hasOwn(linearNormalization, key)) return (step) => this.#epsilon(step, linearNormalization[key]);
    if (ADD_UP.has(key)) return (step) => this.#epsilon(step, gradient);
    if (MOVE.has(key)) return gradient;
    return PASS.has(key) ? pass : undefined;
  }

  #linear(step: Step, gradient: Rule): ReturnType<Rule> {
    const { epsilon, zeroBias = false } = this.composite;
    const layer = LinearLayer.of(step, gradient, zeroBias) as LinearLayer;
    const rule = this.#ruleOfLayer(step.node);
    const relevance = (): Gradient => linearRelevance({ layer, relevance: step.dy(), epsilon }, rule, this.#bounds);
    return layer.input === 0 ? [relevance] : [undefined, relevance];
  }

  #ruleOfLayer(node: NodeProto): LinearRule {
    const { first, convolution, dense } = this.composite;
    const convolves = isConvolution(node);
    if (first && this.#first.has(node) && (convolves || first.of === "all")) return first.rule;
    return convolves ? convolution : dense;
  }

  /**
   * ε-rule of whatever is linear in its operands. A product of two that both move is linear in each: they get half each.
   * Achtibat et al., AttnLRP, ICML 2024, proposition 3.3.
   */
  #epsilon(step: Step, gradient: Rule): ReturnType<Rule> {
    const moving = step.node.input.filter((name) => this.#moving.has(name)).length;
    const shares = MULTIPLY.has(step.node.opType) ? Math.max(1, moving) : 1;
    const { epsilon } = this.composite;
    const output = () => (shares === 1 ? step.y() : step.mul(step.y(), shares));
    const quotient = () =>
      step.tape.shared(`quotient ${step.y()}`, () => step.div(step.dy(), stabilised(step, output(), epsilon)));
    return step.node.input.map((name, input) => () => {
      const made = gradient(step.derived(step.node.input, quotient()))[input]?.();
      if (made === undefined) throw step.unsupported();
      return step.mul(
        name,
        typeof made !== "string" && made.kind === "spread" ? made.tensor : step.tape.whole(name, made),
      );
    });
  }

  /**
   * A product element by element: halves, or all to the signal where the other factor is a gate that is broadcast over it
   * (squeeze and excitation, a norm), or does not depend on the picture.
   */
  #product(step: Step): ReturnType<Rule> {
    const moves = step.node.input.map((name) => this.#moving.has(name));
    const size = (input: number) => step.dims(step.x(input)).filter((dim) => dim !== 1).length;
    const share = (input: 0 | 1): number => {
      if (!moves[1 - input]) return 1;
      return size(input) === size(1 - input) ? 0.5 : Number(size(input) > size(1 - input));
    };
    return ([0, 1] as const).map((input) => {
      const part = share(input);
      return part === 0 ? undefined : () => step.fit(part === 1 ? step.dy() : step.mul(step.dy(), part), input);
    });
  }

  /** What is divided gets all: a divisor is a norm, or a number. */
  #quotient(step: Step): ReturnType<Rule> {
    const all = (input: number) => () => step.fit(step.dy(), input);
    return this.#moving.has(step.x(0)) ? [all(0)] : [undefined, all(1)];
  }

  readonly #bounds: Bounds = (step, { low, high, axis: channels }) => {
    const { target } = step.tape;
    const input = this.graph.inputs[0].name;
    const of = (values: readonly number[]) => {
      const dims = step.dims(input).map((_, axis) => (axis === channels ? values.length : 1));
      const spread = step.op("Expand", [step.tape.constant(step.floats(values, dims)), step.tape.shapeOf(input)]);
      return throughPrefix(target, input, step.x(), spread);
    };
    const [a, b] = [of(low), of(high)];
    return { low: step.op("Min", [a, b]), high: step.op("Max", [a, b]) };
  };
}

/** What a tensor would be, were the input another one. */
function throughPrefix(target: Graph, input: string, tensor: string, other: string): string {
  const names = new Map([[input, other]]);
  const needed = new Set([tensor]);
  const nodes: NodeProto[] = [];
  for (const node of [...target.nodes].reverse()) {
    if (!node.output.some((name) => needed.has(name))) continue;
    for (const name of readsOf(node)) needed.add(name);
    nodes.unshift(node);
  }
  for (const node of nodes) {
    if (!readsOf(node).some((name) => names.has(name))) continue;
    for (const name of node.output) if (name) names.set(name, target.unique(`grad_${name}`));
    target.proto.node.push(copyNodeDeep(node, (name) => names.get(name) ?? name));
  }
  target.touch();
  return names.get(tensor) ?? tensor;
}

/** Tensors that depend on the picture, and the linear layers that no other stands before. */
function reach(graph: Graph): { moving: ReadonlySet<string>; first: ReadonlySet<NodeProto> } {
  const moving = new Set(graph.inputs.map(({ name }) => name));
  const behind = new Set<string>();
  const first = new Set<NodeProto>();
  for (const node of graph.nodes) {
    const reads = node.opType === "Shape" ? [] : readsOf(node).filter((name) => moving.has(name));
    if (reads.length === 0) continue;
    const later = reads.some((name) => behind.has(name));
    const linear = weightsOf(graph, node) !== undefined;
    if (linear && !later) first.add(node);
    for (const name of node.output) {
      moving.add(name);
      if (linear || later) behind.add(name);
    }
  }
  return { moving, first };
}

/** Linear in each operand: relevance is shared by what each adds to the output. */
const ADD_UP = new Set(
  (
    "Add AveragePool Col2Im Conv ConvTranspose CumSum Einsum Gemm GlobalAveragePool MatMul Mean ReduceMean ReduceSum Resize " +
    "Sub Sum Upsample"
  ).split(" "),
);
const MULTIPLY = new Set(["Conv", "ConvTranspose", "Einsum", "Gemm", "MatMul"]);

/** Operators that move elements or choose among them: relevance goes where they came from. */
const MOVE = new Set([
  ...Object.keys(shape),
  ...Object.keys(indexing),
  ..."GlobalMaxPool Max MaxPool Min ReduceMax ReduceMin Where".split(" "),
]);

/** Operators with one argument for each value: relevance passes as it is. */
const PASS = new Set([
  ...Object.keys(activations).filter((name) => !name.includes("Softmax")),
  ...Object.keys(quantization),
  ..."BatchNormalization LpNormalization LRN Pow Mod".split(" "),
]);

const pass: Rule = (step) => [
  () => {
    const type = step.tape.gradientType(step.x());
    return type === step.type ? step.lazy() : step.op("Cast", [step.dy()], { to: type });
  },
];

/** Values from here on are a mask's. */
const MASKED = -1e30;

/** First-order Taylor expansion with its bias: x ⊙ (R − y · ΣR). Achtibat et al., AttnLRP, ICML 2024, proposition 3.1. */
const softmax: Rule = (step) => [
  () => {
    const total = step.reduce("ReduceSum", step.dy(), [step.attributes.int("axis", -1)]);
    const x = step.where(step.compare("Greater", step.x(), MASKED), step.x(), 0);
    return step.mul(x, step.sub(step.dy(), step.mul(step.y(), total)));
  },
];
