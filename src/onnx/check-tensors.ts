import { SightlineError } from "../core/errors.js";
import { DataType } from "./constant.js";
import type { Graph, NodeProto, TensorProto } from "./graph.js";
import { TensorProto_DataLocation as DataLocation } from "./proto/onnx-ml_pb.js";

/** Bits of an element in a tensor's raw data. */
const BITS: Partial<Record<DataType, number>> = {
  [DataType.FLOAT]: 32,
  [DataType.DOUBLE]: 64,
  [DataType.FLOAT16]: 16,
  [DataType.BFLOAT16]: 16,
  [DataType.INT8]: 8,
  [DataType.UINT8]: 8,
  [DataType.BOOL]: 8,
  [DataType.INT16]: 16,
  [DataType.UINT16]: 16,
  [DataType.INT32]: 32,
  [DataType.UINT32]: 32,
  [DataType.INT64]: 64,
  [DataType.UINT64]: 64,
  [DataType.INT4]: 4,
  [DataType.UINT4]: 4,
};

/**
 * Holds every tensor of the file against its own dimensions: the runtime trusts them, and a file that lies would end the
 * process. Tensors whose data lies in another file are left out.
 * @throws SightlineError `bad-model` naming the tensor
 */
export function checkTensors(graph: Graph): void {
  for (const tensor of graph.proto.initializer) checkTensor(tensor);
  for (const tensor of attributeTensors(graph.nodes)) checkTensor(tensor);
  for (const { node } of graph.model.functions) for (const tensor of attributeTensors(node)) checkTensor(tensor);
}

/** Tensors in the attributes of nodes, those of their subgraphs included. */
export function attributeTensors(nodes: readonly NodeProto[]): TensorProto[] {
  const tensors: TensorProto[] = [];
  const waiting = [...nodes];
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    for (const { t, tensors: several, g, graphs } of node.attribute) {
      if (t) tensors.push(t);
      tensors.push(...several);
      for (const sub of g ? [g, ...graphs] : graphs) {
        tensors.push(...sub.initializer);
        waiting.push(...sub.node);
      }
    }
  }
  return tensors;
}

function checkTensor(tensor: TensorProto): void {
  const { name, dims, dataType, rawData, dataLocation } = tensor;
  const shape = `[${dims.join(", ")}]`;
  const size = dims.reduce((product, dim) => product * Number(dim), 1);
  if (dims.some((dim) => dim < 0n) || !Number.isSafeInteger(size)) throw refused(name, `has the dimensions ${shape}`);
  if (dataLocation === DataLocation.EXTERNAL) return;
  const bits = BITS[dataType as DataType];
  if (rawData.length > 0) {
    const bytes = bits === undefined ? undefined : Math.ceil((size * bits) / 8);
    if (bytes !== undefined && rawData.length !== bytes)
      throw refused(name, `has ${rawData.length} bytes where ${shape} needs ${bytes}`);
    return;
  }
  const values = listedValues(tensor);
  const needed = bits === 4 ? [size, Math.ceil(size / 2)] : [size];
  if (!needed.includes(values)) throw refused(name, `has ${values} values where ${shape} needs ${size}`);
}

/** How many numbers the lists of a tensor without raw data hold; complex ones are two. */
function listedValues({ dataType, floatData, int32Data, int64Data, doubleData, uint64Data, stringData }: TensorProto) {
  const count = Math.max(
    floatData.length,
    int32Data.length,
    int64Data.length,
    doubleData.length,
    uint64Data.length,
    stringData.length,
  );
  const complex = dataType === DataType.COMPLEX64 || dataType === DataType.COMPLEX128;
  return complex ? count / 2 : count;
}

function refused(name: string, what: string): SightlineError {
  return new SightlineError("bad-model", `the tensor '${name}' ${what}`, {
    expected: "dimensions that its data fills",
    next: "export the model again; the file is damaged or was made to do harm",
  });
}
