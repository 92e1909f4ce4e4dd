import { isFloat } from "../onnx/constant.js";
import type { Graph, NodeProto } from "../onnx/graph.js";
import type { TensorShape } from "../onnx/shapes.js";
import { dependents, dominators } from "../onnx/surface.js";
import type { InputGeometry, LayerGeometry, LayerInfo, Layout } from "./types.js";

/** Class and register tokens before the patches; more than that is taken for something else. */
const MOST_EXTRA_TOKENS = 16;
/** The same where only the number of tokens tells the grid; and the fewest patches believed then. */
const MOST_EXTRA_TOKENS_UNSEEN = 5;
const LEAST_PATCHES_UNSEEN = 16;
const POOLING_STRIDES = [2, 3, 4];
/** What may lay values out anew, so that rows and columns are no longer those of the picture. */
const LAYS_OUT_ANEW =
  /^(Attention|Einsum|Flatten|Gather|Gemm|GRU|LSTM|MatMul|MultiHeadAttention|Reshape|RNN|Squeeze|Unsqueeze)$/;
export const SAME_TENSOR = new Set(["Cast", "Dropout", "Identity", "Shape"]);

/** Whether an operator that makes a map of [n, ., ., .] leaves channels first, last, or as they came. */
const MAKES_CHANNELS_FIRST =
  /^(Conv|ConvTranspose|MaxPool|AveragePool|LpPool|BatchNormalization|InstanceNormalization|GroupNormalization|LRN|DepthToSpace|SpaceToDepth)$/;
const MAKES_CHANNELS_LAST = /^(MatMul|LayerNormalization|RMSNormalization)$/;

/** How much the strides along the two axes may differ in a picture's grid; more, and it is taken for something else. */
const MOST_STRETCH = 2;

/** Rows and columns of patches, and the tokens before them. */
type Grid = Pick<LayerGeometry, "height" | "width" | "offset">;
type Size = Pick<Grid, "height" | "width">;

/**
 * Candidates for a target layer, best first: tensors with rows and columns (or patch tokens) that every path from the
 * input to the scores passes through, the last one first. After those that still can change the scores come tokens that
 * nothing mixes any more (the final norm before a class token is picked), then maps that were laid out anew and are
 * stretched against the picture: rather heads and tokens of an attention than rows and columns. Maps that convolutions
 * and poolings alone have made stay what they are however stretched, as in networks that read lines of text.
 * @param input the image input
 * @param batch the one batch size that the graph takes; 1 where it takes any
 */
export function findLayers(
  graph: Graph,
  { name: input, layout, height, width }: InputGeometry,
  scores: string,
  shapes: ReadonlyMap<string, TensorShape>,
  batch = 1,
): LayerInfo[] {
  const picture = { height, width };
  const moving = dependents(graph, input);
  const through = dominators(graph, input, scores);
  const layouts = new Map<string, Layout>([[input, layout]]);
  const layers: LayerInfo[] = [];
  /** Tensors in whose making nothing was laid out anew. */
  const inPlace = new Set([input]);
  let grid: Grid | undefined;

  for (const node of graph.nodes) {
    const name = node.output[0];
    const shape = name ? shapes.get(name) : undefined;
    if (!shape || !moving.has(name) || !isFloat(shape.type)) continue;
    const { dims, batchAxis } = shape;
    const made = node.input.filter((from) => from === input || moving.has(from));
    if (!LAYS_OUT_ANEW.test(node.opType) && made.every((from) => inPlace.has(from))) inPlace.add(name);
    if (dims.length === 4) layouts.set(name, layoutOf(graph, node, dims, layouts));
    if (SAME_TENSOR.has(node.opType) || dims[0] !== batch || (batchAxis ?? 0) !== 0) continue;

    const geometry =
      dims.length === 4
        ? mapGeometry(dims, layouts.get(name) as Layout)
        : tokenGeometry(dims, (tokens) => tokenGrid(tokens, grid, picture));
    if (!geometry) continue;
    if (!through.has(name)) continue;
    if (stretch(geometry, picture) < MOST_STRETCH) grid = geometry;
    const kind = geometry.layout === "tokens" ? ("tokens" as const) : ("feature-map" as const);
    layers.push({ name, kind, shape: [1, ...dims.slice(1)], geometry, operator: node.opType });
  }
  const mixed = tensorsBeforeMixing(graph, shapes);
  const rank = (layer: LayerInfo): number => {
    if (stretch(layer.geometry, picture) >= MOST_STRETCH && !inPlace.has(layer.name)) return 2;
    return layer.kind === "tokens" && !mixed.has(layer.name) ? 1 : 0;
  };
  const ranks = new Map(layers.map((layer) => [layer, rank(layer)]));
  return layers.reverse().sort((a, b) => Number(ranks.get(a)) - Number(ranks.get(b)));
}

function mapGeometry(dims: readonly number[], layout: Layout): LayerGeometry | undefined {
  const [channels, height, width] = layout === "nchw" ? [dims[1], dims[2], dims[3]] : [dims[3], dims[1], dims[2]];
  return height * width > 1 ? { layout, channels, height, width, offset: 0 } : undefined;
}

function tokenGeometry(
  [, tokens, channels, ...rest]: readonly number[],
  gridOf: (tokens: number) => Grid | undefined,
): LayerGeometry | undefined {
  const grid = rest.length === 0 && channels !== undefined ? gridOf(tokens) : undefined;
  return grid && { layout: "tokens", channels, height: grid.height, width: grid.width, offset: grid.offset };
}

/**
 * The grid of so many tokens: the one before them with class and register tokens added, the one before them pooled, or,
 * where no map came before, square patches of the whole picture.
 */
function tokenGrid(tokens: number, before: Grid | undefined, { height, width }: Size): Grid | undefined {
  if (!before) {
    for (let offset = 0; offset <= MOST_EXTRA_TOKENS_UNSEEN; offset++) {
      const patch = Math.sqrt((height * width) / (tokens - offset));
      if (tokens - offset < LEAST_PATCHES_UNSEEN) return undefined;
      if (Number.isInteger(patch) && height % patch === 0 && width % patch === 0)
        return { height: height / patch, width: width / patch, offset };
    }
    return undefined;
  }
  const extra = tokens - before.height * before.width;
  if (extra >= 0) return extra <= MOST_EXTRA_TOKENS ? { ...before, offset: extra } : undefined;
  for (const stride of POOLING_STRIDES) {
    for (const round of [Math.ceil, Math.floor]) {
      const pooled = {
        height: round(before.height / stride),
        width: round(before.width / stride),
        offset: before.offset,
      };
      const cells = pooled.height * pooled.width;
      if (cells > 1 && cells + pooled.offset === tokens) return pooled;
    }
  }
  return undefined;
}

/** How differently the two axes of a grid divide the picture, from 1. */
function stretch(grid: Size, picture: Size): number {
  const ratio = (picture.height * grid.width) / (picture.width * grid.height);
  return Math.max(ratio, 1 / ratio);
}

function layoutOf(
  graph: Graph,
  node: NodeProto,
  dims: readonly number[],
  layouts: ReadonlyMap<string, Layout>,
): Layout {
  if (MAKES_CHANNELS_FIRST.test(node.opType)) return "nchw";
  if (MAKES_CHANNELS_LAST.test(node.opType)) return "nhwc";
  const before = node.input.map((name) => layouts.get(name)).find(Boolean);
  if (node.opType === "Transpose") {
    const perm = graph.attributes(node).ints("perm")?.join();
    if (perm === "0,2,3,1") return "nhwc";
    if (perm === "0,3,1,2") return "nchw";
  }
  if (before && node.opType !== "Reshape" && node.opType !== "Transpose") return before;
  return dims[1] === dims[2] && dims[2] !== dims[3] ? "nhwc" : "nchw";
}

/** Tensors behind which patch tokens can still reach the scores: attention or a mean over the tokens follows. */
function tensorsBeforeMixing(graph: Graph, shapes: ReadonlyMap<string, TensorShape>): ReadonlySet<string> {
  const before = new Set<string>();
  for (const node of [...graph.nodes].reverse()) {
    if (mixesTokens(graph, node, shapes) || node.output.some((name) => before.has(name)))
      for (const name of node.input) before.add(name);
  }
  return before;
}

function mixesTokens(graph: Graph, node: NodeProto, shapes: ReadonlyMap<string, TensorShape>): boolean {
  const rankOf = (name: string) => shapes.get(name)?.dims.length ?? 0;
  if (/^(Attention|MultiHeadAttention|Einsum|GlobalAveragePool|GlobalMaxPool|Conv)$/.test(node.opType)) return true;
  if (node.opType === "Softmax") return rankOf(node.input[0]) >= 3;
  if (node.opType === "Transpose") return graph.attributes(node).ints("perm")?.join() === "0,2,1";
  if (!/^Reduce(Mean|Sum|Max)$/.test(node.opType) || rankOf(node.input[0]) !== 3) return false;
  const axes = node.input[1] ? graph.constant(node.input[1])?.data : graph.attributes(node).ints("axes");
  return Array.from(axes ?? [], Number).some((axis) => axis === 1 || axis === -2);
}
