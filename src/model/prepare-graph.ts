import { SightlineError } from "../core/errors.js";
import { sizeOf, type Tensor } from "../core/tensor.js";
import { type Constant, DataType } from "../onnx/constant.js";
import type { Dim, Graph } from "../onnx/graph.js";
import { type OpenGraph, probeShapes, type TensorShape } from "../onnx/shapes.js";
import { anchorShapes, BATCH, flattenScores, freeBatch, imageInput, layoutOf, normalise } from "../onnx/surface.js";
import { chooseOutput, type OutputWish } from "./choose-output.js";
import { type GeometryWish, inputDims, inputGeometry } from "./input-geometry.js";
import { precisionNotes } from "./precision-notes.js";
import { randomNotes } from "./random-notes.js";
import type { RememberedGraph, RememberingRunner } from "./run-memory.js";
import type { Session } from "./session.js";
import { TrialInput } from "./trial-input.js";
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

/**
 * Finds a graph's image input and scores, learns all shapes by running it, and makes it take batches.
 * @throws SightlineError `not-a-classifier`, `not-supported`, `unsupported-operator`, `bad-model`, `run-failed`
 */
export async function prepareGraph(
  runner: RememberingRunner,
  file: Graph,
  options: PrepareOptions,
): Promise<PreparedGraph> {
  try {
    return await prepareAs(runner, file, options);
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

async function prepareAs(runner: RememberingRunner, file: Graph, options: PrepareOptions): Promise<PreparedGraph> {
  const port = imageInput(file);
  const { geometry: input, notes } = inputGeometry(port, {
    ...options,
    layout: options.layout ?? layoutOf(file, port),
  });
  checkInputSize(input, options.memoryLimit);
  const [firstDim] = port.dims ?? [];
  const fixedBatch = typeof firstDim === "number" && firstDim > 0 ? firstDim : undefined;
  const trial = new BatchTrial(runner, input, fixedBatch ?? 1);
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
  notes.push(...randomNotes(graph), ...precisionNotes(graph));
  shapes = withNewShapes(shapes, graph, trial.batch, batched);

  const type = options.inputType ?? port.type;
  const examples = [TrialInput.uniform(input, type, 0), TrialInput.uniform(input, type, 1)] as const;
  const free = await trial.free({ graph, shapes, batched, examples, outputs });
  if (free) {
    const { opened, ...rest } = free;
    const answers = await observe(opened, input.name, examples, 1, outputs);
    return { ...rest, forward: await opened.session(), input, outputs, labels, batch: undefined, ...answers, notes };
  }
  const batch = trial.batch;
  notes.push(
    batch > 1
      ? `the graph takes ${batch} images at a time only; smaller batches are padded`
      : "the graph takes one image at a time; perturbed copies are run one by one",
  );
  const single = batched ? normalise(graph, { ...port, type: DataType.FLOAT }, dimsAt(1)) : graph;
  const anchored = anchorShapes(single, input.name, shapes);
  const opened = await runner.open(anchored);
  const answers = await observe(opened, input.name, examples, batch, outputs);
  const forward = await opened.session();
  return { graph: anchored, input, shapes, outputs, labels, forward, batch, ...answers, notes };
}

/** Answers to random images, also with more contrast. */
async function observe(
  session: OpenGraph,
  name: string,
  [first, second]: readonly [TrialInput, TrialInput],
  batch: number,
  outputs: readonly string[],
): Promise<Pick<PreparedGraph, "sample" | "observed">> {
  const sample = await firstRows(session, name, first, batch, outputs);
  const observed = [sample[outputs[0]].data];
  for (const example of [second, second.times(4)])
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
  readonly examples: readonly [TrialInput, TrialInput];
  readonly outputs: readonly string[];
}

/** A graph that takes any number of images. */
interface FreeGraph {
  readonly graph: Graph;
  readonly opened: RememberedGraph;
  readonly shapes: Shapes;
}

/** Finds out by running a graph whether it takes any number of images. */
class BatchTrial {
  readonly #runner: RememberingRunner;
  readonly #input: InputGeometry;
  /** The batch size that the file was written for. */
  readonly batch: number;

  constructor(runner: RememberingRunner, input: InputGeometry, batch: number) {
    this.#runner = runner;
    this.#input = input;
    this.batch = batch;
  }

  /** Shapes of all tensors. @param batched whether the graph takes any batch @param known shapes that need no run */
  probe(graph: Graph, batched: boolean, known?: Shapes): Promise<Shapes> {
    const { name } = this.#input;
    const dims = inputDims(this.#input, batched ? 1 : this.batch);
    return probeShapes(graph, { name, dims }, this.#runner, { batched, known });
  }

  /** The graph in a form that takes any number of images; undefined where it gives other answers then. */
  async free(trial: Trial): Promise<FreeGraph | undefined> {
    try {
      return await this.#free(trial);
    } catch (error) {
      const refused = error instanceof SightlineError && REFUSALS.includes(error.code);
      if (refused) return undefined;
      throw error;
    }
  }

  async #free({ graph, shapes, batched, examples, outputs }: Trial): Promise<FreeGraph | undefined> {
    const { name } = this.#input;
    const free = batched ? graph : freeBatch(graph, name, shapes);
    const known = batched ? shapes : await this.probe(free, true);
    const anchored = anchorShapes(free, name, known);
    const opened = await this.#runner.open(anchored);
    const sound =
      (await takesBatches(opened, name, examples, outputs)) &&
      (batched || (await this.#agrees(graph, opened, examples[0], outputs)));
    if (sound) return { graph: anchored, opened, shapes: await this.probe(anchored, true, known) };
    await opened.close();
    return undefined;
  }

  /** Whether a freed graph answers as the original does. */
  async #agrees(original: Graph, freed: OpenGraph, example: TrialInput, outputs: readonly string[]): Promise<boolean> {
    const { name } = this.#input;
    const session = await this.#runner.open(original);
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

async function takesBatches(
  session: OpenGraph,
  name: string,
  examples: readonly [TrialInput, TrialInput],
  outputs: readonly string[],
) {
  const first = await session.run({ [name]: examples[0] }, outputs);
  const second = await session.run({ [name]: examples[1] }, outputs);
  const together = await session.run({ [name]: TrialInput.stack(examples) }, outputs);
  return outputs.every((output) => {
    const whole = valuesOf(together, output);
    const parts = [valuesOf(first, output), valuesOf(second, output)];
    const half = parts[0].length;
    return whole.length === 2 * half && parts.every((part, i) => agree(whole.subarray(i * half, (i + 1) * half), part));
  });
}

/** Outputs for the first of a batch of equal images. */
async function firstRows(
  session: OpenGraph,
  name: string,
  example: TrialInput,
  batch: number,
  outputs: readonly string[],
) {
  const feed = TrialInput.stack(Array.from({ length: batch }, () => example));
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
