import { SightlineError } from "../core/errors.js";
import { DataType, ints } from "./constant.js";
import { dequantise } from "./dequantise.js";
import type { Dim, Graph, NodeProto, Port } from "./graph.js";
import { copyMessage, readsOf } from "./messages.js";
import type { TensorShape } from "./shapes.js";
import { putTimeFirst } from "./time-first.js";

/** Name of a free batch dimension in the graphs made here. */
export const BATCH = "batch";

/**
 * A copy in normal form: constants are initializers, initializers are no inputs, recurrent operators have the time
 * first, quantised operators are ordinary ones on real values, nodes are sorted, and the one image input is float32 with the dimensions given (a Cast is added where the file
 * wants another type).
 */
export function normalise(graph: Graph, input: Port, dims: readonly Dim[]): Graph {
  const copy = graph.clone();
  for (const node of copy.nodes) {
    const tensor = node.opType === "Constant" && !node.domain ? copy.attributes(node).tensor("value") : undefined;
    if (tensor) copy.proto.initializer.push(copyMessage(tensor, { name: node.output[0] }));
  }
  copy.proto.node = copy.nodes.filter((node) => !(node.opType === "Constant" && copy.attributes(node).tensor("value")));
  putTimeFirst(copy);
  dequantise(copy);
  copy.sort();
  copy.proto.valueInfo = [];
  copy.setInputs([{ name: input.name, type: DataType.FLOAT, dims }]);
  if (input.type !== DataType.FLOAT) {
    const [cast] = copy.addNode("Cast", [input.name], { to: input.type }, { base: "input_cast" });
    copy.replaceUses(input.name, cast, (node) => node.output[0] === cast);
    copy.sort();
  }
  return copy;
}

/** A copy whose one output is `scores` as float32 [batch, classes]. Returns it and the output's name. */
export function flattenScores(
  graph: Graph,
  scores: string,
  { type, dims }: TensorShape,
): { graph: Graph; scores: string } {
  const copy = graph.clone();
  let name = scores;
  if (type !== DataType.FLOAT) name = copy.op("Cast", [name], { to: DataType.FLOAT }, "scores_cast");
  if (dims.length === 1) name = copy.op("Reshape", [name, ints([1, -1])], {}, "scores_row");
  else if (dims.length > 2) name = copy.op("Flatten", [name], { axis: 1 }, "scores_flat");
  copy.setOutputs([{ name, type: DataType.FLOAT, dims: undefined }]);
  copy.prune();
  return { graph: copy, scores: name };
}

/** Names of all tensors that depend on the input. */
export function dependents(graph: Graph, input: string): ReadonlySet<string> {
  const reached = new Set([input]);
  const stack = [input];
  for (let name = stack.pop(); name !== undefined; name = stack.pop()) {
    for (const node of graph.consumers(name)) {
      for (const output of node.output) {
        if (!output || reached.has(output)) continue;
        reached.add(output);
        stack.push(output);
      }
    }
  }
  return reached;
}

/**
 * A copy that takes any number of images where the file fixes it: the input's first dimension becomes free, and constants
 * in which the batch is baked (targets of Reshape, sizes of Resize, tokens of a Concat, Squeeze of all ones) are freed.
 * Whether the result is right is for the caller to verify by running it.
 */
export function freeBatch(graph: Graph, input: string, shapes: ReadonlyMap<string, TensorShape>): Graph {
  const copy = graph.clone();
  const moving = dependents(copy, input);
  const dimsOf = (name: string) => shapes.get(name)?.dims ?? [];
  let batch: string | undefined;
  const batchOf = () =>
    (batch ??= copy.op("Slice", [copy.op("Shape", [input]), ints([0]), ints([1])], {}, "batch_size"));

  for (const node of [...copy.nodes]) {
    if (!moving.has(node.input[0]) && !node.input.some((name) => moving.has(name))) continue;
    const out = dimsOf(node.output[0]);
    if (node.opType === "Reshape") {
      const target = copy.constant(node.input[1]);
      if (target && Number(target.data[0]) > 0) {
        const shape = [-1, ...out.slice(1)];
        node.input = [node.input[0], copy.addConstant(ints(shape), "free_shape")];
      }
    } else if (node.opType === "Resize" && node.input[3] && copy.constant(node.input[3])) {
      const from = dimsOf(node.input[0]);
      const scales = {
        type: DataType.FLOAT,
        dims: [out.length],
        data: Float32Array.from(out, (dim, i) => dim / from[i]),
      };
      node.input = [node.input[0], node.input[1] ?? "", copy.addConstant(scales, "free_scales")];
    } else if (node.opType === "Squeeze" && !node.input[1] && !copy.attributes(node).has("axes")) {
      const axes = dimsOf(node.input[0]).flatMap((dim, i) => (dim === 1 && i > 0 ? [i] : []));
      replaceNode(copy, node, () => {
        const squeezed =
          copy.opset() >= 13
            ? { inputs: [node.input[0], ints(axes)], attributes: {} }
            : { inputs: [node.input[0]], attributes: { axes } };
        copy.addNode("Squeeze", squeezed.inputs, squeezed.attributes, { outputs: node.output });
      });
    } else if (node.opType === "Concat" && copy.attributes(node).int("axis", 0) !== 0) {
      node.input = node.input.map((name) => {
        const dims = dimsOf(name);
        if (moving.has(name) || dims[0] !== 1) return name;
        const shape = copy.op("Concat", [batchOf(), ints(dims.slice(1))], { axis: 0 }, "free_shape");
        return copy.op("Expand", [name, shape], {}, "free_tokens");
      });
    }
  }
  const [port] = copy.inputs;
  copy.setInputs([{ ...port, dims: [BATCH, ...(port.dims ?? []).slice(1)] }]);
  copy.setOutputs(copy.outputs.map((output) => ({ ...output, dims: undefined })));
  copy.touch();
  copy.sort();
  return copy;
}

/**
 * A copy in which every Shape of a tensor that grows with the batch reads the batch from the input alone, and every other
 * Shape is a constant; so parts of the graph can be cut out without taking the start of the network along.
 */
export function anchorShapes(graph: Graph, input: string, shapes: ReadonlyMap<string, TensorShape>): Graph {
  const copy = graph.clone();
  let anchor: string | undefined;
  for (const node of [...copy.nodes]) {
    if (node.opType !== "Shape" || node.domain) continue;
    const shape = shapes.get(node.input[0]);
    if (!shape || (shape.batchAxis ?? 0) !== 0) continue;
    const { dims, batchAxis } = shape;
    const attributes = copy.attributes(node);
    const start = clampAxis(attributes.int("start", 0), dims.length);
    const end = clampAxis(attributes.int("end", dims.length), dims.length);
    const kept = dims.slice(start, end);
    replaceNode(copy, node, () => {
      if (batchAxis === undefined || start > 0 || kept.length === 0) {
        copy.addNode("Identity", [ints(kept)], {}, { outputs: node.output });
        return;
      }
      anchor ??= copy.op("Slice", [copy.op("Shape", [input], {}, "anchor"), ints([0]), ints([1])], {}, "batch_size");
      const first = dims[0] === 1 ? anchor : copy.op("Mul", [anchor, ints([dims[0]])], {}, "batch_size");
      if (kept.length === 1) copy.addNode("Identity", [first], {}, { outputs: node.output });
      else copy.addNode("Concat", [first, ints(kept.slice(1))], { axis: 0 }, { outputs: node.output });
    });
  }
  copy.sort();
  return copy;
}

function clampAxis(axis: number, rank: number): number {
  return Math.min(rank, Math.max(0, axis < 0 ? axis + rank : axis));
}

function replaceNode(graph: Graph, node: NodeProto, add: () => void): void {
  graph.proto.node = graph.nodes.filter((other) => other !== node);
  graph.touch();
  add();
}

/**
 * The part of a graph behind a layer, with that layer as its input. The layer's first dimension must be the batch.
 * @throws SightlineError `bad-model` when the scores also depend on something before it
 */
export function headOf(graph: Graph, layer: string, shape: TensorShape, scores: string): Graph {
  const copy = graph.clone();
  const [input] = copy.inputs;
  for (const node of copy.nodes) {
    if (node.opType === "Shape") node.input = node.input.map((name) => (name === input.name ? layer : name));
  }
  copy.touch();
  const dims: Dim[] = [...shape.dims];
  if (shape.batchAxis === 0) dims[0] = BATCH;
  return copy.extract(
    [{ name: layer, type: shape.type, dims }],
    [{ name: scores, type: DataType.FLOAT, dims: undefined }],
  );
}

/**
 * Tensors that all paths from the input to the scores pass through (Shape nodes do not count as paths), of a sorted graph.
 * Such a tensor is made where no other value is under way: none that was made before is read after.
 */
export function dominators(graph: Graph, input: string, scores: string): ReadonlySet<string> {
  const moving = new Set([input]);
  const steps = graph.nodes.filter((node) => {
    const moves = node.opType !== "Shape" && readsOf(node).some((name) => moving.has(name));
    if (moves) for (const name of node.output) if (name) moving.add(name);
    return moves;
  });
  /** Where each tensor on a path is read last. */
  const last = new Map([[scores, steps.length]]);
  for (let at = steps.length - 1; at >= 0; at--) {
    if (!steps[at].output.some((name) => last.has(name))) continue;
    for (const name of readsOf(steps[at])) if (moving.has(name) && !last.has(name)) last.set(name, at);
  }
  const through = new Set<string>();
  let underWay = last.get(input) ?? 0;
  steps.forEach((node, at) => {
    const made = node.output.filter((name) => last.has(name));
    if (made.length === 1 && underWay <= at) through.add(made[0]);
    for (const name of made) underWay = Math.max(underWay, last.get(name) as number);
  });
  return through;
}

/** How pictures lie, where the first operators on an input tell: they move channels, or convolve. */
export function layoutOf(graph: Graph, { name }: Port): "nchw" | "nhwc" | undefined {
  let node: NodeProto | undefined;
  for (let at = name; ; at = node.output[0]) {
    const readers = graph.consumers(at);
    node = readers[0];
    if (readers.length !== 1 || !node) return undefined;
    if (node.opType === "Conv") return "nchw";
    if (node.opType === "Transpose") {
      return graph.attributes(node).ints("perm")?.join() === "0,3,1,2" ? "nhwc" : undefined;
    }
    if (!["Add", "Cast", "DequantizeLinear", "Div", "Mul", "QuantizeLinear", "Resize", "Sub"].includes(node.opType))
      return undefined;
  }
}

/** What texts are given in. */
const TOKENS: readonly DataType[] = [DataType.INT32, DataType.INT64];

/**
 * The model's one image input.
 * @throws SightlineError `not-supported` when there are several inputs, `not-a-classifier` when it is no image
 */
export function imageInput(graph: Graph): Port {
  const inputs = graph.inputs;
  if (inputs.length !== 1) {
    throw new SightlineError("not-supported", `the model has ${inputs.length} inputs`, {
      received: inputs.map(({ name }) => name).join(", ") || "none",
      expected: "one image",
      next: inputs.some(({ type }) => TOKENS.includes(type))
        ? "where it reads words, load it as a pair of encoders: loadModel({ image, text, tokenizer, labels })"
        : "export it with the other inputs fixed",
    });
  }
  const rank = inputs[0].dims?.length ?? 4;
  if (rank !== 4) {
    throw new SightlineError("not-a-classifier", `the input '${inputs[0].name}' has ${rank} dimensions`, {
      received: `[${inputs[0].dims?.join(", ")}]`,
      expected: "an image of [batch, channels, height, width] or [batch, height, width, channels]",
    });
  }
  return inputs[0];
}
