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
export type MaskKind = "separable" | "segments" | "dense";

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
 * A copy of a graph that makes its input itself: base + mask · delta, one row of the batch per mask. Base and delta have
 * batch 1. Where nothing but means over all cells read the input, the masks are applied to the mean instead:
 * mean(base + m·δ) = mean(base) + Σ_p m_p·δ_p / cells, which no longer makes a copy of the tensor per mask.
 */
export function withMasks(graph: Graph, { kind, geometry, dims, base, batch }: MaskOptions): Graph {
  const copy = graph.clone();
  const [{ name: input, type }] = copy.inputs;
  const count = batch ?? BATCH;
  copy.setInputs([]);
  const port = (name: string, shape: readonly Dim[], type = DataType.FLOAT) => {
    copy.addInput(name, shape, type);
    return name;
  };
  const { height, width } = geometry;
  const cells = height * width;
  const delta = port(MASK_PORTS.delta, dims);
  const start = base ? port(MASK_PORTS.base, dims) : undefined;

  let masks: string;
  if (kind === "separable") {
    const left = port(MASK_PORTS.left, [count, height, "rank"]);
    masks = copy.op("MatMul", [left, port(MASK_PORTS.right, [count, "rank", width])]);
  } else if (kind === "segments") {
    const weights = port(MASK_PORTS.weights, [count, "segments"]);
    masks = copy.op("Gather", [weights, port(MASK_PORTS.labels, [cells], DataType.INT32)], { axis: 1 });
  } else {
    masks = port(MASK_PORTS.data, [count, cells]);
  }

  const means = geometry.layout === "tokens" ? undefined : globalMeans(copy, input, geometry.layout);
  if (means) {
    const rows = kind === "separable" ? copy.op("Reshape", [masks, ints([-1, cells])]) : masks;
    maskMeans(copy, means, type, geometry.layout === "nchw", cells, rows, delta, start);
  } else {
    const mask = copy.op("Reshape", [masks, ints(maskShape(geometry))]);
    const whole = geometry.offset > 0 ? keepExtraTokens(copy, mask, geometry.offset) : mask;
    const [last, operands] = start ? ["Add", [start, copy.op("Mul", [whole, delta])]] : ["Mul", [whole, delta]];
    if (type === DataType.FLOAT) copy.addNode(last, operands, {}, { outputs: [input] });
    else copy.addNode("Cast", [copy.op(last, operands)], { to: type }, { outputs: [input] });
  }
  copy.touch();
  copy.sort();
  copy.prune();
  return copy;
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

function maskMeans(
  graph: Graph,
  means: readonly GlobalMean[],
  type: DataType,
  channelsFirst: boolean,
  cells: number,
  masks: string,
  delta: string,
  base: string | undefined,
): void {
  const perCell = (name: string) => {
    const flat = graph.op("Reshape", [name, ints(channelsFirst ? [-1, cells] : [cells, -1])]);
    return channelsFirst ? graph.op("Transpose", [flat], { perm: [1, 0] }) : flat;
  };
  let rows = graph.op("MatMul", [graph.op("Mul", [masks, floats(1 / cells)]), perCell(delta)]);
  if (base) {
    const even = floats(new Float32Array(cells).fill(1 / cells), [1, cells]);
    rows = graph.op("Add", [rows, graph.op("MatMul", [even, perCell(base)])]);
  }
  if (type !== DataType.FLOAT) rows = graph.op("Cast", [rows], { to: type });
  for (const { node, keepDims } of means) {
    graph.proto.node = graph.nodes.filter((other) => other !== node);
    graph.touch();
    const target = channelsFirst ? ints([0, -1, 1, 1]) : ints([0, 1, 1, -1]);
    if (keepDims) graph.addNode("Reshape", [rows, target], {}, { outputs: node.output });
    else graph.addNode("Identity", [rows], {}, { outputs: node.output });
  }
}
