import type { Attributes } from "./attributes.js";
import type { Graph } from "./graph.js";

/** A tensor behind an output that may hold a score per class. */
export interface ScoreSource {
  /** Of the tensor. */
  readonly name: string;
  /** Of the output that gives it, or part of it. */
  readonly output: string;
  /** The operator of the output that was left out, as it keeps only the best classes, or pairs them with their names. */
  readonly before?: string;
  /** Names of the classes, where that operator holds them. */
  readonly labels?: readonly string[];
}

/**
 * The tensors behind a graph's outputs, each once: what an ArgMax or TopK chooses from, what a ZipMap pairs with the names
 * of the classes, and other outputs as they are.
 */
export function scoreSources(graph: Graph): ScoreSource[] {
  const sources = new Map<string, ScoreSource>();
  for (const { name: output } of graph.outputs) {
    const source = sourceOf(graph, output);
    const known = sources.get(source.name);
    if (!known || (!known.labels && (source.labels || source.before === undefined))) {
      sources.set(source.name, { ...source, labels: source.labels ?? known?.labels });
    }
  }
  return [...sources.values()];
}

const AS_IT_IS = ["Cast", "Flatten", "Identity", "Reshape", "Squeeze", "Unsqueeze"];

function sourceOf(graph: Graph, output: string): ScoreSource {
  let node = graph.producer(output);
  while (node && AS_IT_IS.includes(node.opType)) node = graph.producer(node.input[0]);
  if (!node || !["ArgMax", "TopK", "ZipMap"].includes(node.opType)) return { name: output, output };
  const labels = node.opType === "ZipMap" ? classLabels(graph.attributes(node)) : undefined;
  return { name: node.input[0], output, before: node.opType, labels };
}

function classLabels(attributes: Attributes): readonly string[] | undefined {
  const labels = attributes.strings("classlabels_strings") ?? attributes.ints("classlabels_int64s")?.map(String);
  return labels?.length ? labels : undefined;
}
