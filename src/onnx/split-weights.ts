import { create, toBinary } from "@bufbuild/protobuf";
import { SightlineError } from "../core/errors.js";
import type { Graph, TensorProto } from "./graph.js";
import { copyMessage } from "./messages.js";
import { ModelProtoSchema, StringStringEntryProtoSchema, TensorProto_DataLocation } from "./proto/onnx-ml_pb.js";

/** Bytes up to which a weight stays in the model. */
const LIGHT = 1024;

/** A model without its large weights: variants of one model differ in this alone. */
export interface ModelParts {
  /** A ModelProto without the weights below. */
  readonly structure: Uint8Array;
  readonly weights: readonly TensorProto[];
}

/** Takes the weights above a size out of a model. */
export function splitWeights(graph: Graph, largerThan = LIGHT): ModelParts {
  const weights = graph.proto.initializer.filter(({ rawData }) => rawData.length > largerThan);
  const apart = new Set(weights);
  const light = graph.clone();
  light.proto.initializer = light.proto.initializer.filter((tensor) => !apart.has(tensor));
  return { structure: toBinary(ModelProtoSchema, light.model), weights };
}

/** Where the bytes of a weight lie: in which piece of memory, from which byte on. */
export interface WeightPlace {
  readonly memory: number;
  readonly offset: number;
}

/**
 * A serialised ModelProto that names its large weights as external data, the number of the memory as the path.
 * @param place finds or makes a weight's place
 */
export function withWeightsBeside(graph: Graph, place: (tensor: TensorProto) => WeightPlace): Uint8Array {
  const light = graph.clone();
  light.proto.initializer = light.proto.initializer.map((tensor) => {
    if (tensor.rawData.length <= LIGHT) return tensor;
    const { memory, offset } = place(tensor);
    const entries = { location: memory, offset, length: tensor.rawData.length };
    return copyMessage(tensor, {
      rawData: new Uint8Array(),
      dataLocation: TensorProto_DataLocation.EXTERNAL,
      externalData: Object.entries(entries).map(([key, value]) =>
        create(StringStringEntryProtoSchema, { key, value: String(value) }),
      ),
    });
  });
  return toBinary(ModelProtoSchema, light.model);
}

/**
 * Puts weights back that {@link withWeightsBeside} left out.
 * @throws SightlineError `bad-model` where one is not as long as it is said to be
 */
export function takeWeights(
  graph: Graph,
  find: (name: string, place: WeightPlace, length: number) => Uint8Array,
): void {
  for (const tensor of graph.proto.initializer) {
    if (tensor.dataLocation !== TensorProto_DataLocation.EXTERNAL) continue;
    const entries = new Map(tensor.externalData.map(({ key, value }) => [key, Number(value)]));
    const [memory, offset, length] = ["location", "offset", "length"].map((key) => entries.get(key) ?? 0);
    tensor.rawData = find(tensor.name, { memory, offset }, length);
    if (tensor.rawData.length !== length) {
      throw new SightlineError("bad-model", `the weight '${tensor.name}' ends before its ${length} bytes`);
    }
    tensor.dataLocation = TensorProto_DataLocation.DEFAULT;
    tensor.externalData = [];
  }
  graph.touch();
}
