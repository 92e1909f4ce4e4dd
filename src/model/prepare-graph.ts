import { availableCores } from "#platform/threads";
import { SightlineError } from "../core/errors.js";
import { random } from "../core/random.js";
import { sizeOf, type Tensor } from "../core/tensor.js";
import { type Constant, DataType } from "../onnx/constant.js";
import type { Dim, Graph, Port } from "../onnx/graph.js";
import { probeShapes, type TensorShape } from "../onnx/shapes.js";
import { anchorShapes, BATCH, flattenScores, freeBatch, imageInput, normalise } from "../onnx/surface.js";
import type { Session, SessionHost } from "./session.js";
import type { InputGeometry, Layout } from "./types.js";

/** A graph that is loaded and known. */
export interface ReadyGraph {
  readonly graph: Graph;
  readonly input: InputGeometry;
  readonly shapes: ReadonlyMap<string, TensorShape>;
  /** The scores, or all float outputs where a postprocess function reads them. */
  readonly outputs: readonly string[];
  readonly forward: Session;
  /** The one batch size it takes; undefined where it takes any. */
  readonly batch: number | undefined;
  /** Its outputs for one random image. */
  readonly sample: Readonly<Record<string, Tensor>>;
  readonly notes: readonly string[];
}

export interface ReadyOptions {
  readonly layout?: Layout;
  /** Height and width, for graphs that leave them open. */
  readonly size?: readonly [number, number];
  /** All outputs are wanted, not one of scores. */
  readonly allOutputs?: boolean;
}

const DEFAULT_SIZE = 224;
const MOST_THREADS = 8;

/**
 * Makes a graph ready: finds its image input and scores, learns all shapes by running it, and makes it take batches.
 * @throws SightlineError `not-a-classifier`, `not-supported`, `unsupported-operator`, `bad-model`, `run-failed`
 */
export async function readyGraph(host: SessionHost, raw: Graph, options: ReadyOptions): Promise<ReadyGraph> {
  const notes: string[] = [];
  const port = imageInput(raw);
  const input = geometryOf(port, options, notes);
  const one = dimsOf(input);
  const fixed = typeof port.dims?.[0] === "number" && port.dims[0] > 0 ? port.dims[0] : undefined;
  const dims = (batch: Dim) => [batch, ...one.slice(1)];

  let normal = normalise(raw, port, dims(fixed ?? BATCH));
  let batched = fixed === undefined;
  const probe = (graph: Graph, batch: number, free: boolean) =>
    probeShapes(graph, { name: port.name, dims: [batch, ...one.slice(1)] }, host, { batched: free });
  let shapes = await probe(normal, fixed ?? 1, batched).catch((error: unknown) => {
    if (!batched || !(error instanceof SightlineError) || error.code !== "run-failed") throw error;
    batched = false;
    normal = normalise(raw, port, dims(1));
    return probe(normal, 1, false);
  });

  const own = fixed ?? 1;
  let outputs = raw.outputs.map(({ name }) => name);
  if (!options.allOutputs) {
    const scores = scoresAmong(outputs, shapes, own);
    const flat = flattenScores(normal, scores, shapes.get(scores) as TensorShape);
    normal = flat.graph;
    outputs = [flat.scores];
  }
  shapes = await withNewShapes(shapes, normal, own, batched);

  const examples = [exampleInput(input, port.type, 0), exampleInput(input, port.type, 1)];
  const attempt = async (): Promise<{ graph: Graph; forward: Session; shapes: typeof shapes } | undefined> => {
    const free = batched ? normal : freeBatch(normal, port.name, shapes);
    const known = batched ? shapes : await probe(free, 1, true);
    const graph = anchorShapes(free, port.name, known);
    const forward = await host.open(graph);
    const sound = await takesBatches(forward, port.name, examples, outputs);
    if (sound && (batched || (await sameAs(host, normal, own, forward, port.name, examples[0], outputs)))) {
      return { graph, forward, shapes: await probe(graph, 1, true) };
    }
    await forward.close();
    return undefined;
  };
  const freed = await attempt().catch((error: unknown) => {
    if (error instanceof SightlineError && ["run-failed", "bad-model", "shape-mismatch"].includes(error.code))
      return undefined;
    throw error;
  });
  if (!freed && own > 1) notes.push(`the graph takes ${own} images at a time only; smaller batches are padded`);
  else if (!freed) notes.push("the graph takes one image at a time; perturbed copies are run one by one");
  const single = batched ? normalise(normal, { ...port, type: DataType.FLOAT }, dims(1)) : normal;
  const graph = freed?.graph ?? anchorShapes(single, port.name, shapes);
  const forward = freed?.forward ?? (await host.open(graph));
  const batch = freed ? undefined : own;
  const sample = await firstRows(forward, port.name, examples[0], batch ?? 1, outputs);
  return { graph, input, shapes: freed?.shapes ?? shapes, outputs, forward, batch, sample, notes };
}

/** The faster of one thread and all of them, by running one image; the session that won. */
export async function chooseThreads(
  host: SessionHost,
  { graph, forward, input, batch, outputs }: ReadyGraph,
): Promise<Session> {
  const most = Math.min(MOST_THREADS, availableCores());
  if (most === 1) return forward;
  const single = host.threads;
  host.threads = most;
  const wide = await host.open(graph);
  const dims = [batch ?? 1, ...dimsOf(input).slice(1)];
  const feed = { [input.name]: { type: DataType.FLOAT, dims, data: new Float32Array(sizeOf(dims)) } };
  const fastest = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let round = 0; round < 3; round++) {
    for (const [i, session] of [forward, wide].entries()) {
      fastest[i] = Math.min(fastest[i], (await session.pass(feed, outputs)).milliseconds);
    }
  }
  const [chosen, other] = fastest[1] < fastest[0] ? [wide, forward] : [forward, wide];
  if (chosen === forward) host.threads = single;
  await other.close();
  return chosen;
}

function dimsOf({ layout, channels, height, width }: InputGeometry): number[] {
  return layout === "nchw" ? [1, channels, height, width] : [1, height, width, channels];
}

function geometryOf({ name, dims = [] }: Port, { layout: wanted, size }: ReadyOptions, notes: string[]): InputGeometry {
  const isColour = (dim: Dim) => dim === 3 || dim === 1;
  const layout = wanted ?? (!isColour(dims[1]) && isColour(dims[3]) ? "nhwc" : "nchw");
  const [channels, height, width] = layout === "nchw" ? [dims[1], dims[2], dims[3]] : [dims[3], dims[1], dims[2]];
  const known = (dim: Dim, given: number | undefined) =>
    typeof dim === "number" && dim > 0 ? dim : (given ?? DEFAULT_SIZE);
  if (typeof channels === "number" && !isColour(channels)) {
    throw new SightlineError("not-a-classifier", `the input '${name}' is [${dims.join(", ")}]`, {
      received: `[${dims.join(", ")}]`,
      expected: "an image with 3 channels, or 1",
      next: "say preprocess: { layout } if rows, columns and channels lie in another order",
    });
  }
  const geometry = {
    name,
    layout,
    channels: typeof channels === "number" ? channels : 3,
    height: known(height, size?.[0]),
    width: known(width, size?.[1]),
  };
  if (!size && (typeof height !== "number" || typeof width !== "number")) {
    notes.push(
      `the graph leaves the picture's size open; ${geometry.height} × ${geometry.width} is assumed (preprocess.size changes it)`,
    );
  }
  return geometry;
}

/** The one output that holds a score per class. */
function scoresAmong(outputs: readonly string[], shapes: ReadonlyMap<string, TensorShape>, batch: number): string {
  const isScores = (name: string) => {
    const shape = shapes.get(name);
    if (!shape || ![DataType.FLOAT, DataType.FLOAT16, DataType.DOUBLE].includes(shape.type)) return false;
    const { dims } = shape;
    if (dims.length === 1) return batch === 1;
    return dims[0] === batch && dims.length >= 2 && dims.slice(2).every((dim) => dim === 1);
  };
  const found = outputs.filter(isScores);
  if (found.length > 0) return found[0];
  const shown = outputs.map((name) => `${name} [${shapes.get(name)?.dims.join(", ") ?? "?"}]`).join(", ");
  throw new SightlineError("not-a-classifier", `no output of the model holds one score per class: ${shown}`, {
    received: shown,
    expected: "an output of [batch, classes]",
    next: "give a postprocess function that makes one score per class of the outputs",
  });
}

async function withNewShapes(
  shapes: ReadonlyMap<string, TensorShape>,
  graph: Graph,
  batch: number,
  batched: boolean,
): Promise<ReadonlyMap<string, TensorShape>> {
  const all = new Map(shapes);
  for (const node of graph.nodes) {
    for (const output of node.output) {
      if (all.has(output)) continue;
      const from = all.get(node.input[0]);
      if (!from) continue;
      const size = sizeOf(from.dims);
      const dims = node.opType === "Cast" ? from.dims : [batch, size / batch];
      all.set(output, { type: DataType.FLOAT, dims, batchAxis: batched ? 0 : undefined });
    }
  }
  return all;
}

function exampleInput(input: InputGeometry, type: DataType, seed: number): Tensor {
  const { uniform } = random(seed);
  const bytes = type !== DataType.FLOAT && type !== DataType.FLOAT16 && type !== DataType.DOUBLE;
  const dims = dimsOf(input);
  const data = Float32Array.from({ length: sizeOf(dims) }, () =>
    bytes ? Math.floor(uniform() * 256) : 2 * uniform() - 1,
  );
  return { data, dims };
}

async function takesBatches(session: Session, name: string, examples: readonly Tensor[], outputs: readonly string[]) {
  const [{ data: a, dims }, { data: b }] = examples;
  const both = new Float32Array(2 * a.length);
  both.set(a);
  both.set(b, a.length);
  const feed = (data: Float32Array, batch: number) => ({
    [name]: { type: DataType.FLOAT, dims: [batch, ...dims.slice(1)], data },
  });
  const first = await session.run(feed(a, 1), outputs);
  const second = await session.run(feed(b, 1), outputs);
  const together = await session.run(feed(both, 2), outputs);
  return outputs.every((output) => {
    const whole = valuesOf(together, output);
    const parts = [valuesOf(first, output), valuesOf(second, output)];
    const half = parts[0].length;
    return whole.length === 2 * half && parts.every((part, i) => agree(whole.subarray(i * half, (i + 1) * half), part));
  });
}

async function sameAs(
  host: SessionHost,
  original: Graph,
  batch: number,
  freed: Session,
  name: string,
  example: Tensor,
  outputs: readonly string[],
): Promise<boolean> {
  const session = await host.open(original);
  try {
    const expected = await firstRows(session, name, example, batch, outputs);
    const found = await firstRows(freed, name, example, 1, outputs);
    return outputs.every((output) => agree(found[output].data, expected[output].data));
  } finally {
    await session.close();
  }
}

/** Outputs for the first of a batch of equal images. */
async function firstRows(
  session: Session,
  name: string,
  { data, dims }: Tensor,
  batch: number,
  outputs: readonly string[],
) {
  const all = new Float32Array(batch * data.length);
  for (let i = 0; i < batch; i++) all.set(data, i * data.length);
  const feed = { type: DataType.FLOAT, dims: [batch, ...dims.slice(1)], data: all };
  const found = await session.run({ [name]: feed }, outputs);
  const rows: Record<string, Tensor> = {};
  for (const output of outputs) {
    const values = valuesOf(found, output);
    rows[output] = {
      data: values.slice(0, values.length / batch),
      dims: [1, ...(found.get(output) as Constant).dims.slice(1)],
    };
  }
  return rows;
}

function valuesOf(found: ReadonlyMap<string, Constant>, name: string): Float32Array {
  return found.get(name)?.data as Float32Array;
}

function agree(found: Float32Array, expected: Float32Array): boolean {
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return (
    found.length === expected.length &&
    found.every((value, i) => Object.is(value, expected[i]) || Math.abs(value - expected[i]) <= 1e-3 * largest + 1e-6)
  );
}
