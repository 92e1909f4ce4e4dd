import { SightlineError } from "../../../core/errors.js";
import { DataType } from "../../constant.js";
import type { Dim } from "../../graph.js";
import { child, childrenOf, type Element } from "./xml.js";

/** An output of a layer; dynamic dimensions are undefined. */
export interface LayerPort {
  readonly type: DataType;
  /** The type as the file names it ("f16", "U4", …); constants lie in the weights file in it. */
  readonly storedType: string;
  readonly dims: readonly Dim[];
  /** Names of the tensor, those that users know. */
  readonly names: readonly string[];
  readonly rtInfo?: Element;
}

/** An operation of the network, its inputs as producers. */
export interface Layer {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  /** Operation set that defines it. */
  readonly opset: number;
  readonly data: LayerData;
  readonly inputs: readonly { readonly layer: Layer; readonly port: number }[];
  readonly outputs: readonly LayerPort[];
  readonly rtInfo?: Element;
}

/** ONNX element types of OpenVINO's; 16- and 64-bit floats are computed in float32, as OpenVINO's CPU plug-in does. */
const TYPES: Readonly<Record<string, DataType>> = {
  f16: DataType.FLOAT,
  bf16: DataType.FLOAT,
  f32: DataType.FLOAT,
  f64: DataType.FLOAT,
  i4: DataType.INT8,
  i8: DataType.INT8,
  i16: DataType.INT16,
  i32: DataType.INT32,
  i64: DataType.INT64,
  u1: DataType.UINT8,
  u4: DataType.UINT8,
  u8: DataType.UINT8,
  u16: DataType.UINT16,
  u32: DataType.UINT32,
  u64: DataType.UINT64,
  boolean: DataType.BOOL,
};

const ALIASES: Readonly<Record<string, string>> = { fp16: "f16", fp32: "f32", fp64: "f64", bool: "boolean", bin: "u1" };

/** One spelling for the type names of ports ("FP16", "BOOL") and of attributes ("f16", "boolean"). */
export function normalizeType(name: string): string {
  const lower = name.toLowerCase();
  return ALIASES[lower] ?? lower;
}

/** @throws SightlineError `unsupported-operator` for element types that ONNX models here do not compute with */
export function dataTypeOf(name: string, where: string): DataType {
  const type = TYPES[normalizeType(name)];
  if (type !== undefined) return type;
  throw new SightlineError("unsupported-operator", `the element type '${name}' of ${where} cannot be read`, {
    received: name,
    expected: `one of ${Object.keys(TYPES).join(", ")}`,
    next: "convert the model with f32 or f16 weights",
  });
}

/** Typed reading of the attributes in a layer's `data` element. */
export class LayerData {
  readonly #values: Readonly<Record<string, string>>;
  readonly #where: string;

  constructor(values: Readonly<Record<string, string>>, where: string) {
    this.#values = values;
    this.#where = where;
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#values, name);
  }

  string(name: string, otherwise?: string): string {
    if (this.has(name)) return this.#values[name].trim();
    return otherwise ?? this.#fail(name, "it is missing");
  }

  number(name: string, otherwise?: number): number {
    if (!this.has(name) && otherwise !== undefined) return otherwise;
    const value = Number(this.string(name));
    return Number.isNaN(value) ? this.#fail(name, "not a number") : value;
  }

  boolean(name: string, otherwise?: boolean): boolean {
    if (!this.has(name) && otherwise !== undefined) return otherwise;
    return ["true", "1"].includes(this.string(name).toLowerCase());
  }

  numbers(name: string, otherwise?: readonly number[]): readonly number[] {
    if (!this.has(name) && otherwise !== undefined) return otherwise;
    const values = this.string(name).split(",").map(Number);
    if (this.string(name) === "") return [];
    return values.some(Number.isNaN) ? this.#fail(name, "not numbers") : values;
  }

  #fail(name: string, why: string): never {
    throw new SightlineError("bad-model", `the attribute '${name}' of ${this.#where}: ${why}`, {
      received: this.#values[name],
      next: "convert the model again",
    });
  }
}

/**
 * The layers of a network, every one after those it reads.
 * @throws SightlineError `bad-model` when edges are missing or run in circles
 */
export function readLayers(net: Element): Layer[] {
  const network = new Network(net);
  const layers = new Map<string, Layer>();
  for (const element of network.inOrder()) layers.set(element.attributes.id, network.layerOf(element, layers));
  return [...layers.values()];
}

/** The elements of a network's layers and the edges between them. */
class Network {
  readonly #elements: readonly Element[];
  readonly #byId: ReadonlyMap<string, Element>;
  /** The edge to each input, by layer and port. */
  readonly #edges = new Map<string, Element>();

  constructor(net: Element) {
    this.#elements = childrenOf(child(net, "layers"), "layer");
    this.#byId = new Map(this.#elements.map((element) => [element.attributes.id, element]));
    if (this.#elements.length === 0) bad("the network has no layers");
    if (this.#byId.size !== this.#elements.length) bad("two layers share an id");
    for (const edge of childrenOf(child(net, "edges"), "edge")) {
      this.#edges.set(`${edge.attributes["to-layer"]}:${edge.attributes["to-port"]}`, edge);
    }
  }

  /** Every element after those whose outputs it reads. */
  inOrder(): Element[] {
    const order: Element[] = [];
    const entered = new Set<Element>();
    const left = new Set<Element>();
    for (const start of this.#elements) {
      if (entered.has(start)) continue;
      entered.add(start);
      const stack = [{ element: start, waiting: this.#sourcesOf(start) }];
      for (let top = stack.at(-1); top; top = stack.at(-1)) {
        const next = top.waiting.pop();
        if (!next) {
          order.push(top.element);
          left.add(top.element);
          stack.pop();
        } else if (!entered.has(next)) {
          entered.add(next);
          stack.push({ element: next, waiting: this.#sourcesOf(next) });
        } else if (!left.has(next)) bad(`the layers run in a circle through '${next.attributes.name}'`);
      }
    }
    return order;
  }

  /** @param layers those that it reads, by id */
  layerOf(element: Element, layers: ReadonlyMap<string, Layer>): Layer {
    const { id, name = id, type = "", version = "" } = element.attributes;
    const where = `the ${type} layer '${name}'`;
    const data = new LayerData(child(element, "data")?.attributes ?? {}, where);
    const inputs = portsOf(element, "input").map(
      (port) => this.#sourceOf(element, port, layers) ?? bad(`${where} has an input without a source`),
    );
    return {
      id,
      name,
      type,
      opset: Number(/^opset(\d+)$/.exec(version)?.[1] ?? 0),
      data,
      inputs,
      outputs: portsOf(element, "output").map((port) => readPort(port, data, where)),
      rtInfo: child(element, "rt_info"),
    };
  }

  #sourceOf(element: Element, port: Element, layers: ReadonlyMap<string, Layer>): Layer["inputs"][number] | undefined {
    const edge = this.#edgeTo(element, port)?.attributes;
    const layer = edge && layers.get(edge["from-layer"]);
    const ports = portsOf(layer && this.#byId.get(layer.id), "output");
    const index = ports.findIndex(({ attributes }) => attributes.id === edge?.["from-port"]);
    return layer && index >= 0 ? { layer, port: index } : undefined;
  }

  #sourcesOf(element: Element): Element[] {
    return portsOf(element, "input").flatMap((port) => {
      const edge = this.#edgeTo(element, port);
      return this.#byId.get(edge?.attributes["from-layer"] ?? "") ?? [];
    });
  }

  #edgeTo(element: Element, port: Element): Element | undefined {
    return this.#edges.get(`${element.attributes.id}:${port.attributes.id}`);
  }
}

function portsOf(element: Element | undefined, side: "input" | "output"): readonly Element[] {
  return childrenOf(child(element, side), "port");
}

function readPort(port: Element, data: LayerData, where: string): LayerPort {
  const storedType = data.has("element_type") ? data.string("element_type") : (port.attributes.precision ?? "f32");
  const dims = childrenOf(port, "dim").map(({ text }): Dim => {
    const size = Number(text);
    if (!Number.isInteger(size)) bad(`${where} has the dimension '${text}'`);
    return size < 0 ? undefined : size;
  });
  return {
    type: dataTypeOf(storedType, where),
    storedType: normalizeType(storedType),
    dims,
    names: splitNames(port.attributes.names ?? ""),
    rtInfo: child(port, "rt_info"),
  };
}

/** Tensor names are separated by commas; a comma inside a name is written "\,". */
function splitNames(names: string): string[] {
  return names
    .split(/(?<!\\),/)
    .map((name) => name.replaceAll("\\,", ","))
    .filter(Boolean);
}

function bad(what: string): never {
  throw new SightlineError("bad-model", what, { expected: "a complete OpenVINO IR", next: "convert the model again" });
}
