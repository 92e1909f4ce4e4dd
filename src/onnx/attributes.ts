import { create } from "@bufbuild/protobuf";
import {
  type AttributeProto,
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  type GraphProto,
  type NodeProto,
  type TensorProto,
} from "./proto/onnx-ml_pb.js";

/** A float attribute: a plain number is an integer attribute. */
export class FloatAttribute {
  constructor(readonly value: number | readonly number[]) {}
}

/** Marks a number, or a list of numbers, as a float attribute. */
export const float = (value: number | readonly number[]): FloatAttribute => new FloatAttribute(value);

/** What a node can be given: integers, floats, texts, a tensor or a graph. */
export type AttributeValue =
  | number
  | readonly number[]
  | FloatAttribute
  | string
  | readonly string[]
  | TensorProto
  | GraphProto;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function makeAttribute(name: string, value: AttributeValue): AttributeProto {
  const base = { name };
  if (typeof value === "number") {
    return create(AttributeProtoSchema, { ...base, type: AttributeType.INT, i: BigInt(value) });
  }
  if (typeof value === "string") {
    return create(AttributeProtoSchema, { ...base, type: AttributeType.STRING, s: encoder.encode(value) });
  }
  if (value instanceof FloatAttribute) {
    return typeof value.value === "number"
      ? create(AttributeProtoSchema, { ...base, type: AttributeType.FLOAT, f: value.value })
      : create(AttributeProtoSchema, { ...base, type: AttributeType.FLOATS, floats: [...value.value] });
  }
  if (isTexts(value)) {
    const strings = value.map((text) => encoder.encode(text));
    return create(AttributeProtoSchema, { ...base, type: AttributeType.STRINGS, strings });
  }
  if (Array.isArray(value)) {
    return create(AttributeProtoSchema, { ...base, type: AttributeType.INTS, ints: value.map(BigInt) });
  }
  const message = value as TensorProto | GraphProto;
  return message.$typeName === "onnx.TensorProto"
    ? create(AttributeProtoSchema, { ...base, type: AttributeType.TENSOR, t: message })
    : create(AttributeProtoSchema, { ...base, type: AttributeType.GRAPH, g: message });
}

const isTexts = (value: AttributeValue): value is readonly string[] =>
  Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === "string");

/** Typed reading of a node's attributes. */
export class Attributes {
  readonly #byName: ReadonlyMap<string, AttributeProto>;

  constructor(node: NodeProto) {
    this.#byName = new Map(node.attribute.map((attribute) => [attribute.name, attribute]));
  }

  /** Whether the node has the attribute. */
  has(name: string): boolean {
    return this.#byName.has(name);
  }

  /** A whole number; `otherwise` where the node does not have it. */
  int(name: string): number | undefined;
  int(name: string, otherwise: number): number;
  int(name: string, otherwise?: number): number | undefined {
    const attribute = this.#byName.get(name);
    return attribute ? Number(attribute.i) : otherwise;
  }

  /** A number; `otherwise` where the node does not have it. */
  float(name: string, otherwise: number): number {
    return this.#byName.get(name)?.f ?? otherwise;
  }

  /** A list of whole numbers, if the node has one of that name. */
  ints(name: string): number[] | undefined {
    return this.#byName.get(name)?.ints.map(Number);
  }

  /** A list of numbers, if the node has one of that name. */
  floats(name: string): number[] | undefined {
    return this.#byName.get(name)?.floats;
  }

  /** A text; `otherwise` where the node does not have it. */
  string(name: string, otherwise: string): string {
    const attribute = this.#byName.get(name);
    return attribute ? decoder.decode(attribute.s) : otherwise;
  }

  /** A list of texts, if the node has one of that name. */
  strings(name: string): string[] | undefined {
    return this.#byName.get(name)?.strings.map((text) => decoder.decode(text));
  }

  /** A tensor, if the node has one of that name. */
  tensor(name: string): TensorProto | undefined {
    return this.#byName.get(name)?.t;
  }

  /** A graph (the body of a loop or branch), if the node has one of that name. */
  graph(name: string): GraphProto | undefined {
    return this.#byName.get(name)?.g;
  }
}
