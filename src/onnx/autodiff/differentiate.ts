import { SightlineError } from "../../core/errors.js";
import { DataType, ints } from "../constant.js";
import type { Activation, Probabilities } from "../final-activation.js";
import type { Dim, Graph } from "../graph.js";
import type { TensorShape } from "../shapes.js";
import type { Differentiable } from "./canonical.js";
import { propagate } from "./propagate.js";
import type { Composite } from "./relevance/composite.js";
import { toRelevanceForm } from "./relevance/relevance-form.js";
import { type Condition, RelevanceRules } from "./relevance/relevance-rules.js";
import { widen } from "./relevance/widen.js";
import type { ReluRule } from "./relu-rule.js";
import { GRADIENT_RULES } from "./rules.js";
import { scalarOf, Tape } from "./tape.js";

export { canonical, type Differentiable } from "./canonical.js";
export { differentiableOperators } from "./rules.js";

export interface DifferentiateOptions {
  /** Tensors to differentiate with respect to: inputs, inner tensors or weights, by name. */
  readonly wrt: readonly string[];
  /** The tensor of raw scores, [n, classes] (further axes of size 1 are dropped). */
  readonly output: string;
  /** The last function of the graph: what raw scores are. */
  readonly activation: Activation;
  /** How probabilities come from the scores; needed for `score: "probability"`. */
  readonly probabilities?: Probabilities;
  /** Whether the values before that function or behind it are differentiated. */
  readonly score: "logit" | "probability";
  /** Which rule ReLU-like gates follow. */
  readonly relu?: ReluRule;
  /**
   * Relevance by these rules instead of gradients: it starts as Σ seed · score and is handed down layer by layer.
   */
  readonly relevance?: Composite;
  /** With `relevance`: a tensor through which it passes element by element only as the input `condition` weighs it. */
  readonly through?: string;
}

/** A graph that computes scores and their gradients. */
export interface GradientGraph {
  readonly graph: Graph;
  /** Input of float32 [n, classes]: the score is Σ seed · values, so it picks a class or weighs several. */
  readonly seed: string;
  /** Input of float32 [n, elements]: weighs the relevance of each element of the tensor `through`. */
  readonly condition?: string;
  /** Output of float32 [n]: with `relevance`, what is handed down. */
  readonly start?: string;
  /** Output of raw scores. */
  readonly scores: string;
  /** Outputs with the gradients, by the tensors asked for. */
  readonly gradients: ReadonlyMap<string, string>;
  /** Outputs with the values of these tensors, where nodes make them. */
  readonly values: ReadonlyMap<string, string>;
}

/**
 * Reverse-mode differentiation as graph surgery: appends the backward half of a graph in ordinary operators. Only nodes
 * between the tensors asked for and the score are differentiated; batches stay free where they were.
 * @throws SightlineError `unsupported-operator` naming operator and node, where a node on that way has no rule
 */
export function differentiate(
  { graph: base, shapes: probed }: Differentiable,
  options: DifferentiateOptions,
): GradientGraph {
  const { wrt, output, relu = "gradient", relevance, through } = options;
  const source = base.clone();
  const shapes = new Map(probed);
  if (relevance) widen(source, shapes);
  const score = scoreTensor(source, shapes, options);
  const passage = through === undefined ? undefined : insertPassage(source, shapes, through);
  const target = source.clone();
  if (relevance) toRelevanceForm(source, shapes, new Set([...wrt, score, output, through ?? "", passage ?? ""]));
  const seed = target.unique("seed");
  const tape = new Tape(source, target, shapes, relu);
  const { dims, batchAxis } = tape.shape(score);
  target.addInput(
    seed,
    dims.map((dim, axis): Dim => (axis === batchAxis ? "seeds" : dim)),
  );

  const type = tape.gradientType(score);
  const start = type === DataType.FLOAT ? seed : tape.op("Cast", [seed], { to: type });
  const handed = relevance ? tape.op("Mul", [start, score]) : undefined;
  tape.accumulate(score, handed ?? start);
  const condition = passage === undefined ? undefined : addCondition(tape, passage);
  const rules = relevance ? new RelevanceRules(relevance, source, condition) : GRADIENT_RULES;
  propagate(tape, rules, wrt, [score]);

  const ports: string[] = [];
  const publish = (tensor: string, as: string, type: DataType) => {
    if (type === DataType.FLOAT && target.producer(tensor) && !ports.includes(tensor)) {
      ports.push(tensor);
      return tensor;
    }
    const name = target.unique(as);
    const cast = type === DataType.FLOAT ? undefined : DataType.FLOAT;
    target.addNode(cast ? "Cast" : "Identity", [tensor], { to: cast }, { outputs: [name] });
    ports.push(name);
    return name;
  };
  const inner = wrt.filter((name) => source.producer(name));
  const result = {
    graph: target,
    seed,
    ...(condition && { condition: condition.input }),
    ...(handed && { start: publish(tape.op("ReduceSum", [handed, ints([1])], { keepdims: 0 }), "start", type) }),
    scores: publish(output, "scores", tape.type(output)),
    gradients: new Map(
      wrt.map((name) => [name, publish(tape.wholeGradient(name), `d_${name}`, tape.gradientType(name))]),
    ),
    values: new Map(inner.map((name) => [name, publish(name, `v_${name}`, tape.type(name))])),
  };
  target.setOutputs(ports.map((name) => ({ name, type: DataType.FLOAT, dims: undefined })));
  target.prune();
  return result;
}

/** Puts an Identity behind a tensor, which everything that read the tensor reads now. */
function insertPassage(graph: Graph, shapes: Map<string, TensorShape>, tensor: string): string {
  const shape = shapes.get(tensor);
  if (!shape) throw new SightlineError("bad-model", `there is no tensor '${tensor}' with a known shape`);
  const passage = graph.op("Identity", [tensor], {}, "passage");
  graph.replaceUses(tensor, passage, (node) => node.output[0] === passage);
  graph.sort();
  shapes.set(passage, shape);
  return passage;
}

/** The input whose rows weigh the relevance of a tensor's elements. */
function addCondition(tape: Tape, tensor: string): Condition & { input: string } {
  const { dims, batchAxis } = tape.shape(tensor);
  const input = tape.target.unique("condition");
  const size = dims.reduce((product, dim, axis) => (axis === batchAxis ? product : product * dim), 1);
  tape.target.addInput(input, ["conditions", size]);
  const type = tape.gradientType(tensor);
  const cast = type === DataType.FLOAT ? input : tape.op("Cast", [input], { to: type });
  return { input, tensor, weights: tape.reshapeLike(cast, tensor) };
}

/** Operators between a last activation and the output that leave the scores as they are. */
const NEUTRAL = new Set(["Identity", "Cast", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Dropout"]);

/** Smallest probability whose logarithm is taken. */
const TINY = 1e-30;

/** What the last activation reads; undefined where it is not one operator, or more than shapes change behind it. */
function logitsBefore(graph: Graph, output: string, activation: Activation): string | undefined {
  let tensor = output;
  for (let node = graph.producer(tensor); node; node = graph.producer(tensor)) {
    const isActivation = node.opType.toLowerCase() === activation;
    if (!isActivation && !NEUTRAL.has(node.opType)) return undefined;
    [tensor] = node.input;
    if (isActivation) return tensor;
  }
  return undefined;
}

/** Shapes of tensors that were appended, all of one. */
function noteShapes(graph: Graph, shapes: Map<string, TensorShape>, shape: TensorShape): void {
  for (const { output, opType } of graph.nodes)
    if (!shapes.has(output[0]) && ["Log", "Max", "Sub"].includes(opType)) shapes.set(output[0], shape);
}

/** The tensor [n, classes] to differentiate, appended to the graph where it is not there yet. */
function scoreTensor(
  graph: Graph,
  shapes: Map<string, TensorShape>,
  { output, activation, probabilities, score }: DifferentiateOptions,
): string {
  const logits = score === "logit" && activation !== "none" ? logitsBefore(graph, output, activation) : output;
  let tensor = logits ?? output;
  const shape = shapes.get(tensor);
  if (!shape) throw new SightlineError("bad-model", `there is no tensor '${tensor}' with a known shape`);
  const append = (opType: string, dims: readonly number[], batchAxis: number | undefined, attributes = {}) => {
    tensor = graph.op(opType, [tensor], attributes, "score");
    shapes.set(tensor, { type: shape.type, dims, batchAxis });
  };
  if (shape.dims.length === 1) {
    tensor = graph.op("Unsqueeze", [tensor, ints([0])], {}, "score");
    shapes.set(tensor, { type: shape.type, dims: [1, ...shape.dims], batchAxis: undefined });
  } else if (shape.dims.length > 2) {
    const [batch, ...rest] = shape.dims;
    append("Flatten", [batch, rest.reduce((a, b) => a * b, 1)], shape.batchAxis, { axis: 1 });
  }
  const { dims, batchAxis } = shapes.get(tensor) as TensorShape;
  if (logits === undefined) {
    // Probabilities whose last function is not one operator: their logarithm, or log-odds, is the logit.
    const log = (p: string) => graph.op("Log", [graph.op("Max", [p, scalarOf(TINY, shape.type)])]);
    const p = tensor;
    tensor = log(p);
    if (activation === "sigmoid") {
      const rest = graph.op("Sub", [scalarOf(1, shape.type), p]);
      tensor = graph.op("Sub", [tensor, log(rest)]);
    }
    noteShapes(graph, shapes, { type: shape.type, dims, batchAxis });
  }
  if (score === "probability" && activation === "none" && probabilities !== "as given") {
    if (probabilities === "sigmoid") append("Sigmoid", dims, batchAxis);
    else append("Softmax", dims, batchAxis, { axis: 1 });
  }
  return tensor;
}
