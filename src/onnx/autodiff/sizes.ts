import { sizeOf } from "../../core/tensor.js";
import { DataType, ints } from "../constant.js";
import type { Graph, NodeProto } from "../graph.js";
import { readsOf } from "../messages.js";
import type { GraphRunner, ProbeInput } from "../shapes.js";

/** Whether a tensor follows from shapes and constants, not from what the picture shows. */
export function followsFromShapes(graph: Graph, name: string): boolean {
  const seen = new Set<string>();
  const stack = [name];
  const inputs = new Set(graph.inputs.map((port) => port.name));
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    if (inputs.has(at)) return false;
    const node = graph.producer(at);
    if (!node || seen.has(at) || node.opType === "Shape" || node.opType === "Size") continue;
    seen.add(at);
    stack.push(...readsOf(node));
  }
  return true;
}

/** Values of integer tensors that follow from shapes. */
export async function evaluateSizes(
  graph: Graph,
  names: readonly string[],
  input: ProbeInput,
  runner: GraphRunner,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const part = graph.clone();
  part.setOutputs(
    names.map((name) => ({
      name: part.op("Cast", [name], { to: DataType.INT64 }),
      type: DataType.INT64,
      dims: undefined,
    })),
  );
  part.prune();
  const open = await runner.open(part);
  try {
    const fed = part.inputs.some(({ name }) => name === input.name);
    const feed = { type: DataType.FLOAT, dims: input.dims, data: new Float32Array(sizeOf(input.dims)) };
    const fetches = part.outputs.map(({ name }) => name);
    const results = await open.run(fed ? { [input.name]: feed } : {}, fetches);
    return new Map(names.map((name, i) => [name, Array.from(results.get(fetches[i])?.data as BigInt64Array, Number)]));
  } finally {
    await open.close();
  }
}

/** Inputs that gradient rules read as numbers. */
function sizeInputs({ opType }: NodeProto): readonly number[] {
  if (/^(Reduce\w+|Squeeze|Unsqueeze)$/.test(opType)) return [1];
  if (opType === "Slice") return [1, 2, 3, 4];
  return opType === "Pad" ? [1, 3] : [];
}

/** Writes axes and bounds that are computed from shapes as constants, where they do not change with the batch. */
export async function foldSizes(
  graph: Graph,
  input: ProbeInput,
  runner: GraphRunner,
  { batched = true }: { batched?: boolean } = {},
): Promise<void> {
  const computed = new Set(
    graph.nodes
      .flatMap((node) => sizeInputs(node).map((i) => node.input[i]))
      .filter((name) => name && !graph.constant(name) && followsFromShapes(graph, name)),
  );
  if (computed.size === 0) return;
  const names = [...computed];
  const at = (batch: number) =>
    evaluateSizes(graph, names, { ...input, dims: [input.dims[0] * batch, ...input.dims.slice(1)] }, runner);
  const one = await at(1);
  const two = batched ? await at(2) : one;
  const folded = new Map<string, string>();
  for (const [name, values] of one) {
    if (values.join() === two.get(name)?.join()) folded.set(name, graph.addConstant(ints(values), "folded"));
  }
  for (const node of graph.nodes) {
    const positions = new Set(sizeInputs(node));
    node.input = node.input.map((name, i) => (positions.has(i) ? (folded.get(name) ?? name) : name));
  }
  graph.touch();
}
