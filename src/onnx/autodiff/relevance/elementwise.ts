import type { Graph, NodeProto } from "../../graph.js";
import type { TensorShape } from "../../shapes.js";
import { activations } from "../activations.js";

/** Functions of one value that bend, and arithmetic that is part of such a function where its operands come from one tensor. */
const BENDS = new Set(Object.keys(activations).filter((name) => !/Softmax/.test(name) && name !== "Neg"));
const ARITHMETIC = new Set(["Add", "Sub", "Mul", "Div", "Max", "Min", "Pow", "Neg", "Mod"]);

interface Origin {
  readonly root: string;
  /** Whether the function is more than a multiple of its argument. */
  readonly bends: boolean;
}

/**
 * Writes every function of single values as one step from its argument: x · σ(x), x/2 · (1 + erf(x/√2)), x · relu6(x + 3)/6
 * are one activation each, whatever operators an exporter wrote them in. Relevance passes an activation as it is.
 * @param kept tensors that must stay
 */
export function joinElementwise(
  graph: Graph,
  shapes: ReadonlyMap<string, TensorShape>,
  kept: ReadonlySet<string>,
): void {
  const origins = new Map<string, Origin>();
  for (const node of graph.nodes) {
    const origin = originOf(graph, shapes, node, (name) => (kept.has(name) ? undefined : origins.get(name)));
    if (!origin) continue;
    origins.set(node.output[0], origin);
    if (!origin.bends) continue;
    node.opType = "Identity";
    node.domain = "";
    node.attribute = [];
    node.input = [origin.root];
  }
  graph.touch();
}

function originOf(
  graph: Graph,
  shapes: ReadonlyMap<string, TensorShape>,
  node: NodeProto,
  known: (name: string) => Origin | undefined,
): Origin | undefined {
  const key = node.domain && node.domain !== "ai.onnx" ? `${node.domain}::${node.opType}` : node.opType;
  if (!BENDS.has(key) && !ARITHMETIC.has(key)) return undefined;
  const moving = node.input.filter((name) => name && !graph.constant(name));
  const constants = node.input.flatMap((name) => graph.constant(name) ?? []);
  if (moving.length === 0) return undefined;
  if (ARITHMETIC.has(key) && constants.some(({ data }) => data.length > 1)) return undefined;
  const sources = moving.map((name) => known(name) ?? { root: name, bends: false });
  const [{ root }] = sources;
  const [from, to] = [shapes.get(root), shapes.get(node.output[0])];
  const alike = from && to && from.type === to.type && from.dims.join() === to.dims.join();
  if (!alike || sources.some((source) => source.root !== root)) return undefined;
  return { root, bends: BENDS.has(key) || key === "Pow" || moving.length > 1 || sources.some(({ bends }) => bends) };
}
