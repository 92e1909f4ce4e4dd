import { DataType } from "../onnx/constant.js";
import type { Graph, NodeProto } from "../onnx/graph.js";
import type { TensorShape } from "../onnx/shapes.js";
import { dependents, dominates } from "../onnx/surface.js";
import type { LayerGeometry, LayerInfo, Layout } from "./types.js";

/** Class and register tokens before the patches; more than that is taken for something else. */
const MOST_EXTRA_TOKENS = 16;
const SAME_TENSOR = new Set(["Cast", "Dropout", "Identity", "Shape"]);

/** Whether an operator that makes a map of [n, ., ., .] leaves channels first, last, or as they came. */
const MAKES_CHANNELS_FIRST =
  /^(Conv|ConvTranspose|MaxPool|AveragePool|LpPool|BatchNormalization|InstanceNormalization|GroupNormalization|LRN|DepthToSpace|SpaceToDepth)$/;
const MAKES_CHANNELS_LAST = /^(MatMul|LayerNormalization|RMSNormalization)$/;

/**
 * Candidates for a target layer, best first: tensors with rows and columns (or patch tokens) that every path from the
 * input to the scores passes through, the last one first. Tokens that nothing mixes any more (the final norm before a
 * class token is picked) come after those that still can change the scores.
 */
export function findLayers(
  graph: Graph,
  input: string,
  layout: Layout,
  scores: string,
  shapes: ReadonlyMap<string, TensorShape>,
): LayerInfo[] {
  const moving = dependents(graph, input);
  const layouts = new Map<string, Layout>([[input, layout]]);
  const found: LayerInfo[] = [];
  let grid: { height: number; width: number } | undefined;

  for (const node of graph.nodes) {
    const name = node.output[0];
    const shape = name ? shapes.get(name) : undefined;
    if (!shape || !moving.has(name) || shape.type !== DataType.FLOAT) continue;
    const { dims, batchAxis } = shape;
    if (dims.length === 4) layouts.set(name, layoutOf(graph, node, dims, layouts));
    if (SAME_TENSOR.has(node.opType) || dims[0] !== 1 || (batchAxis ?? 0) !== 0) continue;

    const geometry =
      dims.length === 4 ? mapGeometry(dims, layouts.get(name) as Layout) : grid && tokenGeometry(dims, grid);
    if (!geometry) continue;
    if (!dominates(graph, input, scores, name)) continue;
    if (geometry.layout !== "tokens") grid = geometry;
    const kind = geometry.layout === "tokens" ? ("tokens" as const) : ("feature-map" as const);
    found.push({ name, kind, shape: dims, geometry, operator: node.opType });
  }
  found.reverse();
  const reaching = found.filter((layer) => layer.kind !== "tokens" || mixesTokens(graph, layer.name, shapes));
  return [...reaching, ...found.filter((layer) => !reaching.includes(layer))];
}

/** Softmaxed attention between all tokens of a picture, [1, heads, tokens, tokens] at batch 1, in the order of the graph. */
export function findAttentions(
  graph: Graph,
  input: string,
  shapes: ReadonlyMap<string, TensorShape>,
): readonly string[] {
  const moving = dependents(graph, input);
  return graph.nodes.flatMap((node) => {
    const [name] = node.output;
    const shape = node.opType === "Softmax" && moving.has(name) ? shapes.get(name) : undefined;
    if (shape?.type !== DataType.FLOAT || shape.dims.length !== 4 || (shape.batchAxis ?? 0) !== 0) return [];
    const [batch, , rows, columns] = shape.dims;
    return batch === 1 && rows === columns && rows > 1 ? [name] : [];
  });
}

function mapGeometry(dims: readonly number[], layout: Layout): LayerGeometry | undefined {
  const [channels, height, width] = layout === "nchw" ? [dims[1], dims[2], dims[3]] : [dims[3], dims[1], dims[2]];
  return height * width > 1 ? { layout, channels, height, width, offset: 0 } : undefined;
}

function tokenGeometry(
  [, tokens, channels, ...rest]: readonly number[],
  { height, width }: { height: number; width: number },
): LayerGeometry | undefined {
  const offset = tokens - height * width;
  if (rest.length > 0 || channels === undefined || offset < 0 || offset > MOST_EXTRA_TOKENS) return undefined;
  return { layout: "tokens", channels, height, width, offset };
}

function layoutOf(graph: Graph, node: NodeProto, dims: readonly number[], known: ReadonlyMap<string, Layout>): Layout {
  if (MAKES_CHANNELS_FIRST.test(node.opType)) return "nchw";
  if (MAKES_CHANNELS_LAST.test(node.opType)) return "nhwc";
  const before = node.input.map((name) => known.get(name)).find(Boolean);
  if (node.opType === "Transpose") {
    const perm = graph.attributes(node).ints("perm")?.join();
    if (perm === "0,2,3,1") return "nhwc";
    if (perm === "0,3,1,2") return "nchw";
  }
  if (before && node.opType !== "Reshape" && node.opType !== "Transpose") return before;
  return dims[1] === dims[2] && dims[2] !== dims[3] ? "nhwc" : "nchw";
}

/** Whether patch tokens can still reach the scores behind a layer: attention or a mean over the tokens follows. */
function mixesTokens(graph: Graph, layer: string, shapes: ReadonlyMap<string, TensorShape>): boolean {
  const behind = dependents(graph, layer);
  const rankOf = (name: string) => shapes.get(name)?.dims.length ?? 0;
  return graph.nodes.some((node) => {
    if (!node.input.some((name) => behind.has(name))) return false;
    if (/^(Attention|MultiHeadAttention|Einsum|GlobalAveragePool|GlobalMaxPool|Conv)$/.test(node.opType)) return true;
    if (node.opType === "Softmax") return rankOf(node.input[0]) >= 3;
    if (node.opType === "Transpose") return graph.attributes(node).ints("perm")?.join() === "0,2,1";
    if (!/^Reduce(Mean|Sum|Max)$/.test(node.opType) || rankOf(node.input[0]) !== 3) return false;
    const axes = node.input[1] ? graph.constant(node.input[1])?.data : graph.attributes(node).ints("axes");
    return Array.from(axes ?? [], Number).some((axis) => axis === 1 || axis === -2);
  });
}
