import { didYouMean, SightlineError } from "../../../core/errors.js";
import { type Constant, DataType, floats } from "../../constant.js";
import { type Dim, Graph } from "../../graph.js";
import { Builder, isConstant, type Tensor, type Value } from "./builder.js";
import { type Layer, readLayers } from "./layers.js";
import { type OpenVinoMetadata, readMetadata } from "./metadata.js";
import { OPERATORS } from "./operators/index.js";
import { type OwnPreprocessing, ownPreprocessing } from "./own-preprocessing.js";
import { readWeights } from "./weights.js";
import { child, childrenOf, type Element, parseXml } from "./xml.js";

export type { OpenVinoMetadata } from "./metadata.js";

/** An OpenVINO network as ONNX, and what its file says beside the operations. */
export interface OpenVinoModel {
  readonly graph: Graph;
  readonly metadata: OpenVinoMetadata;
  readonly own?: OwnPreprocessing;
  /** IR version, 10 or 11. */
  readonly version: number;
}

const OPSET = 20;

/** Sources of values that are no operations. */
const SOURCES = ["Parameter", "Const", "Result"];

/**
 * Reads an OpenVINO IR (version 10 or 11, operation sets 1 to 15) into an ONNX graph of opset 20. 16- and 64-bit floats
 * become float32, decompressed and dequantised weights become plain ones, and a picture that comes as integers comes as
 * float32. Inner tensors carry the names of the layers that make them, inputs and outputs their tensor names.
 * @throws SightlineError `bad-model` when the files are damaged or do not belong together; `unsupported-operator` naming
 * the layer type
 */
export function readOpenVino(xml: Uint8Array, bin: Uint8Array): OpenVinoModel {
  const net = parseXml(xml);
  const version = Number(net.attributes.version);
  if (net.name !== "net" || (version !== 10 && version !== 11)) {
    throw new SightlineError("bad-model", "the .xml file is not an OpenVINO IR of version 10 or 11", {
      received: `<${net.name} version="${net.attributes.version ?? ""}">`,
      expected: "a <net> of version 10 or 11",
      next: "convert the model again with a recent OpenVINO",
    });
  }
  const layers = readLayers(net);
  const unknown = layers.find(({ type }) => !SOURCES.includes(type) && !Object.hasOwn(OPERATORS, type));
  if (unknown) {
    throw new SightlineError("unsupported-operator", `the layer type '${unknown.type}' is not supported`, {
      received: `${unknown.type} (opset${unknown.opset}) '${unknown.name}'`,
      next: didYouMean(unknown.type, Object.keys(OPERATORS)) ?? "convert the original model to ONNX instead",
    });
  }
  const weights = new Uint8Array(bin.buffer, bin.byteOffset, bin.byteLength);
  const parameters = layers.filter(({ type }) => type === "Parameter");
  const graph = convert(layers, weights, net);
  const [input] = parameters;
  return { graph, metadata: readMetadata(net, input), own: ownPreprocessing(layers, input), version };
}

function convert(layers: readonly Layer[], weights: Uint8Array, net: Element): Graph {
  const graph = Graph.empty(net.attributes.name ?? "openvino", OPSET);
  const build = new Builder(graph);
  const values = new Map<Layer, readonly (Value | undefined)[]>();
  const read = ({ layer, port }: Layer["inputs"][number], by: Layer): Value =>
    values.get(layer)?.[port] ??
    fail(by, `reads output ${port} of the ${layer.type} layer '${layer.name}', which is not computed`);
  const results = layers.filter(({ type }) => type === "Result");
  const names = tensorNames(layers, results);
  for (const name of [...names.values()].flat()) graph.unique(name);

  const valuesOf = (layer: Layer): readonly (Value | undefined)[] => {
    const outputNames = names.get(layer) ?? [];
    if (layer.type === "Parameter") return [input(layer, layers, net, outputNames[0], build)];
    if (layer.type === "Const") {
      const constant = readWeights(layer, weights);
      build.hint(constant, layer.name);
      return [constant];
    }
    const before = graph.nodes.length;
    const made = OPERATORS[layer.type](
      layer,
      layer.inputs.map((source) => read(source, layer)),
      build,
    );
    const outputs = Array.isArray(made) ? (made as readonly (Value | undefined)[]) : [made as Value];
    return outputs.map((value, i) => value && finish(layer, value, i, outputNames[i], before, build));
  };

  for (const layer of layers) {
    if (layer.type === "Result") continue;
    build.scope = layer.name;
    try {
      values.set(layer, valuesOf(layer));
    } catch (cause) {
      if (cause instanceof SightlineError) throw cause;
      throw new SightlineError("bad-model", `the ${layer.type} layer '${layer.name}' is malformed`, {
        expected: "the inputs and outputs of its specification",
        next: "convert the model again",
        cause,
      });
    }
  }

  for (const result of results) {
    const [source] = result.inputs;
    if (!source) fail(result, "has no input");
    const value = read(source, result);
    const wanted = names.get(source.layer)![source.port];
    const alreadyOut = graph.outputs.some(({ name }) => !isConstant(value) && name === value.name);
    const direct = !isConstant(value) && graph.producer(value.name) && !alreadyOut;
    const name = direct
      ? value.name
      : graph.addNode("Identity", [build.nameOf(value)], {}, { outputs: [graph.unique(wanted)], base: result.name })[0];
    graph.addOutput(name, freeDims(source.layer.outputs[source.port].dims), value.type);
  }
  if (results.length === 0) throw new SightlineError("bad-model", "the network has no outputs");
  graph.prune();
  return graph;
}

/** Names of all tensors by layer and output: what users call them on the surface, the layers' names inside. */
function tensorNames(layers: readonly Layer[], results: readonly Layer[]): Map<Layer, string[]> {
  const surface = new Set(results.map(({ inputs: [source] }) => source && `${source.layer.id}:${source.port}`));
  const taken = new Set<string>();
  const free = (base: string) => {
    let name = base;
    for (let i = 1; taken.has(name); i++) name = `${base}_${i}`;
    taken.add(name);
    return name;
  };
  const namesOf = (layer: Layer) =>
    layer.outputs.map((port, i) => {
      const shown = layer.type === "Parameter" || surface.has(`${layer.id}:${i}`);
      const inner = layer.outputs.length > 1 ? `${layer.name}.${i}` : layer.name;
      return free((shown && port.names[0]) || inner);
    });
  const first = layers.filter(
    (layer) => layer.type === "Parameter" || layer.outputs.some((_, i) => surface.has(`${layer.id}:${i}`)),
  );
  const names = new Map(first.map((layer) => [layer, namesOf(layer)]));
  for (const layer of layers) {
    if (!names.has(layer) && layer.type !== "Const") names.set(layer, namesOf(layer));
  }
  return names;
}

/** Gives a layer's value its name, where one of the nodes from `before` on made it, and its known dimensions. */
function finish(layer: Layer, value: Value, i: number, name: string, before: number, build: Builder): Value {
  if (isConstant(value)) {
    build.hint(value, layer.name);
    return value;
  }
  const dims = layer.outputs[i]?.dims;
  const nodes = build.graph.nodes.slice(before);
  if (!nodes.some(({ output }) => output.includes(value.name))) return { ...value, dims };
  const renamed = (names: readonly string[]) => names.map((used) => (used === value.name ? name : used));
  for (const node of nodes) {
    node.input = renamed(node.input);
    node.output = renamed(node.output);
  }
  build.graph.touch();
  return { name, type: value.type, dims };
}

/** The graph's input for a Parameter: pictures as floats, the means of `pre-process` subtracted. */
function input(layer: Layer, layers: readonly Layer[], net: Element, name: string, build: Builder): Value {
  const [{ type: stored, dims }] = layer.outputs;
  const type = dims.length === 4 ? DataType.FLOAT : stored;
  build.graph.addInput(name, freeDims(dims), type);
  const readers = layers.filter(({ inputs }) => inputs.some((source) => source.layer === layer));
  const tensor: Tensor = { name, type, dims };
  const means = preprocessMeans(net, layer.name);
  const whole = readers.every((reader) => reader.type === "Convert") ? tensor : build.cast(tensor, stored);
  const value = means ? build.op("Sub", [whole, means]) : whole;
  return isConstant(value) ? value : { ...value, dims };
}

/** The means of IR 10's `pre-process` element, [1, channels, 1, 1]. */
function preprocessMeans(net: Element, inputName: string): Constant | undefined {
  const element = child(net, "pre-process");
  const reference = element?.attributes["reference-layer-name"] ?? element?.attributes["mean-reference-layer-name"];
  if (!element || (reference !== undefined && reference !== inputName)) return undefined;
  const channels = childrenOf(element, "channel").map((channel) => child(channel, "mean")?.attributes ?? {});
  if (channels.some((mean) => mean.offset !== undefined)) {
    throw new SightlineError("not-supported", "the model subtracts a mean picture", { next: "convert it without one" });
  }
  const means = channels.map((mean) => Number(mean.value));
  return means.length > 0 && means.every(Number.isFinite) ? floats(means, [1, means.length, 1, 1]) : undefined;
}

/** A free first dimension is the batch; other free ones have no name. */
function freeDims(dims: readonly Dim[]): Dim[] {
  return dims.map((size, axis) => size ?? (axis === 0 ? "batch" : undefined));
}

function fail(layer: Layer, why: string): never {
  throw new SightlineError("unsupported-operator", `the ${layer.type} layer '${layer.name}' ${why}`);
}
