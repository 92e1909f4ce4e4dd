import { create } from "@bufbuild/protobuf";
import { DataType } from "./constant.js";
import { TypeProtoSchema, type ValueInfoProto, ValueInfoProtoSchema } from "./proto/onnx-ml_pb.js";

/** A dimension: a number, a name for a free one, or undefined where nothing is known. */
export type Dim = number | string | undefined;

/** A typed tensor on the graph's surface. */
export interface Port {
  readonly name: string;
  readonly type: DataType;
  /** Undefined where the file gives no rank. */
  readonly dims: readonly Dim[] | undefined;
}

export function readPort({ name, type }: ValueInfoProto): Port {
  const value = type?.value;
  if (value?.case !== "tensorType") return { name, type: DataType.UNDEFINED, dims: undefined };
  const dims = value.value.shape?.dim.map(({ value: dim }): Dim => {
    if (dim.case === "dimValue") return Number(dim.value);
    return dim.case === "dimParam" && dim.value ? dim.value : undefined;
  });
  return { name, type: value.value.elemType as DataType, dims };
}

export function writePort({ name, type, dims }: Port): ValueInfoProto {
  const shape = dims && {
    dim: dims.map((dim) => {
      if (typeof dim === "number") return { value: { case: "dimValue" as const, value: BigInt(dim) } };
      return dim === undefined ? {} : { value: { case: "dimParam" as const, value: dim } };
    }),
  };
  return create(ValueInfoProtoSchema, {
    name,
    type: create(TypeProtoSchema, { value: { case: "tensorType", value: { elemType: type, shape } } }),
  });
}
