import { readFile } from "node:fs/promises";
import { after } from "node:test";
import type { Tensor } from "../../src/core/tensor.js";
import { SessionHost } from "../../src/model/session.js";
import { canonical, differentiate } from "../../src/onnx/autodiff/differentiate.js";
import type { Composite } from "../../src/onnx/autodiff/relevance/composite.js";
import { type Constant, DataType } from "../../src/onnx/constant.js";
import { Graph } from "../../src/onnx/graph.js";

/** What is asked of a graph's relevance. */
export interface RelevanceQuestion {
  readonly graph: Graph | string;
  readonly x: Tensor;
  readonly composite: Composite;
  /** A weight for each score. */
  readonly weights: readonly number[];
  readonly wrt?: readonly string[];
  readonly output?: string;
  /** A tensor and what the relevance of each of its elements is multiplied with. */
  readonly condition?: { readonly through: string; readonly weights: readonly number[] };
}

/** Relevance of tensors of a graph, with the graph run in this process's own threads, which close behind the tests. */
export function relevanceOfGraphs() {
  const host = new SessionHost();
  after(() => host.close());
  return async (question: RelevanceQuestion): Promise<{ scores: Float32Array; of: Map<string, Float32Array> }> => {
    const { x, composite, weights, wrt = ["x"], output = "y", condition } = question;
    const graph = typeof question.graph === "string" ? Graph.parse(await readFile(question.graph)) : question.graph;
    const form = await canonical(graph, { name: "x", dims: [1, ...x.dims.slice(1)] }, host);
    const through = condition?.through;
    const found = differentiate(form, {
      wrt,
      output,
      activation: "none",
      score: "logit",
      relevance: composite,
      through,
    });
    const rows = x.dims[0];
    const fill = (values: readonly number[]): Constant => ({
      type: DataType.FLOAT,
      dims: [rows, values.length],
      data: Float32Array.from({ length: rows * values.length }, (_, i) => values[i % values.length]),
    });
    const session = await host.open(found.graph);
    const names = [...found.gradients.values()];
    const feeds = {
      x: { type: DataType.FLOAT, dims: x.dims, data: x.data },
      [found.seed]: fill(weights),
      ...(condition && found.condition && { [found.condition]: fill(condition.weights) }),
    };
    const results = await session.run(feeds, [...names, found.scores]);
    await session.close();
    const data = (name: string) => results.get(name)?.data as Float32Array;
    return { scores: data(found.scores), of: new Map(wrt.map((name, i) => [name, data(names[i])])) };
  };
}
