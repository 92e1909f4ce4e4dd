import { create, toBinary } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { concatenate } from "../core/bytes.js";
import type { Graph, TensorProto } from "./graph.js";
import { ModelProtoSchema, TensorProtoSchema } from "./proto/onnx-ml_pb.js";

/** Field numbers of the published schema. */
const MODEL_GRAPH = 7;
const GRAPH_INITIALIZER = 5;
const TENSOR_RAW_DATA = 9;

/** A model without its large weights: variants of one model differ in this alone. */
export interface ModelParts {
  /** A ModelProto without the weights below. */
  readonly structure: Uint8Array;
  readonly weights: readonly TensorProto[];
}

/** Takes the weights above a size out of a model. */
export function splitWeights(graph: Graph, largerThan = 1024): ModelParts {
  const weights = graph.proto.initializer.filter(({ rawData }) => rawData.length > largerThan);
  const apart = new Set(weights);
  const light = graph.clone();
  light.proto.initializer = light.proto.initializer.filter((tensor) => !apart.has(tensor));
  return { structure: toBinary(ModelProtoSchema, light.model), weights };
}

/** A weight as bytes that, put behind a serialised model, add it to the graph: protobuf merges a message that comes twice. */
export function encodeWeight(tensor: TensorProto): Uint8Array<ArrayBuffer> {
  const { rawData, ...rest } = tensor;
  const small = toBinary(TensorProtoSchema, create(TensorProtoSchema, { ...rest, rawData: new Uint8Array() }));
  const dataHead = head(TENSOR_RAW_DATA, rawData.length);
  const length = small.length + dataHead.length + rawData.length;
  const tensorHead = head(GRAPH_INITIALIZER, length);
  return concatenate([head(MODEL_GRAPH, tensorHead.length + length), tensorHead, small, dataHead, rawData]);
}

function head(field: number, length: number): Uint8Array {
  return new BinaryWriter().tag(field, WireType.LengthDelimited).uint32(length).finish();
}
