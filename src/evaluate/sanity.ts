import { SightlineError } from "../errors.js";
import { DataType } from "../onnx/constant.js";
import type { Graph, NodeProto } from "../onnx/graph.js";
import { type Random, random } from "../random.js";
import { metric } from "./metric.js";
import { spearman } from "./ranks.js";

export interface SanityOptions {
  /** Cascading: from the head down, more and more; independent: one part of the network at a time. */
  mode: "cascading" | "independent";
  /** Into how many parts the layers are cut; each costs one explanation of another model. */
  stages: number;
}

/** Smaller float constants (scales, bounds, epsilons) are settings rather than weights. */
const SMALLEST = 5;

const isWeight = (graph: Graph, name: string): boolean => {
  const constant = name ? graph.constant(name) : undefined;
  return constant?.type === DataType.FLOAT && constant.data.length >= SMALLEST;
};

/** Positions of the nodes that have weights, from the scores down to the input. */
export function weightedNodes(graph: Graph): number[] {
  const has = (node: NodeProto) => node.input.some((name) => isWeight(graph, name));
  return Array.from(graph.nodes.keys())
    .filter((i) => has(graph.nodes[i]))
    .reverse();
}

/**
 * Shuffles the weights of some nodes, each tensor within itself: its values stay, what they knew is gone. Permutations
 * are drawn per node, so that a node is shuffled the same way whatever else is.
 * @param positions of the nodes in the graph
 */
export function shuffleWeights(graph: Graph, positions: readonly number[], source: Random): void {
  for (const position of positions) {
    const node = graph.nodes[position];
    const stream = source.fork(position);
    node.input = node.input.map((name) => {
      if (!isWeight(graph, name)) return name;
      const constant = graph.constant(name);
      const data = stream.shuffle(Float32Array.from(constant?.data as Float32Array));
      return graph.addConstant({ type: DataType.FLOAT, dims: constant?.dims ?? [], data }, `${name}_shuffled`);
    });
  }
  graph.touch();
}

/**
 * Sanity check by randomised weights: a map that stays the same when the network forgets what it learned did not show
 * what it learned. Weights are shuffled within their tensors. The value is Spearman's correlation with the original
 * map when all weights are shuffled (cascading), or its mean over the parts (independent); the curve shows it stage by
 * stage, `x` being the share of layers shuffled, or the depth of the part. A method that does not look at the model
 * at random passes too: only its failure says something. Adebayo et al., NeurIPS 2018, section 3.
 */
export const sanity = metric<SanityOptions>({
  name: "sanity",
  summary: "rank correlation with the map of the model with shuffled weights",
  better: "lower",
  needs: ["rerun"],
  nulls: "none",
  passes: true,
  source: "Adebayo et al., Sanity checks for saliency maps, NeurIPS 2018",
  defaults: { mode: "cascading", stages: 4 },
  limits: { mode: ["cascading", "independent"], stages: { from: 1, to: 1000, whole: true } },
  async measure(trial, { mode, stages }) {
    const { model, seed } = trial.setting;
    const { values, rerun } = trial.map;
    if (!model.edited || !rerun) {
      throw new SightlineError("not-supported", "the weights of this model cannot be reached", {
        expected: "a model that was loaded from a file, and a map that its method can make again",
        next: "leave sanity out",
      });
    }
    const x = [0];
    const y = [1];
    for (let stage = 1; stage <= stages; stage++) {
      const changed = await model.edited((graph) => {
        const nodes = weightedNodes(graph);
        const cut = (at: number) => Math.ceil((at * nodes.length) / stages);
        shuffleWeights(graph, nodes.slice(mode === "cascading" ? 0 : cut(stage - 1), cut(stage)), random(seed));
      });
      try {
        y.push(spearman(values, await rerun({ model: changed })));
        x.push(stage / stages);
      } finally {
        await changed.close();
      }
    }
    const value = mode === "cascading" ? y[stages] : y.slice(1).reduce((sum, one) => sum + one, 0) / stages;
    return { value, curve: { x, y } };
  },
});
