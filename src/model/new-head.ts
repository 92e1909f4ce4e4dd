import { sha256 } from "#platform/hash";
import { SightlineError } from "../core/errors.js";
import { DataType } from "../onnx/constant.js";
import type { Probabilities } from "../onnx/final-activation.js";
import { type LinearHead, type Penultimate, withLinearHead } from "../onnx/linear-head.js";
import type { TensorShape } from "../onnx/shapes.js";
import { findAttentions } from "./attentions.js";
import { Classifier, type ClassifierParts } from "./classifier.js";
import { penultimateOf } from "./features.js";
import { findLayers } from "./layers.js";
import { withFacts } from "./model-facts.js";
import { describeModel, type SupportOf } from "./model-info.js";
import { Network } from "./network.js";
import { SessionHost } from "./session.js";

/**
 * What the last linear layer of a classifier reads.
 * @throws SightlineError `no-feature-layer` where there is no such layer, `not-supported` where there is no graph, or a
 *   function makes the scores
 */
export function featuresOf(model: Classifier): Penultimate {
  if (!(model instanceof Classifier)) {
    throw new SightlineError("not-supported", "a new last layer needs the graph of a classifier", {
      expected: "what loadModel gives for an ONNX or OpenVINO classifier",
    });
  }
  const { info } = model;
  if (info.noGradients) {
    throw new SightlineError("not-supported", `a new last layer cannot be put on '${info.name}': ${info.noGradients}`, {
      next: "load the model without postprocess",
    });
  }
  const found = penultimateOf(model);
  if (found) return found;
  throw new SightlineError(
    "no-feature-layer",
    `'${info.name}' has no last linear layer that reads one vector a picture`,
    {
      received: Object.keys(info.operators).join(", "),
      expected: "a graph whose scores come from one Gemm, MatMul or 1 × 1 Conv behind the features",
      next: "take another model, such as efficientnet-lite0",
    },
  );
}

/** What a new last layer is made of. */
export interface NewHead extends LinearHead {
  /** The new model's. */
  readonly name: string;
  readonly labels: readonly string[];
  /** All that is said of the new model. */
  readonly notes: readonly string[];
  /** "softmax" where the classes exclude one another, which is the default. */
  readonly probabilities?: Probabilities;
  readonly relabel?: ClassifierParts["relabel"];
}

/** The same network with another last layer, on the processor in a thread of its own: its scores are logits of the labels given. */
export async function withNewHead(
  model: Classifier,
  features: Penultimate,
  head: NewHead,
  support: SupportOf,
): Promise<Classifier> {
  const { network, info: body } = model;
  const { input, batch } = network;
  const { name: modelName, labels, notes, probabilities = "softmax", relabel } = head;
  const { dims, type, batchAxis } = network.shapes.get(features.tensor) as TensorShape;
  const { graph, logits } = withLinearHead(network.graph, features, head, type);
  const shapes = new Map(network.shapes);
  const rows = { type: DataType.FLOAT, batchAxis };
  for (const node of graph.nodes) {
    const [name] = node.output;
    if (shapes.has(name)) continue;
    const width = name === logits ? labels.length : features.features;
    const square = node.opType === "GlobalAveragePool" ? [1, 1] : [];
    shapes.set(name, { ...rows, dims: node.opType === "Cast" ? dims : [dims[0], width, ...square] });
  }
  const layers = findLayers(graph, input, logits, shapes, batch);
  const attentions = findAttentions(graph, input.name, shapes, layers);
  const preprocess = body.preprocess;
  const resolved = {
    name: modelName,
    format: "onnx" as const,
    graph,
    sha256: sha256(withFacts(graph, { labels, preprocess }).serialize()),
    notes: [],
  };
  const info = describeModel(
    resolved,
    {
      input,
      classes: labels.length,
      activation: "none",
      probabilities,
      attentions,
      threads: body.threads,
      preprocess,
      notes,
    },
    layers,
    support,
  );
  const host = new SessionHost({ threads: body.threads, isolation: network.host.isolation });
  try {
    const forward = await host.open(graph);
    const parts = { host, graph, forward, shapes, outputs: [logits], batch, input, layers };
    return model.derived(new Network(parts), { labels, info, relabel });
  } catch (error) {
    await host.close();
    throw error;
  }
}
