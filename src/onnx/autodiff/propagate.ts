import { DataType, isFloat } from "../constant.js";
import type { NodeProto } from "../graph.js";
import { readsOf } from "../messages.js";
import type { TensorShape } from "../shapes.js";
import { type Rule, Step } from "./step.js";
import type { Tape } from "./tape.js";

/** What is known of operators. */
export interface RuleBook {
  /** How a node passes gradients on; undefined where nobody wrote that down. */
  ruleOf(node: NodeProto): Rule | undefined;
  /** Whether its result is constant almost everywhere. */
  isFlat(node: NodeProto): boolean;
}

/**
 * Writes the backward half of a tape's graph: gradients that some tensors have already travel back to those asked for.
 * @throws SightlineError `unsupported-operator` naming operator and node, where a node on that way has no rule
 */
export function propagate(tape: Tape, rules: RuleBook, wrt: readonly string[], from: readonly string[]): void {
  const path = nodesBetween(tape, rules, wrt, from);
  for (const node of path.nodes.reverse()) {
    const step = new Step(tape, node, (input) => path.active.has(node.input[input]));
    if (!node.output.some((_, i) => step.hasGradient(i))) continue;
    const rule = rules.ruleOf(node);
    if (!rule) throw step.unsupported();
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
}

function nodesBetween(
  { source: graph, shapes }: Tape,
  { isFlat }: RuleBook,
  wrt: readonly string[],
  from: readonly string[],
): Path {
  const active = new Set(wrt);
  const forward: NodeProto[] = [];
  for (const node of graph.nodes) {
    const moving = readsOf(node).filter((name) => active.has(name));
    if (moving.length === 0 || isFlat(node)) continue;
    const quantised = /Quantize/.test(node.opType) || moving.some((name) => isSmallInteger(shapes.get(name)));
    const results = node.output.filter((name) => {
      const shape = name ? shapes.get(name) : undefined;
      return shape && (isFloat(shape.type) || (quantised && isSmallInteger(shape)));
    });
    if (results.length === 0) continue;
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
  return { nodes: nodes.reverse(), active };
}

const SMALL_INTEGERS = new Set([DataType.INT8, DataType.UINT8, DataType.INT16, DataType.UINT16]);
const isSmallInteger = (shape: TensorShape | undefined) => shape !== undefined && SMALL_INTEGERS.has(shape.type);
