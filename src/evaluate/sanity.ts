import { SightlineError } from "../core/errors.js";
import { type Random, random } from "../core/random.js";
import { rankCorrelationWith } from "../core/ranks.js";
import { mean } from "../core/statistics.js";
import type { Graph, NodeProto } from "../onnx/graph.js";
import { metric } from "./metric.js";

/** Options of the metric `sanity`. */
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
  return constant?.data instanceof Float32Array && constant.data.length >= SMALLEST;
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
      const constant = isWeight(graph, name) ? graph.constant(name) : undefined;
      if (!constant) return name;
      const data = stream.shuffle(Float32Array.from(constant.data as Float32Array));
      return graph.addConstant({ ...constant, data }, `${name}_shuffled`);
    });
  }
  graph.touch();
}

/**
 * Sanity check by randomised weights: a map that stays the same when the network forgets what it learned did not show
 * what it learned. Weights are shuffled within their tensors. The value is the size of Spearman's correlation with the
 * original map, without its sign (a map that only turns round has kept its structure), when all weights are shuffled
 * (cascading), or its mean over the parts (independent). `correlation` and the curve keep the sign; the curve goes stage
 * by stage, `x` being the share of layers shuffled, or the depth of the part. A constant map that stays constant fails
 * with 1; where one of two maps is constant, they count as 0 and a note says so. Coarse maps reach some tenths by
 * chance. A method that looks at the model at random passes too: only failure says something. Adebayo et al., NeurIPS
 * 2018, section 3.
 */
export const sanity = metric<SanityOptions>({
  name: "sanity",
  summary: "size of the rank correlation with the map of the model with shuffled weights",
  better: "lower",
  needs: ["rerun"],
  nulls: "none",
  passes: true,
  source: "Adebayo et al., Sanity checks for saliency maps, NeurIPS 2018",
  defaults: { mode: "cascading", stages: 4 },
  limits: { mode: ["cascading", "independent"], stages: { from: 1, to: 1000, whole: true } },
  async measure(context, { mode, stages }) {
    const { model, seed } = context.setting;
    const { values, rerun } = context.map;
    if (!model.edited || !rerun) {
      throw new SightlineError("not-supported", "the weights of this model cannot be reached", {
        expected: "a model that was loaded from a file, and a map that its method can make again",
        next: "leave sanity out",
      });
    }
    const original = rankCorrelationWith(values);
    const x = [0];
    const y = [1];
    for (let stage = 1; stage <= stages; stage++) {
      const changed = await model.edited((graph) => {
        const nodes = weightedNodes(graph);
        const cut = (at: number) => Math.ceil((at * nodes.length) / stages);
        shuffleWeights(graph, nodes.slice(mode === "cascading" ? 0 : cut(stage - 1), cut(stage)), random(seed));
      });
      try {
        y.push(original.correlation(await rerun({ model: changed })));
        x.push(stage / stages);
      } finally {
        await changed.close();
      }
    }
    const counted = mode === "cascading" ? y.slice(-1) : y.slice(1);
    return {
      value: mean(counted.map(Math.abs)),
      parts: { correlation: mean(counted) },
      curve: { x, y },
      notes: original.notes(),
    };
  },
});
