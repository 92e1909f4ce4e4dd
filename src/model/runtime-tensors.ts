import { type Constant, DataType } from "../onnx/constant.js";
import type { ElementType, RuntimeTensor } from "../platform/runtime.js";

const TYPES: Partial<Record<DataType, ElementType>> = {
  [DataType.FLOAT]: "float32",
  [DataType.DOUBLE]: "float64",
  [DataType.INT8]: "int8",
  [DataType.UINT8]: "uint8",
  [DataType.BOOL]: "bool",
  [DataType.INT16]: "int16",
  [DataType.UINT16]: "uint16",
  [DataType.INT32]: "int32",
  [DataType.UINT32]: "uint32",
  [DataType.INT64]: "int64",
  [DataType.UINT64]: "uint64",
};
const TYPE_OF = new Map(Object.entries(TYPES).map(([type, name]) => [name, Number(type) as DataType]));

/** @throws Error for a type that the runtime is not fed with */
export function toRuntime({ type, dims, data }: Constant): RuntimeTensor {
  const name = TYPES[type];
  if (!name) throw new Error(`tensors of type ${DataType[type]} cannot be fed`);
  return { type: name, dims, data };
}

/** @throws Error for a type that the runtime does not give */
export function fromRuntime({ type: name, dims, data }: RuntimeTensor): Constant {
  const type = TYPE_OF.get(name);
  if (type === undefined) throw new Error(`tensors of type ${name} cannot be fetched`);
  return { type, dims, data };
}
