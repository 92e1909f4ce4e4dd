import { create } from "@bufbuild/protobuf";
import { SightlineError } from "../core/errors.js";
import type { Graph } from "../onnx/graph.js";
import { StringStringEntryProtoSchema } from "../onnx/proto/onnx-ml_pb.js";
import { checkPreprocess, type PreprocessData } from "./preprocess.js";

/** Names of the metadata of an ONNX file that hold its labels, and how pictures become its input; both as JSON. */
const LABELS = "labels";
const PREPROCESS = "sightline_preprocess";

/** What a model's format says beside its graph. */
export interface ModelFacts {
  readonly labels?: readonly string[];
  readonly preprocess?: PreprocessData;
}

/** A copy of a graph that carries the facts as metadata, so that an ONNX file of it needs no options. */
export function withFacts(graph: Graph, { labels, preprocess }: ModelFacts): Graph {
  const copy = graph.clone();
  const props = copy.model.metadataProps.filter(({ key }) => ![LABELS, PREPROCESS].includes(key));
  const add = (key: string, value: unknown) =>
    props.push(create(StringStringEntryProtoSchema, { key, value: JSON.stringify(value) }));
  if (labels) add(LABELS, labels);
  if (preprocess) add(PREPROCESS, preprocess);
  copy.model.metadataProps = props;
  return copy;
}

/**
 * The preprocessing that {@link withFacts} wrote.
 * @throws SightlineError `bad-config`, `unknown-option` when it is damaged
 */
export function preprocessInside(graph: Graph): PreprocessData | undefined {
  const entry = graph.model.metadataProps.find(({ key }) => key === PREPROCESS);
  if (!entry) return undefined;
  try {
    return checkPreprocess(JSON.parse(entry.value));
  } catch (cause) {
    if (cause instanceof SightlineError) throw cause;
    throw new SightlineError("bad-config", `the model's metadata '${PREPROCESS}' is not JSON`, { cause });
  }
}
