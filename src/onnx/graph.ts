import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { SightlineError } from "../core/errors.js";
import { Attributes, type AttributeValue, makeAttribute } from "./attributes.js";
import { type Constant, DataType, readConstant, readConstantNode, writeConstant } from "./constant.js";
import { copyMessage, copyNode, readsOf } from "./messages.js";
import { type Dim, type Port, readPort, writePort } from "./port.js";
import {
  type AttributeProto,
  type GraphProto,
  GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  type TensorProto,
} from "./proto/onnx-ml_pb.js";

export type { Dim, NodeProto, Port, TensorProto };

const STANDARD_DOMAINS = ["", "ai.onnx"];

/**
 * An ONNX model under the knife: nodes, constants and ports with lookup and editing. Everything that is not edited,
 * unknown fields included, survives a read and a write. Copies share their weights.
 */
export class Graph {
  readonly model: ModelProto;
  #producers?: Map<string, NodeProto>;
  #consumers?: Map<string, NodeProto[]>;
  #initializers?: Map<string, TensorProto>;
  readonly #constants = new Map<string, Constant>();
  #names?: Set<string>;
  /** How often a name was wished for, so that the next free one is not looked for from the start. */
  readonly #wished = new Map<string, number>();

  constructor(model: ModelProto) {
    this.model = model;
  }

  /**
   * Reads a serialised ModelProto.
   * @throws SightlineError `bad-model` when the bytes are not one
   */
  static parse(bytes: Uint8Array): Graph {
    let model: ModelProto;
    try {
      model = fromBinary(ModelProtoSchema, bytes);
    } catch (cause) {
      throw new SightlineError("bad-model", "the file is not an ONNX model", {
        received: `${bytes.length} bytes that are no ModelProto`,
        expected: "a serialised ONNX ModelProto",
        next: "check that the file is complete (not a Git LFS pointer or a half-finished download)",
        cause,
      });
    }
    if (!model.graph || model.graph.node.length === 0 || model.opsetImport.length === 0) {
      throw new SightlineError("bad-model", "the ONNX model has no graph", {
        received: `${bytes.length} bytes`,
        expected: "a ModelProto with nodes and an opset",
        next: "export it again",
      });
    }
    return new Graph(model);
  }

  /** An empty model of a given opset. */
  static empty(name: string, opset: number): Graph {
    return new Graph(
      create(ModelProtoSchema, {
        irVersion: 8n,
        producerName: "sightline",
        opsetImport: [create(OperatorSetIdProtoSchema, { domain: "", version: BigInt(opset) })],
        graph: create(GraphProtoSchema, { name }),
      }),
    );
  }

  /** The bytes of an ONNX file. */
  serialize(): Uint8Array {
    return toBinary(ModelProtoSchema, this.model);
  }

  /** A copy that can be edited on its own; tensors are shared, as they are never changed in place. */
  clone(): Graph {
    const { node, initializer, input, output, valueInfo } = this.proto;
    const graph = copyMessage(this.proto, {
      node: node.map(copyNode),
      initializer: [...initializer],
      input: [...input],
      output: [...output],
      valueInfo: [...valueInfo],
    });
    return new Graph(copyMessage(this.model, { opsetImport: [...this.model.opsetImport], graph }));
  }

  get proto(): GraphProto {
    return this.model.graph as GraphProto;
  }

  get nodes(): readonly NodeProto[] {
    return this.proto.node;
  }

  /** Version of a domain's operator set; 0 where the model does not import it. */
  opset(domain = ""): number {
    const names = STANDARD_DOMAINS.includes(domain) ? STANDARD_DOMAINS : [domain];
    const entry = this.model.opsetImport.find((entry) => names.includes(entry.domain));
    return entry ? Number(entry.version) : 0;
  }

  /** Inputs that a caller must feed: those without an initializer. */
  get inputs(): Port[] {
    return this.proto.input.filter(({ name }) => !this.initializers.has(name)).map(readPort);
  }

  get outputs(): Port[] {
    return this.proto.output.map(readPort);
  }

  get initializers(): ReadonlyMap<string, TensorProto> {
    this.#initializers ??= new Map(this.proto.initializer.map((tensor) => [tensor.name, tensor]));
    return this.#initializers;
  }

  /** Bytes of all initializers. */
  weightBytes(): number {
    return this.proto.initializer.reduce((sum, { rawData }) => sum + rawData.length, 0);
  }

  /** The node that makes a tensor; undefined for inputs and initializers. */
  producer(name: string): NodeProto | undefined {
    if (!this.#producers) {
      this.#producers = new Map();
      for (const node of this.nodes) for (const output of node.output) if (output) this.#producers.set(output, node);
    }
    return this.#producers.get(name);
  }

  /** Nodes that read a tensor, each once, subgraphs of theirs included. */
  consumers(name: string): readonly NodeProto[] {
    if (!this.#consumers) {
      this.#consumers = new Map();
      for (const node of this.nodes) {
        for (const input of readsOf(node)) {
          const list = this.#consumers.get(input);
          if (list) list.push(node);
          else this.#consumers.set(input, [node]);
        }
      }
    }
    return this.#consumers.get(name) ?? [];
  }

  /** Value of a tensor that is an initializer or the output of a Constant node, Identity nodes between seen through. */
  constant(name: string): Constant | undefined {
    const cached = this.#constants.get(name);
    if (cached) return cached;
    let source = name;
    let node = this.producer(source);
    for (
      const seen = new Set<string>();
      node?.opType === "Identity" && !seen.has(source);
      node = this.producer(source)
    ) {
      seen.add(source);
      [source] = node.input;
    }
    const proto = this.initializers.get(source);
    const value = proto ? readConstant(proto) : node?.opType === "Constant" ? readConstantNode(node) : undefined;
    if (value) this.#constants.set(name, value);
    return value;
  }

  /** The attributes of a node, typed. */
  attributes(node: NodeProto): Attributes {
    return new Attributes(node);
  }

  /** A tensor or node name that is not taken yet. */
  unique(base: string): string {
    if (!this.#names) {
      this.#names = new Set(this.proto.initializer.map((tensor) => tensor.name));
      for (const port of [...this.proto.input, ...this.proto.output]) this.#names.add(port.name);
      for (const node of this.nodes)
        for (const name of [...readsOf(node), ...node.output, node.name]) this.#names.add(name);
    }
    let name = base;
    let i = this.#wished.get(base) ?? 1;
    for (; this.#names.has(name); i++) name = `${base}_${i}`;
    this.#wished.set(base, i);
    this.#names.add(name);
    return name;
  }

  /** Adds an initializer and returns its name. */
  addConstant(value: Constant, base = "constant"): string {
    const name = this.unique(base);
    const proto = writeConstant(name, value);
    this.proto.initializer.push(proto);
    this.#initializers = undefined;
    return name;
  }

  /**
   * Appends a node and returns the names of its outputs. Inputs may be constants, which become initializers.
   * @param outputs how many, or their names
   */
  addNode(
    opType: string,
    inputs: readonly (string | Constant)[],
    attributes: Readonly<Record<string, AttributeValue | undefined>> = {},
    {
      outputs = 1,
      base = opType,
      domain = "",
    }: { outputs?: number | readonly string[]; base?: string; domain?: string } = {},
  ): string[] {
    const name = this.unique(base);
    const output =
      typeof outputs === "number"
        ? Array.from({ length: outputs }, (_, i) => this.unique(outputs === 1 ? `${name}_out` : `${name}_out${i}`))
        : [...outputs];
    const attribute: AttributeProto[] = [];
    for (const [key, value] of Object.entries(attributes)) {
      if (value !== undefined) attribute.push(makeAttribute(key, value));
    }
    const input = inputs.map((value) => (typeof value === "string" ? value : this.addConstant(value, `${name}_c`)));
    this.proto.node.push(create(NodeProtoSchema, { opType, name, domain, input, output, attribute }));
    this.touch();
    return output;
  }

  /** {@link addNode} for the usual case of one output. */
  op(
    opType: string,
    inputs: readonly (string | Constant)[],
    attributes: Readonly<Record<string, AttributeValue | undefined>> = {},
    base?: string,
  ): string {
    return this.addNode(opType, inputs, attributes, { base })[0];
  }

  /** Adds an input to the graph. */
  addInput(name: string, dims: readonly Dim[], type: DataType = DataType.FLOAT): void {
    this.proto.input.push(writePort({ name, type, dims }));
    this.#names?.add(name);
  }

  /** Makes an inner tensor an output. */
  addOutput(name: string, dims?: readonly Dim[], type: DataType = DataType.FLOAT): void {
    this.proto.output.push(writePort({ name, type, dims }));
  }

  /** Makes exactly these tensors the outputs; the known type of former outputs is kept. */
  setOutputs(ports: readonly Port[]): void {
    this.proto.output = ports.map(writePort);
  }

  /** Replaces the list of inputs. */
  setInputs(ports: readonly Port[]): void {
    this.proto.input = ports.map(writePort);
  }

  /** Lets every reader of one tensor, the graph's outputs excepted, read another. */
  replaceUses(from: string, to: string, except?: (node: NodeProto) => boolean): void {
    for (const node of this.nodes) {
      if (except?.(node)) continue;
      node.input = node.input.map((name) => (name === from ? to : name));
    }
    this.touch();
  }

  /** Removes nodes, initializers and stale shape records that no output needs. */
  prune(): void {
    const needed = new Set(this.proto.output.map(({ name }) => name));
    const kept = new Set<NodeProto>();
    const stack = [...needed];
    for (let name = stack.pop(); name !== undefined; name = stack.pop()) {
      const node = this.producer(name);
      if (!node || kept.has(node)) continue;
      kept.add(node);
      for (const input of readsOf(node)) {
        if (!needed.has(input)) {
          needed.add(input);
          stack.push(input);
        }
      }
    }
    this.proto.node = this.proto.node.filter((node) => kept.has(node));
    this.proto.initializer = this.proto.initializer.filter(({ name }) => needed.has(name));
    this.proto.valueInfo = [];
    const fed = new Set(this.initializers.keys());
    this.proto.input = this.proto.input.filter(({ name }) => needed.has(name) || !fed.has(name));
    this.touch();
  }

  /**
   * The part of the graph between some tensors: a new graph with those inputs and outputs.
   * @throws SightlineError `bad-model` when an output depends on an input of the model that is cut off
   */
  extract(inputs: readonly Port[], outputs: readonly Port[]): Graph {
    const part = this.clone();
    const cut = new Set(inputs.map(({ name }) => name));
    part.proto.node = part.proto.node.filter((node) => !node.output.some((name) => cut.has(name)));
    part.touch();
    part.setOutputs(outputs);
    part.prune();
    const open = part.proto.input.filter(({ name }) => part.consumers(name).length > 0 && !cut.has(name));
    const unfed = open.filter(({ name }) => !part.initializers.has(name));
    if (unfed.length > 0) {
      throw new SightlineError(
        "bad-model",
        `${outputs.map(({ name }) => name).join(", ")} also needs ${unfed[0].name}`,
        {
          expected: `a part that depends on ${[...cut].join(", ")} only`,
          next: "choose a layer that every path from the input passes through",
        },
      );
    }
    part.setInputs(inputs);
    return part;
  }

  /** Sorts the nodes so that every tensor is made before it is read (stable). */
  sort(): void {
    const made = new Set<NodeProto>();
    const order: NodeProto[] = [];
    const visit = (start: NodeProto) => {
      const stack: { node: NodeProto; next: number; reads: string[] }[] = [
        { node: start, next: 0, reads: readsOf(start) },
      ];
      made.add(start);
      while (stack.length > 0) {
        const top = stack[stack.length - 1];
        if (top.next < top.reads.length) {
          const before = this.producer(top.reads[top.next++]);
          if (before && !made.has(before)) {
            made.add(before);
            stack.push({ node: before, next: 0, reads: readsOf(before) });
          }
        } else {
          order.push(top.node);
          stack.pop();
        }
      }
    };
    for (const node of this.nodes) if (!made.has(node)) visit(node);
    this.proto.node = order;
  }

  /** Forgets what was looked up; call after changing nodes or initializers by hand. */
  touch(): void {
    this.#producers = undefined;
    this.#consumers = undefined;
    this.#initializers = undefined;
    this.#constants.clear();
  }
}
