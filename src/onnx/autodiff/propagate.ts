import { SightlineError } from "../../core/errors.js";
import { DataType, isFloat } from "../constant.js";
import type { NodeProto } from "../graph.js";
import { readsOf } from "../messages.js";
import { type Rule, Step } from "./step.js";
import type { Tape } from "./tape.js";

/** What is known of operators. */
export interface RuleBook {
  /** What travels back. */
  readonly kind: "gradient" | "relevance";
  /** How a node passes gradients on; undefined where nobody wrote that down. */
  ruleOf(node: NodeProto): Rule | undefined;
  /** Whether its result is constant almost everywhere. */
  isFlat(node: NodeProto): boolean;
}

/**
 * Writes the backward half of a tape's graph: gradients that some tensors have already travel back to those asked for.
 * @throws SightlineError `unsupported-operator` naming operator and node, where a node on that way has no rule, or where
 *   every way passes through what is constant almost everywhere
 */
export function propagate(tape: Tape, rules: RuleBook, wrt: readonly string[], from: readonly string[]): void {
  const path = nodesBetween(tape, rules, wrt, from);
  checkFlow(tape, path, wrt, from);
  for (const node of path.nodes.reverse()) {
    const step = new Step(tape, node, (input) => path.active.has(node.input[input]));
    if (!node.output.some((_, i) => step.hasGradient(i))) continue;
    const rule = rules.ruleOf(node);
    if (!rule) throw step.unsupported("", undefined, rules.kind);
    rule(step).forEach((gradient, input) => {
      const name = node.input[input];
      if (gradient && name && step.wants(input)) tape.accumulate(name, gradient());
    });
  }
}

interface Path {
  /** In the order of the graph. */
  readonly nodes: NodeProto[];
  /** Tensors that depend on the wanted ones in a way that can be differentiated. */
  readonly active: ReadonlySet<string>;
  /** Nodes that depend on active tensors, but let nothing flow back. */
  readonly blocking: readonly NodeProto[];
}

function nodesBetween(tape: Tape, { isFlat }: RuleBook, wrt: readonly string[], from: readonly string[]): Path {
  const { source: graph, shapes } = tape;
  const typeOf = (name: string) => shapes.get(name)?.type ?? DataType.UNDEFINED;
  const pictures = new Set(graph.inputs.map(({ name }) => name));
  const active = new Set(wrt);
  const forward: NodeProto[] = [];
  const blocking: NodeProto[] = [];
  for (const node of graph.nodes) {
    const moving = readsOf(node).filter((name) => active.has(name));
    if (moving.length === 0) continue;
    // The picture's values are whole numbers where the model wants such: making them so changes nothing.
    const whole = node.opType === "Cast" && pictures.has(node.input[0]);
    const quantised = whole || /Quantize/.test(node.opType) || moving.some((name) => SMALL_INTEGERS.has(typeOf(name)));
    const counted = whole || (MOVES.has(node.opType) && moving.some((name) => INTEGERS.has(typeOf(name))));
    const results = node.output.filter((name) => {
      const type = typeOf(name);
      return isFloat(type) || (quantised && SMALL_INTEGERS.has(type)) || (counted && INTEGERS.has(type));
    });
    if (isFlat(node) || results.length === 0) {
      blocking.push(node);
      continue;
    }
    for (const name of results) active.add(name);
    forward.push(node);
  }
  const needed = new Set(from);
  const nodes: NodeProto[] = [];
  for (const node of forward.reverse()) {
    if (!node.output.some((name) => needed.has(name))) continue;
    for (const name of readsOf(node)) if (active.has(name)) needed.add(name);
    nodes.push(node);
  }
  return { nodes: nodes.reverse(), active, blocking };
}

/** Integers that hold quantised values, and those that count. */
const SMALL_INTEGERS = new Set([DataType.INT8, DataType.UINT8, DataType.INT16, DataType.UINT16]);
const INTEGERS = new Set([DataType.INT32, DataType.UINT32, DataType.INT64, DataType.UINT64]);

/** Operators that leave integers what they are. */
const MOVES = new Set(
  "Cast Concat Expand Flatten Gather Identity Reshape Slice Split Squeeze Transpose Unsqueeze".split(" "),
);

/** What depends on sizes alone. */
const OF_SIZES = new Set(["ConstantOfShape", "EyeLike", "Shape", "Size"]);

/** @throws SightlineError where the score depends on the wanted tensors, but only through what is constant in steps */
function checkFlow(tape: Tape, { active, blocking }: Path, wrt: readonly string[], from: readonly string[]): void {
  if (from.some((name) => active.has(name))) return;
  const suspects = new Set(blocking.filter((node) => !OF_SIZES.has(node.opType)));
  const seen = new Set(from);
  const stack = [...from];
  for (let name = stack.pop(); name !== undefined; name = stack.pop()) {
    const node = tape.source.producer(name);
    if (!node || OF_SIZES.has(node.opType)) continue;
    if (suspects.has(node)) throw blocked(node, wrt[0]);
    for (const input of readsOf(node)) {
      if (seen.has(input)) continue;
      seen.add(input);
      stack.push(input);
    }
  }
}

function blocked({ opType, name, output }: NodeProto, wanted: string): SightlineError {
  return new SightlineError(
    "unsupported-operator",
    `no gradient reaches '${wanted}': the scores depend on it only through ${opType} at '${name || output[0]}', whose result moves in steps`,
    {
      received: opType,
      expected: "a way from the tensors asked for to the score on which small changes count",
      next: "choose a method that needs forward passes only (recipro-cam, rise, occlusion, lime)",
    },
  );
}
