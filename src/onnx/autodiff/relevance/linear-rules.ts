import type { Constant } from "../../constant.js";
import { type Rule, repeat, type Step } from "../step.js";
import type { InputBox, LinearRule } from "./composite.js";
import { weightsOf } from "./merge-affine.js";

/** A layer that multiplies its input with constant weights and adds a bias. */
export class LinearLayer {
  readonly weight: Constant;
  readonly bias?: Constant;
  /** Which of the node's inputs moves. */
  readonly input: 0 | 1;
  readonly #names = new Map<Constant, string>();

  private constructor(
    readonly step: Step,
    readonly rule: Rule,
    weights: 0 | 1,
    private readonly zeroBias: boolean,
  ) {
    this.input = weights === 1 ? 0 : 1;
    this.weight = step.constant(weights) as Constant;
    this.bias = zeroBias ? undefined : step.constant(2);
    const { target } = step.tape;
    const isThere = (name: string) => target.initializers.has(name) || target.producer(name) !== undefined;
    if (isThere(step.x(weights))) this.#names.set(this.weight, step.x(weights));
  }

  /** Undefined where a node is no such layer. @param rule how its gradient is written @param zeroBias as if it had no bias */
  static of(step: Step, rule: Rule, zeroBias: boolean): LinearLayer | undefined {
    const weights = weightsOf(step.tape.source, step.node);
    return weights === undefined ? undefined : new LinearLayer(step, rule, weights, zeroBias);
  }

  /** The layer's output, its bias left out where that is 0. */
  output(): string {
    const { step, zeroBias } = this;
    if (!zeroBias || !step.node.input[2]) return step.y();
    return step.tape.shared(`without bias ${step.y()}`, () => this.forward(step.x(this.input), this.weight));
  }

  /** The layer's output for another input, with other weights. */
  forward(x: string, weight: Constant, bias?: Constant): string {
    const { step } = this;
    const operands = this.input === 0 ? [x, this.#name(weight)] : [this.#name(weight), x];
    if (step.node.opType !== "MatMul") return repeat(step, bias ? [...operands, this.#name(bias)] : operands);
    const product = repeat(step, operands);
    return bias ? step.add(product, this.#name(bias)) : product;
  }

  /** A gradient of the output as one of the input, through other weights. */
  back(gradient: string, weight: Constant): string {
    const { step, input } = this;
    const operands = input === 0 ? [step.x(0), this.#name(weight)] : [this.#name(weight), step.x(1)];
    const made = this.rule(step.derived(operands, gradient))[input]?.();
    if (made === undefined) throw step.unsupported();
    return step.tape.whole(step.x(input), made);
  }

  #name(value: Constant): string {
    const name =
      this.#names.get(value) ?? this.step.tape.weight(this.step.floats(value.data as Float32Array, value.dims));
    this.#names.set(value, name);
    return name;
  }
}

/** z + ε · sign(z), so that it can be divided by. */
export function stabilised(step: Step, z: string, epsilon: number): string {
  return step.add(z, step.where(step.compare("Less", z, 0), -epsilon, epsilon));
}

/** An input as a rule takes it, and the weights that it goes through. */
interface Part {
  readonly x: string;
  readonly weight: Constant;
  readonly bias?: Constant;
}

const mapped = (value: Constant, change: (value: number) => number): Constant => ({
  ...value,
  data: Float32Array.from(value.data as Float32Array, change),
});
const positive = (value: number) => Math.max(value, 0);
const negative = (value: number) => Math.min(value, 0);

/** What is to be handed down: relevance of a layer's output, as a layer and what is added to denominators. */
interface Handing {
  readonly layer: LinearLayer;
  readonly relevance: string;
  readonly epsilon: number;
}

const sum = (step: Step, terms: readonly string[]) => terms.reduce((a, b) => step.add(a, b));

/** Relevance shared by what the parts add to their common output. @param gate chooses outputs */
function shared({ layer, relevance, epsilon }: Handing, parts: readonly Part[], gate?: string): string {
  const { step } = layer;
  const outputs = parts.map(({ x, weight, bias }) => layer.forward(x, weight, bias));
  const quotient = step.div(relevance, stabilised(step, sum(step, outputs), epsilon));
  const given = gate === undefined ? quotient : step.where(gate, quotient, 0);
  return sum(
    step,
    parts.map(({ x, weight }) => step.mul(x, layer.back(given, weight))),
  );
}

/** Inputs above and below zero, each with weights of the sign that makes products positive; the bias counts once. */
function helping(layer: LinearLayer, change: (keep: (value: number) => number) => (value: number) => number): Part[] {
  return partsBySign(layer, change(positive), change(negative));
}

/** The same for products that are negative. */
function hindering(layer: LinearLayer, change: (keep: (value: number) => number) => (value: number) => number): Part[] {
  return partsBySign(layer, change(negative), change(positive));
}

function partsBySign(
  { step, weight, bias, input }: LinearLayer,
  ofPositive: (value: number) => number,
  ofNegative: (value: number) => number,
): Part[] {
  const x = step.x(input);
  const above = { weight: mapped(weight, ofPositive), bias: bias && mapped(bias, ofPositive) };
  const parts: Part[] = [{ x: step.op("Relu", [x]), ...above }];
  if (!isNonNegative(step, x)) {
    parts.push({ x: step.op("Min", [x, step.scalar(0)]), weight: mapped(weight, ofNegative) });
  }
  return parts;
}

const alone = (keep: (value: number) => number) => keep;

/** Operators that make nothing below zero, and those that keep it so. */
const RECTIFY = new Set(["Relu", "Sigmoid", "HardSigmoid", "Softmax", "Abs", "Exp", "Softplus"]);
const KEEP = new Set(
  "AveragePool Concat Dropout Flatten GlobalAveragePool GlobalMaxPool Identity MaxPool Reshape Transpose".split(" "),
);

function isNonNegative(step: Step, name: string, depth = 8): boolean {
  const node = step.tape.target.producer(name);
  if (!node || node.domain || depth === 0) return false;
  if (RECTIFY.has(node.opType)) return true;
  if (node.opType === "Clip") return Number(step.tape.valueOf(node.input[1] ?? "")?.data[0] ?? -1) >= 0;
  const inputs = KEEP.has(node.opType) ? (node.opType === "Concat" ? node.input : node.input.slice(0, 1)) : [];
  return inputs.length > 0 && inputs.every((input) => isNonNegative(step, input, depth - 1));
}

/** The lowest and the highest values that a layer's input can take, as tensors like it. */
export type Bounds = (step: Step, box: InputBox) => { low: string; high: string };

/** Relevance of a linear layer's input. */
export function linearRelevance(handing: Handing, rule: LinearRule, bounds: Bounds): string {
  const { layer, relevance, epsilon } = handing;
  const { step, weight, bias, input } = layer;
  const x = step.x(input);
  switch (rule.rule) {
    case "epsilon":
      return step.mul(x, layer.back(step.div(relevance, stabilised(step, layer.output(), epsilon)), weight));
    case "plus":
      return shared(handing, helping(layer, alone));
    case "alpha-beta": {
      const up = step.mul(shared(handing, helping(layer, alone)), rule.alpha);
      return rule.beta === 0 ? up : step.sub(up, step.mul(shared(handing, hindering(layer, alone)), rule.beta));
    }
    case "gamma": {
      const strengthened = (keep: (value: number) => number) => (value: number) => value + rule.gamma * keep(value);
      const [above, below] = [step.compare("Greater", step.y(), 0), step.compare("Less", step.y(), 0)];
      return step.add(
        shared(handing, helping(layer, strengthened), above),
        shared(handing, hindering(layer, strengthened), below),
      );
    }
    case "flat": {
      const ones = mapped(weight, () => 1);
      const everywhere = step.op("Expand", [step.scalar(1), step.tape.shapeOf(x)]);
      const reach = stabilised(step, layer.forward(everywhere, ones), epsilon);
      return layer.back(step.div(relevance, reach), ones);
    }
    case "box": {
      const { low, high } = bounds(step, rule);
      const [up, down] = [positive, negative].map((keep) => ({
        weight: mapped(weight, keep),
        bias: bias && mapped(bias, keep),
      }));
      const lowest = layer.forward(low, up.weight, up.bias);
      const highest = layer.forward(high, down.weight, down.bias);
      const above = step.sub(step.sub(layer.output(), lowest), highest);
      const given = step.div(relevance, stabilised(step, above, epsilon));
      const from = (tensor: string, through: Constant) => step.mul(tensor, layer.back(given, through));
      return step.sub(step.sub(from(x, weight), from(low, up.weight)), from(high, down.weight));
    }
  }
}
