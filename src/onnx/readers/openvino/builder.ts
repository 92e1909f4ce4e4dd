import { SightlineError } from "../../../core/errors.js";
import type { AttributeValue } from "../../attributes.js";
import { type Constant, DataType, ints } from "../../constant.js";
import type { Dim, Graph } from "../../graph.js";
import { constantOf, fold, numbersOf } from "./fold.js";
import type { Layer } from "./layers.js";

/** A tensor of the graph that is being built; dimensions are undefined where the file does not give them. */
export interface Tensor {
  readonly name: string;
  readonly type: DataType;
  readonly dims: readonly Dim[] | undefined;
}

/** What an operator reads and makes: a tensor of the graph, or a constant that is not in the graph until it is used. */
export type Value = Tensor | Constant;

type Attributes = Readonly<Record<string, AttributeValue | undefined>>;

/** How one OpenVINO operation becomes ONNX nodes. Outputs that are left out cannot be read. */
export type Operator = (
  layer: Layer,
  inputs: readonly Value[],
  build: Builder,
) => Value | readonly (Value | undefined)[];

export function isConstant(value: Value | undefined): value is Constant {
  return value !== undefined && "data" in value;
}

/** Operators some of whose inputs may be left out. */
const WITH_OPTIONAL_INPUTS = ["NonMaxSuppression", "Pad", "Resize", "Slice"];

/** Writes ONNX nodes; whatever is made of constants alone is computed on the spot. */
export class Builder {
  readonly graph: Graph;
  /** What notable was met on the way, for the reader. */
  readonly notes = new Set<string>();
  readonly #names = new WeakMap<Constant, string>();
  readonly #hints = new WeakMap<Constant, string>();
  /** The layer at work, after which nodes are named. */
  scope = "";

  constructor(graph: Graph) {
    this.graph = graph;
  }

  /** Proposes a name for a constant, should it come into the graph. */
  hint(value: Constant, name: string): void {
    this.#hints.set(value, name);
  }

  /** The name of a value's tensor; puts constants into the graph. */
  nameOf(value: Value): string {
    if (!isConstant(value)) return value.name;
    let name = this.#names.get(value);
    if (name === undefined) {
      name = this.graph.addConstant(value, this.#hints.get(value) ?? `${this.scope}/constant`);
      this.#names.set(value, name);
    }
    return name;
  }

  /** A node with one output, typed as its first input unless said otherwise. */
  op(opType: string, inputs: readonly (Value | undefined)[], attributes: Attributes = {}, type?: DataType): Value {
    const given = inputs.filter((input) => input !== undefined);
    if (given.length > 0 && given.every(isConstant)) {
      const folded = inputs.includes(undefined) ? undefined : fold(opType, given, attributes);
      if (folded) return folded;
    }
    const [name] = this.#node(opType, inputs, attributes, 1);
    return { name, type: type ?? given[0]?.type ?? DataType.FLOAT, dims: undefined };
  }

  /** A node with several outputs. */
  ops(
    opType: string,
    inputs: readonly (Value | undefined)[],
    attributes: Attributes,
    types: readonly DataType[],
  ): Tensor[] {
    return this.#node(opType, inputs, attributes, types.length).map((name, i) => ({
      name,
      type: types[i],
      dims: undefined,
    }));
  }

  #node(opType: string, inputs: readonly (Value | undefined)[], attributes: Attributes, outputs: number): string[] {
    if (inputs.includes(undefined) && !WITH_OPTIONAL_INPUTS.includes(opType)) {
      throw new RangeError(`${opType} is given ${inputs.length} inputs of which some are missing`);
    }
    const names = inputs.map((input) => (input === undefined ? "" : this.nameOf(input)));
    while (names.at(-1) === "") names.pop();
    return this.graph.addNode(opType, names, attributes, { outputs, base: `${this.scope}/${opType}` });
  }

  cast(value: Value, type: DataType): Value {
    return value.type === type ? value : this.op("Cast", [value], { to: type }, type);
  }

  /** Shapes, axes and indices as ONNX wants them. */
  int64(value: Value): Value {
    return this.cast(value, DataType.INT64);
  }

  reshape(value: Value, dims: readonly number[]): Value {
    return this.op("Reshape", [value, ints(dims)]);
  }

  transpose(value: Value, perm: readonly number[]): Value {
    return perm.every((axis, i) => axis === i) ? value : this.op("Transpose", [value], { perm });
  }

  /** A constant of the type of another value. */
  like(value: Value, values: number | readonly number[]): Constant {
    return typeof values === "number"
      ? constantOf(value.type, [], [values])
      : constantOf(value.type, [values.length], values);
  }
}

/** @throws SightlineError `unsupported-operator` saying what of a layer is not supported */
export function unsupported(layer: Layer, why: string): never {
  throw new SightlineError("unsupported-operator", `the ${layer.type} layer '${layer.name}' ${why}`, {
    received: `${layer.type} (opset${layer.opset})`,
    next: "convert the original model to ONNX instead, or fold its shapes when converting",
  });
}

/** Numbers of an input that must be constant. */
export function constantNumbers(value: Value | undefined, layer: Layer, what: string): number[] {
  return isConstant(value) ? Array.from(numbersOf(value)) : unsupported(layer, `has no constant ${what}`);
}

/** Number of dimensions of a value. */
export function rankOf(value: Value, layer: Layer): number {
  return value.dims?.length ?? unsupported(layer, "reads a tensor of unknown rank");
}

/** Dimensions that must be known. */
export function staticDims(value: Value, layer: Layer, from = 0): number[] {
  const dims = value.dims?.slice(from);
  if (!dims || dims.some((dim) => typeof dim !== "number")) return unsupported(layer, "needs fixed dimensions");
  return dims as number[];
}
