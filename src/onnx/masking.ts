import { DataType, floats, ints } from "./constant.js";
import type { Dim, Graph, NodeProto } from "./graph.js";
import { BATCH } from "./surface.js";

/** How the cells of a mask lie in the tensor that is masked. */
export interface MaskGeometry {
  readonly layout: "nchw" | "nhwc" | "tokens";
  readonly height: number;
  readonly width: number;
  /** Tokens before the patches, which no mask touches. */
  readonly offset: number;
}

/** How masks are given; see `Masks` of the model's contract. */
export type MaskKind = "separable" | "segments" | "dense" | "parts";

/** The inputs of a masked graph, all float32 but `labels` (int32). */
export const MASK_PORTS = {
  base: "mask_base",
  delta: "mask_delta",
  left: "mask_left",
  right: "mask_right",
  labels: "mask_labels",
  weights: "mask_weights",
  data: "mask_data",
} as const;

export interface MaskOptions {
  readonly kind: MaskKind;
  readonly geometry: MaskGeometry;
  /** Dimensions of the tensor that is masked, at batch 1. */
  readonly dims: readonly number[];
  /** Whether there is a base; without one it is 0. */
  readonly base: boolean;
  /** How many masks at a time: any number when absent. */
  readonly batch?: number;
}

/**
 * A copy of a graph that makes its input itself: base + mask · delta, one row of the batch per mask, or base + the
 * weighted sum of the rows of delta. Base has batch 1, and so has delta of masks. Where nothing but means over all cells
 * read the input, the mean is made instead: mean(base + m·δ) = mean(base) + Σ_p m_p·δ_p / cells, which no longer makes a
 * copy of the tensor per mask.
 */
export function withMasks(graph: Graph, { kind, geometry, dims, base, batch }: MaskOptions): Graph {
  const copy = graph.clone();
  const [{ name: input, type }] = copy.inputs;
  copy.setInputs([]);
  const port = (name: string, shape: readonly Dim[], type = DataType.FLOAT) => {
    copy.addInput(name, shape, type);
    return name;
  };
  const masks = maskOf(copy, kind, geometry, batch ?? BATCH, port);
  const delta = port(MASK_PORTS.delta, kind === "parts" ? ["parts", ...dims.slice(1)] : dims);
  const start = base ? port(MASK_PORTS.base, dims) : undefined;

  const means = geometry.layout === "tokens" ? undefined : globalMeans(copy, input, geometry.layout);
  if (means) {
    const meansOf = kind === "parts" ? partMeans : maskedMeans;
    const channelsFirst = geometry.layout === "nchw";
    const rows = meansOf(copy, { masks, delta, start }, geometry.height * geometry.width, channelsFirst);
    replaceMeans(copy, means, type, channelsFirst, rows);
  } else {
    const change = kind === "parts" ? summedParts(copy, masks, delta, dims) : masked(copy, masks, delta, geometry);
    const made = start ? copy.op("Add", [start, change]) : change;
    copy.addNode("Cast", [made], { to: type }, { outputs: [input] });
  }
  copy.touch();
  copy.sort();
  copy.prune();
  return copy;
}

type AddPort = (name: string, shape: readonly Dim[], type?: DataType) => string;

/** Masks as [count, cells]; weights of parts as [count, parts]. */
function maskOf(graph: Graph, kind: MaskKind, { height, width }: MaskGeometry, count: Dim, port: AddPort): string {
  const cells = height * width;
  switch (kind) {
    case "separable": {
      const left = port(MASK_PORTS.left, [count, height, "rank"]);
      const masks = graph.op("MatMul", [left, port(MASK_PORTS.right, [count, "rank", width])]);
      return graph.op("Reshape", [masks, ints([-1, cells])]);
    }
    case "segments": {
      const weights = port(MASK_PORTS.weights, [count, "segments"]);
      return graph.op("Gather", [weights, port(MASK_PORTS.labels, [cells], DataType.INT32)], { axis: 1 });
    }
    case "parts":
      return port(MASK_PORTS.weights, [count, "parts"]);
    case "dense":
      return port(MASK_PORTS.data, [count, cells]);
  }
}

function masked(graph: Graph, masks: string, delta: string, geometry: MaskGeometry): string {
  const mask = graph.op("Reshape", [masks, ints(maskShape(geometry))]);
  const whole = geometry.offset > 0 ? keepExtraTokens(graph, mask, geometry.offset) : mask;
  return graph.op("Mul", [whole, delta]);
}

function summedParts(graph: Graph, weights: string, parts: string, dims: readonly number[]): string {
  const flat = graph.op("Reshape", [parts, ints([0, -1])]);
  return graph.op("Reshape", [graph.op("MatMul", [weights, flat]), ints([-1, ...dims.slice(1)])]);
}

function maskShape({ layout, height, width }: MaskGeometry): number[] {
  if (layout === "tokens") return [-1, height * width, 1];
  return layout === "nchw" ? [-1, 1, height, width] : [-1, height, width, 1];
}

function keepExtraTokens(graph: Graph, mask: string, offset: number): string {
  const one = graph.op("Slice", [mask, ints([0]), ints([1]), ints([1])]);
  const ones = graph.op("Add", [graph.op("Mul", [one, floats(0)]), floats(1)]);
  const extra = graph.op("Expand", [ones, ints([1, offset, 1])]);
  return graph.op("Concat", [extra, mask], { axis: 1 });
}

interface GlobalMean {
  readonly node: NodeProto;
  readonly keepDims: boolean;
}

/** The nodes that read a map, if all of them are means over exactly its rows and columns. */
function globalMeans(graph: Graph, map: string, layout: "nchw" | "nhwc"): GlobalMean[] | undefined {
  const means: GlobalMean[] = [];
  for (const node of graph.consumers(map)) {
    if (node.opType === "GlobalAveragePool" && layout === "nchw") means.push({ node, keepDims: true });
    else if (node.opType === "ReduceMean") {
      const attributes = graph.attributes(node);
      const given = node.input[1] ? graph.constant(node.input[1])?.data : attributes.ints("axes");
      const axes = [...(given ?? [])].map((axis) => (Number(axis) + 4) % 4).sort();
      if (axes.join() !== (layout === "nchw" ? "2,3" : "1,2")) return undefined;
      means.push({ node, keepDims: attributes.int("keepdims", 1) === 1 });
    } else return undefined;
  }
  return means.length > 0 && !graph.outputs.some(({ name }) => name === map) ? means : undefined;
}

interface Perturbed {
  readonly masks: string;
  readonly delta: string;
  readonly start: string | undefined;
}

/** Means over the cells of base + mask · delta, [count, channels]. */
function maskedMeans(graph: Graph, { masks, delta, start }: Perturbed, cells: number, channelsFirst: boolean): string {
  const perCell = (name: string) => {
    const flat = graph.op("Reshape", [name, ints(channelsFirst ? [-1, cells] : [cells, -1])]);
    return channelsFirst ? graph.op("Transpose", [flat], { perm: [1, 0] }) : flat;
  };
  const rows = graph.op("MatMul", [graph.op("Mul", [masks, floats(1 / cells)]), perCell(delta)]);
  if (start === undefined) return rows;
  const even = floats(new Float32Array(cells).fill(1 / cells), [1, cells]);
  return graph.op("Add", [rows, graph.op("MatMul", [even, perCell(start)])]);
}

/** Means over the cells of base + the weighted sum of parts, [count, channels]. */
function partMeans(graph: Graph, { masks, delta, start }: Perturbed, cells: number, channelsFirst: boolean): string {
  const even = floats(new Float32Array(cells).fill(1 / cells), channelsFirst ? [cells, 1] : [1, cells]);
  const meanOf = (name: string) => {
    const flat = graph.op("Reshape", [name, ints(channelsFirst ? [0, -1, cells] : [0, cells, -1])]);
    const means = graph.op("MatMul", channelsFirst ? [flat, even] : [even, flat]);
    return graph.op("Reshape", [means, ints([0, -1])]);
  };
  const rows = graph.op("MatMul", [masks, meanOf(delta)]);
  return start === undefined ? rows : graph.op("Add", [rows, meanOf(start)]);
}

/** Puts means that were made otherwise in the place of the nodes that make them. */
function replaceMeans(
  graph: Graph,
  means: readonly GlobalMean[],
  type: DataType,
  channelsFirst: boolean,
  floatRows: string,
): void {
  const rows = type === DataType.FLOAT ? floatRows : graph.op("Cast", [floatRows], { to: type });
  for (const { node, keepDims } of means) {
    graph.proto.node = graph.nodes.filter((other) => other !== node);
    graph.touch();
    const target = channelsFirst ? ints([0, -1, 1, 1]) : ints([0, 1, 1, -1]);
    if (keepDims) graph.addNode("Reshape", [rows, target], {}, { outputs: node.output });
    else graph.addNode("Identity", [rows], {}, { outputs: node.output });
  }
}
