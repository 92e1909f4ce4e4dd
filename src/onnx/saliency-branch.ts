import { SightlineError } from "../core/errors.js";
import { SALIENCY_MAP } from "../core/raw-map.js";
import { sizeOf } from "../core/tensor.js";
import { DataType, floats, ints } from "./constant.js";
import type { Dim, Graph, Port } from "./graph.js";
import type { MaskGeometry } from "./masking.js";

const OLDEST_OPSET = 11;
const EPSILON = 1e-12;

/** An inner tensor whose cells the maps are about. */
export interface BranchLayer {
  readonly name: string;
  readonly type: DataType;
  /** At batch 1. */
  readonly dims: readonly number[];
  readonly geometry: MaskGeometry;
}

/** What the maps are made of. */
export type SaliencyBranch =
  | {
      /** The class scores with one cell of the layer kept at a time; `masks` [cells, cells], a row for each copy. */
      readonly kind: "cells";
      readonly layer: BranchLayer;
      readonly masks: Float32Array;
      /** The graph behind the layer, for any batch: the layer is its input, [n, classes] its output. */
      readonly head: Graph;
    }
  | {
      /** The mean of the layer's channels, the same for every class. */
      readonly kind: "mean";
      readonly layer: BranchLayer;
    }
  | {
      /** Softmax over the classes of every scale's best anchor, resized to the finest scale and averaged. */
      readonly kind: "class-maps";
      /** Tensors [n, anchors · (skip + classes), rows, columns]; `skip` channels stand before each anchor's classes. */
      readonly layers: readonly { name: string; dims: readonly number[]; anchors: number; skip: number }[];
    };

export interface SaliencyBranchOptions {
  readonly classes: number;
  /** Scale each map to 0…255 (uint8) by its own least and largest value; raw float32 otherwise. */
  readonly embedScaling: boolean;
}

/** The saliency output that a model carries already. */
export function saliencyOutput(graph: Graph): Port | undefined {
  return graph.outputs.find(({ name }) => name === SALIENCY_MAP);
}

/**
 * A copy of a graph with one more output, `saliency_map` [n, classes, rows, columns], made in the same inference.
 * @throws SightlineError `not-supported` when it has one already, or an opset before 11
 */
export function insertSaliencyBranch(graph: Graph, branch: SaliencyBranch, options: SaliencyBranchOptions): Graph {
  const refuse = (what: string, next: string): never => {
    throw new SightlineError("not-supported", what, { next });
  };
  if (saliencyOutput(graph)) refuse(`the model has an output '${SALIENCY_MAP}' already`, "use it as it is");
  if (graph.opset() < OLDEST_OPSET)
    refuse(`the model is of opset ${graph.opset()}`, `export it with ${OLDEST_OPSET} or later`);
  const copy = graph.clone();
  const maps = raw(copy, branch, options.classes);
  const dims: Dim[] = [copy.outputs[0]?.dims?.[0], options.classes, ...maps.size];
  const finished = options.embedScaling ? scaled(copy, maps.name) : maps.name;
  copy.addNode("Identity", [finished], {}, { outputs: [SALIENCY_MAP] });
  copy.addOutput(SALIENCY_MAP, dims, options.embedScaling ? DataType.UINT8 : DataType.FLOAT);
  copy.sort();
  return copy;
}

interface Maps {
  readonly name: string;
  readonly size: readonly [height: number, width: number];
}

function raw(graph: Graph, branch: SaliencyBranch, classes: number): Maps {
  if (branch.kind === "cells") return cellMaps(graph, branch, classes);
  return branch.kind === "mean" ? meanMaps(graph, branch.layer, classes) : classMaps(graph, branch.layers, classes);
}

/** Reductions take their axes as attribute or input, depending on the opset. */
function reduce(graph: Graph, opType: string, x: string, axes: readonly number[]): string {
  return graph.opset() >= 18
    ? graph.op(opType, [x, ints(axes)], { keepdims: 1 })
    : graph.op(opType, [x], { axes, keepdims: 1 });
}

const asFloat = (graph: Graph, name: string, type: DataType) =>
  type === DataType.FLOAT ? name : graph.op("Cast", [name], { to: DataType.FLOAT });

function cellMaps(
  graph: Graph,
  { layer, masks, head }: Extract<SaliencyBranch, { kind: "cells" }>,
  classes: number,
): Maps {
  const { layout, height, width, offset } = layer.geometry;
  const cells = height * width;
  const shapes = {
    nchw: [1, cells, 1, height, width],
    nhwc: [1, cells, height, width, 1],
    tokens: [1, cells, offset + cells, 1],
  };
  const whole = offset > 0 ? withExtraTokens(masks, cells, offset) : masks;
  const one = graph.op("Reshape", [asFloat(graph, layer.name, layer.type), ints([-1, 1, ...layer.dims.slice(1)])]);
  const masked = graph.op("Mul", [one, floats(whole, shapes[layout])]);
  let copies = graph.op("Reshape", [masked, ints([-1, ...layer.dims.slice(1)])]);
  if (layer.type !== DataType.FLOAT) copies = graph.op("Cast", [copies], { to: layer.type });
  const scores = graft(graph, head, copies);
  const rows = graph.op("Reshape", [scores, ints([-1, cells, classes])]);
  const turned = graph.op("Transpose", [rows], { perm: [0, 2, 1] });
  return { name: graph.op("Reshape", [turned, ints([-1, classes, height, width])]), size: [height, width] };
}

/** Tokens before the patches stay in every copy. */
function withExtraTokens(masks: Float32Array, cells: number, offset: number): Float32Array {
  const whole = new Float32Array(cells * (offset + cells)).fill(1);
  for (let cell = 0; cell < cells; cell++) {
    whole.set(masks.subarray(cell * cells, (cell + 1) * cells), cell * (offset + cells) + offset);
  }
  return whole;
}

/** Adds the nodes of a one-input, one-output graph under new names; weights that both have are shared. */
function graft(graph: Graph, part: Graph, input: string): string {
  const [from] = part.inputs;
  const names = new Map([
    ["", ""],
    [from.name, input],
  ]);
  for (const tensor of part.proto.initializer) {
    if (graph.initializers.get(tensor.name)?.rawData === tensor.rawData && tensor.rawData.length > 0) {
      names.set(tensor.name, tensor.name);
      continue;
    }
    const name = graph.unique(`saliency/${tensor.name}`);
    graph.proto.initializer.push(Object.assign(Object.create(Object.getPrototypeOf(tensor)), tensor, { name }));
    names.set(tensor.name, name);
  }
  const renamed = (name: string) => {
    if (!names.has(name)) names.set(name, graph.unique(`saliency/${name}`));
    return names.get(name) as string;
  };
  const { nodes } = part.clone();
  for (const node of nodes) {
    if (node.attribute.some(({ g, graphs }) => g || graphs.length > 0)) {
      throw new SightlineError(
        "not-supported",
        `the ${node.opType} node '${node.name}' behind the layer holds a graph`,
        {
          next: "choose a layer behind it",
        },
      );
    }
    node.input = node.input.map(renamed);
    node.output = node.output.map(renamed);
    node.name = graph.unique(`saliency/${node.name}`);
    graph.proto.node.push(node);
  }
  graph.touch();
  return renamed(part.outputs[0].name);
}

function meanMaps(graph: Graph, { name, type, dims, geometry }: BranchLayer, classes: number): Maps {
  const { layout, height, width, offset } = geometry;
  let tensor = asFloat(graph, name, type);
  if (offset > 0) tensor = graph.op("Slice", [tensor, ints([offset]), ints([dims[1]]), ints([1])]);
  const mean = reduce(graph, "ReduceMean", tensor, [layout === "nchw" ? 1 : dims.length - 1]);
  const map = graph.op("Reshape", [mean, ints([-1, 1, height, width])]);
  return { name: graph.op("Expand", [map, ints([1, classes, 1, 1])]), size: [height, width] };
}

function classMaps(
  graph: Graph,
  layers: Extract<SaliencyBranch, { kind: "class-maps" }>["layers"],
  classes: number,
): Maps {
  const finest = layers.reduce((a, b) => (sizeOf(b.dims.slice(2)) > sizeOf(a.dims.slice(2)) ? b : a));
  const [height, width] = finest.dims.slice(2);
  const scales = layers.map(({ name, dims, anchors, skip }) => {
    const cut = graph.op("Reshape", [name, ints([-1, anchors, skip + classes, dims[2], dims[3]])]);
    const classScores = graph.op("Slice", [cut, ints([skip]), ints([skip + classes]), ints([2])]);
    const best = graph.op("Reshape", [
      reduce(graph, "ReduceMax", classScores, [1]),
      ints([-1, classes, dims[2], dims[3]]),
    ]);
    const last = graph.op("Transpose", [best], { perm: [0, 2, 3, 1] });
    const likely = graph.op("Transpose", [graph.op("Softmax", [last], { axis: 3 })], { perm: [0, 3, 1, 2] });
    if (dims[2] === height && dims[3] === width) return likely;
    const scale = floats([1, 1, height / dims[2], width / dims[3]]);
    return graph.op("Resize", [likely, "", scale], { mode: "linear", coordinate_transformation_mode: "half_pixel" });
  });
  const sum = scales.reduce((a, b) => graph.op("Add", [a, b]));
  return { name: graph.op("Mul", [sum, floats(1 / scales.length)]), size: [height, width] };
}

/** (value − least) / (largest − least) · 255 of each map, cut to whole numbers. */
function scaled(graph: Graph, maps: string): string {
  const low = reduce(graph, "ReduceMin", maps, [2, 3]);
  const range = graph.op("Sub", [reduce(graph, "ReduceMax", maps, [2, 3]), low]);
  const share = graph.op("Div", [graph.op("Sub", [maps, low]), graph.op("Add", [range, floats(EPSILON)])]);
  return graph.op("Cast", [graph.op("Mul", [share, floats(255)])], { to: DataType.UINT8 });
}
