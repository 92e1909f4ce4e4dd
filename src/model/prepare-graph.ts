import { availableCores } from "#platform/threads";
import { SightlineError } from "../core/errors.js";
import { random } from "../core/random.js";
import { sizeOf, type Tensor } from "../core/tensor.js";
import { type Constant, DataType } from "../onnx/constant.js";
import type { Dim, Graph } from "../onnx/graph.js";
import { probeShapes, type TensorShape } from "../onnx/shapes.js";
import { anchorShapes, BATCH, flattenScores, freeBatch, imageInput, layoutOf, normalise } from "../onnx/surface.js";
import { chooseOutput, type OutputWish } from "./choose-output.js";
import { type GeometryWish, inputDims, inputGeometry } from "./input-geometry.js";
import { integerInput } from "./integer-input.js";
import { randomNotes } from "./random-notes.js";
import type { Session, SessionHost } from "./session.js";
import type { InputGeometry } from "./types.js";

/** A graph that is loaded and known. */
export interface PreparedGraph {
  readonly graph: Graph;
  readonly input: InputGeometry;
  readonly shapes: Shapes;
  /** The scores, or all float outputs where a postprocess function reads them. */
  readonly outputs: readonly string[];
  /** Names of the classes, where the graph itself holds them. */
  readonly labels?: readonly string[];
  readonly forward: Session;
  /** The one batch size it takes; undefined where it takes any. */
  readonly batch: number | undefined;
  /** Its outputs for one random image. */
  readonly sample: Readonly<Record<string, Tensor>>;
  /** Its first output for several random images. */
  readonly observed: readonly Float32Array[];
  readonly notes: readonly string[];
}

export interface PrepareOptions extends GeometryWish, OutputWish {
  /** All outputs are wanted, not one of scores. */
  readonly allOutputs?: boolean;
  /** Bytes that an input may take. */
  readonly memoryLimit?: number;
  /** Of the input as the file has it, where the graph takes another. */
  readonly inputType?: DataType;
}

type Shapes = ReadonlyMap<string, TensorShape>;

const MOST_THREADS = 8;

/**
 * Finds a graph's image input and scores, learns all shapes by running it, and makes it take batches.
 * @throws SightlineError `not-a-classifier`, `not-supported`, `unsupported-operator`, `bad-model`, `run-failed`
 */
export async function prepareGraph(host: SessionHost, file: Graph, options: PrepareOptions): Promise<PreparedGraph> {
  try {
    return await prepareAs(host, file, options);
  } catch (error) {
    const wrong = error instanceof SightlineError && REFUSALS.includes(error.code);
    throw wrong ? (assumptionFailed(file, options, error) ?? error) : error;
  }
}

/** An error that names what was assumed of the input; undefined where the file or the caller said it all. */
function assumptionFailed(file: Graph, options: PrepareOptions, cause: SightlineError): SightlineError | undefined {
  const port = imageInput(file);
  const { layout = layoutOf(file, port), size } = options;
  const free = port.dims?.slice(1).some((dim) => typeof dim !== "number") ?? true;
  if (!free || (layout && size)) return undefined;
  const { geometry } = inputGeometry(port, { ...options, layout });
  const assumed = `[batch, ${inputDims(geometry).slice(1).join(", ")}] (${geometry.layout})`;
  return new SightlineError("shape-mismatch", `the model does not take ${assumed}, which was assumed`, {
    received: assumed,
    expected: "the size and layout that the model was trained with, as the file leaves them open",
    next: "give them: preprocess: { size: 64 } or { layout: 'nhwc' }",
    cause,
  });
}

async function prepareAs(host: SessionHost, file: Graph, options: PrepareOptions): Promise<PreparedGraph> {
  const port = imageInput(file);
  const { geometry: input, notes } = inputGeometry(port, {
    ...options,
    layout: options.layout ?? layoutOf(file, port),
  });
  checkInputSize(input, options.memoryLimit);
  const [firstDim] = port.dims ?? [];
  const fixedBatch = typeof firstDim === "number" && firstDim > 0 ? firstDim : undefined;
  const trial = new BatchTrial(host, input, fixedBatch ?? 1);
  const dimsAt = (batch: Dim): Dim[] => [batch, ...inputDims(input).slice(1)];

  let graph = normalise(file, port, dimsAt(fixedBatch ?? BATCH));
  let batched = fixedBatch === undefined;
  let shapes = await trial.probe(graph, batched).catch((error: unknown) => {
    if (!batched || !(error instanceof SightlineError) || error.code !== "run-failed") throw error;
    batched = false;
    graph = normalise(file, port, dimsAt(1));
    return trial.probe(graph, false);
  });
  let outputs = file.outputs.map(({ name }) => name);
  let labels: readonly string[] | undefined;
  if (!options.allOutputs) {
    const choice = chooseOutput(graph, shapes, trial.batch, options);
    const flat = flattenScores(graph, choice.scores, shapes.get(choice.scores) as TensorShape);
    graph = flat.graph;
    outputs = [flat.scores];
    labels = choice.labels;
    notes.push(...choice.notes);
  }
  notes.push(...randomNotes(graph));
  shapes = withNewShapes(shapes, graph, trial.batch, batched);

  const type = options.inputType ?? port.type;
  const examples = [exampleInput(input, type, 0), exampleInput(input, type, 1)] as const;
  const free = await trial.free({ graph, shapes, batched, examples, outputs });
  if (free) {
    const answers = await observe(free.forward, input.name, examples, 1, outputs);
    return { ...free, input, outputs, labels, batch: undefined, ...answers, notes };
  }
  const batch = trial.batch;
  notes.push(
    batch > 1
      ? `the graph takes ${batch} images at a time only; smaller batches are padded`
      : "the graph takes one image at a time; perturbed copies are run one by one",
  );
  const single = batched ? normalise(graph, { ...port, type: DataType.FLOAT }, dimsAt(1)) : graph;
  const anchored = anchorShapes(single, input.name, shapes);
  const forward = await host.open(anchored);
  const answers = await observe(forward, input.name, examples, batch, outputs);
  return { graph: anchored, input, shapes, outputs, labels, forward, batch, ...answers, notes };
}

/** Answers to random images, also with more contrast. */
async function observe(
  session: Session,
  name: string,
  [first, second]: readonly [Tensor, Tensor],
  batch: number,
  outputs: readonly string[],
): Promise<Pick<PreparedGraph, "sample" | "observed">> {
  const sample = await firstRows(session, name, first, batch, outputs);
  const loud = { ...second, data: second.data.map((value) => 4 * value) };
  const observed = [sample[outputs[0]].data];
  for (const example of [second, loud])
    observed.push((await firstRows(session, name, example, batch, outputs))[outputs[0]].data);
  return { sample, observed };
}

function checkInputSize(input: InputGeometry, limit = Number.POSITIVE_INFINITY): void {
  const dims = inputDims(input);
  const bytes = Float32Array.BYTES_PER_ELEMENT * sizeOf(dims);
  if (bytes <= limit) return;
  const gibibytes = (count: number) => `${(count / 2 ** 30).toFixed(1)} GiB`;
  throw new SightlineError("bad-model", `one input of the model, [${dims.join(", ")}], takes ${gibibytes(bytes)}`, {
    expected: `at most ${gibibytes(limit)}`,
    next: "raise memoryLimit if the model is meant to be that large",
  });
}

interface Trial {
  readonly graph: Graph;
  readonly shapes: Shapes;
  /** Whether the graph takes any batch as it is. */
  readonly batched: boolean;
  readonly examples: readonly [Tensor, Tensor];
  readonly outputs: readonly string[];
}

/** Finds out by running a graph whether it takes any number of images. */
class BatchTrial {
  readonly #host: SessionHost;
  readonly #input: InputGeometry;
  /** The batch size that the file was written for. */
  readonly batch: number;

  constructor(host: SessionHost, input: InputGeometry, batch: number) {
    this.#host = host;
    this.#input = input;
    this.batch = batch;
  }

  /** Shapes of all tensors. @param batched whether the graph takes any batch */
  probe(graph: Graph, batched: boolean): Promise<Shapes> {
    const { name } = this.#input;
    return probeShapes(graph, { name, dims: inputDims(this.#input, batched ? 1 : this.batch) }, this.#host, {
      batched,
    });
  }

  /** The graph in a form that takes any number of images; undefined where it gives other answers then. */
  async free(trial: Trial): Promise<Pick<PreparedGraph, "graph" | "forward" | "shapes"> | undefined> {
    try {
      return await this.#free(trial);
    } catch (error) {
      const refused = error instanceof SightlineError && REFUSALS.includes(error.code);
      if (refused) return undefined;
      throw error;
    }
  }

  async #free({ graph, shapes, batched, examples, outputs }: Trial) {
    const { name } = this.#input;
    const free = batched ? graph : freeBatch(graph, name, shapes);
    const anchored = anchorShapes(free, name, batched ? shapes : await this.probe(free, true));
    const forward = await this.#host.open(anchored);
    const sound =
      (await takesBatches(forward, name, examples, outputs)) &&
      (batched || (await this.#agrees(graph, forward, examples[0], outputs)));
    if (sound) return { graph: anchored, forward, shapes: await this.probe(anchored, true) };
    await forward.close();
    return undefined;
  }

  /** Whether a freed graph answers as the original does. */
  async #agrees(original: Graph, freed: Session, example: Tensor, outputs: readonly string[]): Promise<boolean> {
    const { name } = this.#input;
    const session = await this.#host.open(original);
    try {
      const expected = await firstRows(session, name, example, this.batch, outputs);
      const rows = await firstRows(freed, name, example, 1, outputs);
      return outputs.every((output) => agree(rows[output].data, expected[output].data));
    } finally {
      await session.close();
    }
  }
}

/** What the runtime says of a graph that does not take the batch it is given. */
const REFUSALS = ["run-failed", "bad-model", "shape-mismatch"];

/** The faster of one thread and all of them, by running one image; the session that won. */
export async function chooseThreads(
  host: SessionHost,
  { graph, forward, input, batch, outputs }: PreparedGraph,
): Promise<Session> {
  const most = Math.min(MOST_THREADS, availableCores());
  if (most === 1) return forward;
  const single = host.threads;
  host.threads = most;
  const wide = await host.open(graph);
  const dims = inputDims(input, batch);
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

/** Shapes with those of tensors that were added behind the known ones. */
function withNewShapes(shapes: Shapes, graph: Graph, batch: number, batched: boolean): Shapes {
  const all = new Map(shapes);
  for (const node of graph.nodes) {
    for (const output of node.output) {
      if (all.has(output)) continue;
      const from = all.get(node.input[0]);
      if (!from) continue;
      const dims = node.opType === "Cast" ? from.dims : [batch, sizeOf(from.dims) / batch];
      all.set(output, { type: DataType.FLOAT, dims, batchAxis: batched ? 0 : undefined });
    }
  }
  return all;
}

function exampleInput(input: InputGeometry, type: DataType, seed: number): Tensor {
  const { uniform } = random(seed);
  const integer = integerInput(type);
  const dims = inputDims(input);
  const least = integer && integer.largest < 255 ? integer.least : 0;
  const data = Float32Array.from({ length: sizeOf(dims) }, () =>
    integer ? Math.floor(uniform() * 256) + least : 2 * uniform() - 1,
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
  const results = await session.run({ [name]: feed }, outputs);
  const rows: Record<string, Tensor> = {};
  for (const output of outputs) {
    const values = valuesOf(results, output);
    rows[output] = {
      data: values.slice(0, values.length / batch),
      dims: [1, ...(results.get(output) as Constant).dims.slice(1)],
    };
  }
  return rows;
}

function valuesOf(results: ReadonlyMap<string, Constant>, name: string): Float32Array {
  return results.get(name)?.data as Float32Array;
}

function agree(values: Float32Array, expected: Float32Array): boolean {
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return (
    values.length === expected.length &&
    values.every((value, i) => Object.is(value, expected[i]) || Math.abs(value - expected[i]) <= 1e-3 * largest + 1e-6)
  );
}
