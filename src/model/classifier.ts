import { closest, SightlineError, throwIfAborted } from "../core/errors.js";
import { isTensor, sizeOf, type Tensor } from "../core/tensor.js";
import { decodeImage } from "../image/decode.js";
import { type ImageSource, isPrepared, type PreparedImage, type RawImage } from "../image/types.js";
import { type Constant, DataType } from "../onnx/constant.js";
import type { Differentiable, GradientGraph } from "../onnx/gradient/index.js";
import type { ReluRule } from "../onnx/gradient/relu-rule.js";
import type { Graph } from "../onnx/graph.js";
import { MASK_PORTS, type MaskGeometry, withMasks } from "../onnx/masking.js";
import { SALIENCY_MAP } from "../onnx/saliency-branch.js";
import type { TensorShape } from "../onnx/shapes.js";
import { headOf, imageInput, normalise } from "../onnx/surface.js";
import { checkFinite, checkInput, checkShape, type Preprocessor, paint, unpaint } from "./preprocess.js";
import type { Feed } from "./protocol.js";
import { topPredictions } from "./ranking.js";
import { toLogits, toProbabilities } from "./scores.js";
import { type Held, type Session, SessionHost } from "./session.js";
import type {
  Control,
  GradientRequest,
  Gradients,
  LayerInfo,
  MaskedBatch,
  Model,
  ModelInfo,
  Observation,
  Prediction,
  Target,
} from "./types.js";

/** What a user's own postprocessing gets: every output of the model for one image, by name. */
export type Outputs = Readonly<Record<string, Tensor>>;

/** One score per class of one image's outputs. */
export type PostprocessFunction = (outputs: Outputs) => ArrayLike<number> | Tensor;

/** Everything a classifier is made of. */
export interface ClassifierParts {
  readonly host: SessionHost;
  /** Normalised, float32 in and out, any batch unless `batch` says which. */
  readonly graph: Graph;
  readonly forward: Session;
  readonly shapes: ReadonlyMap<string, TensorShape>;
  /** Names of the outputs to fetch: the scores alone, or all where a postprocess function reads them. */
  readonly outputs: readonly string[];
  readonly postprocess?: PostprocessFunction;
  /** The one batch size that the graph takes; undefined where it takes any. */
  readonly batch?: number;
  readonly layers: readonly LayerInfo[];
  readonly labels: readonly string[];
  readonly info: ModelInfo;
  readonly preprocessor: Preprocessor;
  /** The file's own graph, where it carries saliency maps as an output. */
  readonly embedded?: Graph;
  /** A visualization config that came with the model. */
  readonly viewConfig?: Readonly<Record<string, unknown>>;
}

/** The graph behind a model: normalised, float32 in and out. */
export type Network = Pick<ClassifierParts, "graph" | "shapes" | "outputs" | "batch">;

/** Batch rows of a feed that is cut into passes. */
interface Rows {
  readonly data: Float32Array;
  readonly dims: readonly number[];
}

interface PassOptions extends Control {
  /** The output of raw scores, where it is not the model's own. */
  readonly scores?: string;
  readonly inner: readonly string[];
  readonly size: number;
  /** Memory of fixed feeds that goes over to the worker, for a single pass. */
  readonly give?: readonly ArrayBuffer[];
}

/** A backward graph's names; the graph itself, heavy with turned weights, is kept by its session only. */
type GradientPorts = Omit<GradientGraph, "graph">;

/** The name by which gradients call the model's input. */
const INPUT = "";
/** Maps that the model makes itself, as float32. */
const EMBEDDED = `${SALIENCY_MAP}_float`;
const OUTSTANDING = 2;
/**
 * Pictures in a backward pass. With the number written into the graph the runtime sees that gradients and gates have
 * one shape, and multiplies them in its blocked layout; one is as fast a picture as more are.
 */
const BACKWARD_BATCH = 1;
const MOST_SESSIONS = 16;
const TRIED_BATCHES = [1, 2, 4, 8];
/** Perturbed copies of an inner tensor that are made at a time, in values. */
const HEAD_VALUES = 4_000_000;

/** A model whose sessions live in one worker thread. */
export class Classifier implements Model {
  readonly info: ModelInfo;
  readonly labels: readonly string[];
  readonly viewConfig?: Readonly<Record<string, unknown>>;
  readonly #parts: ClassifierParts;
  readonly #sessions = new Map<string, Promise<Session>>();
  readonly #plans = new Map<string, GradientPorts>();
  #canonical?: Promise<Differentiable>;
  #best?: Promise<number>;

  constructor(parts: ClassifierParts) {
    this.#parts = parts;
    this.info = parts.info;
    this.labels = parts.labels;
    this.viewConfig = parts.viewConfig;
  }

  layers(): readonly LayerInfo[] {
    return this.#parts.layers;
  }

  /** The graph that is run, and what is known of it. */
  get network(): Network {
    const { graph, shapes, outputs, batch } = this.#parts;
    return { graph, shapes, outputs, batch };
  }

  async predict(image: ImageSource, { top = 5, signal }: { top?: number } & Control = {}): Promise<Prediction[]> {
    const { tensor } = await this.prepare(image, { signal });
    const { data } = this.probabilities(await this.run(tensor, { signal }));
    return topPredictions(this.labels, data, top);
  }

  async run(input: Tensor, { signal }: Control = {}): Promise<Tensor> {
    return (await this.observe(input, { layers: [], signal })).scores;
  }

  async observe(input: Tensor, { layers, signal }: { layers: readonly string[] } & Control): Promise<Observation> {
    const count = this.#checkBatch(input, "the input");
    const carried =
      this.#parts.embedded && layers.includes(SALIENCY_MAP) ? await this.#embeddedMaps(input, signal) : undefined;
    const inner = [...new Set(layers)].filter((layer) => !carried || layer !== SALIENCY_MAP);
    for (const layer of inner) this.#checkLayer(layer);
    const session = await this.#session(["observe", ...inner], () => this.#observing(inner));
    const name = this.#parts.graph.inputs[0].name;
    const fetched = await this.#passes(
      session,
      count,
      { [name]: input },
      {},
      { inner, size: await this.#passSize(count), signal },
    );
    const activations = new Map(inner.map((layer) => [layer, fetched.tensors.get(layer) as Tensor]));
    if (carried) activations.set(SALIENCY_MAP, carried);
    return { scores: fetched.scores, activations };
  }

  /** The maps that the file's own graph makes, picture by picture. */
  async #embeddedMaps(input: Tensor, signal?: AbortSignal): Promise<Tensor> {
    const raw = this.#parts.embedded as Graph;
    const port = imageInput(raw);
    const session = await this.#session([SALIENCY_MAP], () => {
      const graph = normalise(raw, port, port.dims ?? input.dims);
      graph.addNode("Cast", [SALIENCY_MAP], { to: DataType.FLOAT }, { outputs: [EMBEDDED] });
      graph.setOutputs([{ name: EMBEDDED, type: DataType.FLOAT, dims: undefined }]);
      graph.prune();
      return graph;
    });
    const count = input.dims[0];
    const step = input.data.length / count;
    const rows: Tensor[] = [];
    for (let i = 0; i < count; i++) {
      const data = input.data.slice(i * step, (i + 1) * step);
      const feed = { type: DataType.FLOAT, dims: [1, ...input.dims.slice(1)], data };
      const { outputs } = await session.pass({ [port.name]: feed }, [EMBEDDED], { signal });
      rows.push(outputs.get(EMBEDDED) as Tensor);
    }
    const data = new Float32Array(rows.length * rows[0].data.length);
    rows.forEach((row, i) => {
      data.set(row.data, i * row.data.length);
    });
    return { data, dims: [count, ...rows[0].dims.slice(-3)] };
  }

  async masked({ layer, base, delta, count, masks }: MaskedBatch, { signal }: Control = {}): Promise<Tensor> {
    const shape = this.#maskedShape(layer);
    for (const [name, tensor] of [
      ["base", base],
      ["delta", delta],
    ] as const) {
      if (!tensor) continue;
      if (tensor.dims.join() !== shape.dims.join()) throw shapeError(`the masks' ${name}`, tensor.dims, shape.dims);
      checkFinite(tensor.data, `the masks' ${name}`);
    }
    if (count < 1) return { data: new Float32Array(0), dims: [0, this.info.classes] };
    const { height, width } = shape.geometry;
    const rows: Record<string, Rows> = {};
    const fixed: Record<string, Constant> = { [MASK_PORTS.delta]: constant(delta) };
    if (masks.kind === "separable") {
      rows[MASK_PORTS.left] = { data: masks.left, dims: [count, height, masks.rank] };
      rows[MASK_PORTS.right] = { data: masks.right, dims: [count, masks.rank, width] };
    } else if (masks.kind === "segments") {
      rows[MASK_PORTS.weights] = { data: masks.weights, dims: [count, masks.segments] };
      const { labels } = masks;
      if (labels.length !== height * width) throw shapeError("the segments", [labels.length], [height * width]);
      fixed[MASK_PORTS.labels] = { type: DataType.INT32, dims: [labels.length], data: labels };
    } else {
      rows[MASK_PORTS.data] = { data: masks.data, dims: [count, height * width] };
    }
    for (const [name, { data, dims }] of Object.entries(rows)) {
      if (data.length !== sizeOf(dims)) throw shapeError(`the masks (${name})`, [data.length], dims);
    }
    const hasBase = base !== undefined && !isZero(base.data);
    if (hasBase) fixed[MASK_PORTS.base] = constant(base);

    const key = ["masked", layer ?? "", masks.kind, String(hasBase)];
    const session = await this.#session(key, () => {
      const graph = layer === undefined ? this.#parts.graph : this.#head(layer);
      const { geometry, dims } = shape;
      return withMasks(graph, { kind: masks.kind, geometry, dims, base: hasBase, batch: this.#parts.batch });
    });
    const size =
      layer === undefined || this.#parts.batch
        ? await this.#passSize(count)
        : Math.max(1, Math.floor(HEAD_VALUES / delta.data.length));
    const passes = (feeds: Readonly<Record<string, Feed>>, give?: ArrayBuffer[]) =>
      this.#passes(session, count, rows, feeds, { inner: [], size, signal, give });
    if (count <= size) {
      const copies = Object.entries(fixed).map(
        ([name, value]) => [name, { ...value, data: value.data.slice() }] as const,
      );
      const give = copies.map(([, { data }]) => data.buffer as ArrayBuffer);
      return (await passes(Object.fromEntries(copies), give)).scores;
    }
    const held: Held[] = [];
    const feeds: Record<string, Feed> = {};
    try {
      for (const [name, value] of Object.entries(fixed)) {
        const tensor = await this.#parts.host.hold(value);
        held.push(tensor);
        feeds[name] = tensor.feed;
      }
      return (await passes(feeds)).scores;
    } finally {
      for (const tensor of held) tensor.drop().catch(() => {});
    }
  }

  async gradient(
    input: Tensor,
    { target, of, score = "logit", layers = [INPUT], relu = "gradient", signal }: GradientRequest,
  ): Promise<Gradients> {
    const count = this.#checkBatch(input, "the input");
    if (this.#parts.postprocess) {
      throw new SightlineError("not-supported", "there are no gradients through a postprocess function", {
        next: "use a method without gradients",
      });
    }
    const inputName = this.#parts.graph.inputs[0].name;
    const wanted = [...new Set(layers)];
    for (const layer of wanted) if (layer !== INPUT) this.#checkLayer(layer);
    if (of !== undefined) this.#checkLayer(of);
    const { plan, session } = await this.#differentiated(
      wanted.map((layer) => layer || inputName),
      of,
      score,
      relu,
    );
    const rows = { [inputName]: input, [plan.seed]: this.#seed(target, count, of) };
    const inner = [...plan.gradients.values(), ...plan.values.values()];
    const size = this.#parts.batch ?? BACKWARD_BATCH;
    const { scores, tensors } = await this.#passes(
      session,
      count,
      rows,
      {},
      { scores: plan.scores, inner, size, signal },
    );
    const named = (ports: ReadonlyMap<string, string>) =>
      new Map(wanted.map((layer) => [layer, tensors.get(ports.get(layer || inputName) as string) as Tensor]));
    const activations = named(plan.values);
    if (activations.has(INPUT)) activations.set(INPUT, input);
    return { scores, gradients: named(plan.gradients), activations };
  }

  edited(change: (graph: Graph) => void): Promise<Classifier> {
    const graph = this.#parts.graph.clone();
    change(graph);
    return this.#reopened(graph, this.#parts.host.threads);
  }

  replica(threads: number): Promise<Classifier> {
    return this.#reopened(this.#parts.graph, threads);
  }

  async close(): Promise<void> {
    await this.#parts.host.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  classIndex(target: Target): number {
    const { classes } = this.info;
    if (typeof target === "number") {
      if (Number.isInteger(target) && target >= 0 && target < classes) return target;
      throw new SightlineError("index-out-of-range", `there is no class ${target}`, {
        received: target,
        expected: `a whole number from 0 to ${classes - 1}`,
      });
    }
    const exact = this.labels.indexOf(target);
    if (exact >= 0) return exact;
    const wanted = target.toLowerCase();
    const alike = this.labels.findIndex((label) => label.toLowerCase() === wanted);
    if (alike >= 0) return alike;
    const near = closest(target, this.labels, 3);
    throw new SightlineError("unknown-label", `unknown label '${target}'`, {
      received: target,
      next: near.length
        ? `did you mean ${near.map((label) => `'${label}'`).join(" or ")}?`
        : "model.labels lists all of them",
    });
  }

  probabilities(scores: Tensor): Tensor {
    return toProbabilities(scores, this.info.probabilities);
  }

  logits(scores: Tensor): Tensor {
    return toLogits(scores, this.info.activation);
  }

  async prepare(image: ImageSource, { signal }: Control = {}): Promise<PreparedImage> {
    const { input } = this.info;
    if (isPrepared(image)) {
      checkShape(image.tensor, input, "the prepared image");
      return image;
    }
    if (isTensor(image)) {
      const tensor = checkInput(image, input, "the image");
      const picture = { image: this.#colours(tensor), name: "picture", notes: ["the picture came as a tensor"] };
      return { tensor, picture, view: { x: 0, y: 0, width: input.width, height: input.height } };
    }
    const picture = await decodeImage(image, { signal });
    throwIfAborted(signal);
    return { picture, ...(await this.#parts.preprocessor.toInput(picture.image)) };
  }

  async pixels({ tensor }: PreparedImage): Promise<RawImage> {
    return this.#colours(tensor);
  }

  fill(colour: readonly [number, number, number]): Tensor {
    return paint({ data: Uint8ClampedArray.from(colour), width: 1, height: 1 }, this.#colourMap(), this.info.input);
  }

  batchSize(): Promise<number> {
    this.#best ??= this.#parts.batch ? Promise.resolve(this.#parts.batch) : this.#measureBatches();
    return this.#best;
  }

  async #reopened(graph: Graph, threads: number): Promise<Classifier> {
    const host = new SessionHost({ threads });
    try {
      const info = { ...this.info, threads };
      return new Classifier({ ...this.#parts, info, host, graph, forward: await host.open(graph) });
    } catch (error) {
      await host.close();
      throw error;
    }
  }

  #colourMap() {
    const { colours } = this.#parts.preprocessor;
    if (colours) return colours;
    throw new SightlineError("not-supported", "the preprocess function does more than scale colours", {
      next: "give preprocess as data where a method needs fills or pixels",
    });
  }

  #colours(tensor: Tensor): RawImage {
    const image = unpaint(tensor, this.#colourMap(), this.info.input);
    if (image) return image;
    throw new SightlineError("not-supported", "the preprocessing cannot be undone", {
      next: "give preprocess as data where a method needs pixels",
    });
  }

  async #measureBatches(): Promise<number> {
    const { forward, graph, outputs } = this.#parts;
    const { input } = this.info;
    const { name } = graph.inputs[0];
    let best = { size: 1, perImage: Number.POSITIVE_INFINITY };
    for (const size of TRIED_BATCHES) {
      const dims = [size, ...this.#inputDims().slice(1)];
      const data = new Float32Array(size * input.channels * input.height * input.width);
      let fastest = Number.POSITIVE_INFINITY;
      for (let i = 0; i < 3; i++) {
        const { milliseconds } = await forward.pass({ [name]: { type: DataType.FLOAT, dims, data } }, outputs);
        fastest = Math.min(fastest, milliseconds);
      }
      if (fastest / size < best.perImage * 0.97) best = { size, perImage: fastest / size };
    }
    return best.size;
  }

  #passSize(count: number): Promise<number> | number {
    if (this.#parts.batch) return this.#parts.batch;
    return count <= (TRIED_BATCHES.at(-1) as number) ? count : this.batchSize();
  }

  /** Runs `count` rows in passes of `size`, two at a time under way, and puts the results together. */
  async #passes(
    session: Session,
    count: number,
    rows: Readonly<Record<string, Rows>>,
    fixed: Readonly<Record<string, Feed>>,
    { scores: scoresName = this.#parts.outputs[0], inner, size, signal, give: given = [] }: PassOptions,
  ): Promise<{ scores: Tensor; tensors: ReadonlyMap<string, Tensor> }> {
    throwIfAborted(signal);
    const { outputs, postprocess, batch } = this.#parts;
    const cancel = new SharedArrayBuffer(4);
    const stop = () => Atomics.store(new Int32Array(cancel), 0, 1);
    signal?.addEventListener("abort", stop);
    const gathered = new Map<string, Tensor>();
    const scores = new Float32Array(count * this.info.classes);
    const runPass = async (start: number) => {
      const taken = Math.min(size, count - start);
      const padded = batch ?? taken;
      const feeds: Record<string, Feed> = { ...fixed };
      const give = [...given];
      for (const [name, { data, dims }] of Object.entries(rows)) {
        const slice = sliceRows(data, dims, count, start, taken, padded);
        feeds[name] = slice;
        give.push(slice.data.buffer as ArrayBuffer);
      }
      const pass = await session.pass(feeds, [...(postprocess ? outputs : [scoresName]), ...inner], {
        signal,
        cancel,
        give,
      });
      const fetched = (name: string) => pass.outputs.get(name) as Constant & { data: Float32Array };
      if (postprocess) {
        for (let i = 0; i < taken; i++)
          scores.set(this.#postprocess(outputs, fetched, i, padded), (start + i) * this.info.classes);
      } else scores.set(fetched(scoresName).data.subarray(0, taken * this.info.classes), start * this.info.classes);
      for (const name of inner) gather(gathered, name, fetched(name), count, start, taken, padded);
    };
    try {
      let next = 0;
      const lane = async () => {
        while (next < count) {
          const start = next;
          next += size;
          await runPass(start);
        }
      };
      await Promise.all(Array.from({ length: OUTSTANDING }, lane));
    } finally {
      stop();
      signal?.removeEventListener("abort", stop);
    }
    return { scores: { data: scores, dims: [count, this.info.classes] }, tensors: gathered };
  }

  #postprocess(
    names: readonly string[],
    fetched: (name: string) => Constant & { data: Float32Array },
    row: number,
    rows: number,
  ) {
    const outputs: Record<string, Tensor> = {};
    for (const name of names) {
      const { data, dims } = fetched(name);
      const step = data.length / rows;
      outputs[name] = {
        data: Float32Array.from(data.subarray(row * step, (row + 1) * step), Number),
        dims: [1, ...dims.slice(1)],
      };
    }
    return postprocessed(this.#parts.postprocess as PostprocessFunction, outputs, this.info.classes);
  }

  /** A weight per image and class, or element of an inner tensor: the score is their sum with the values. */
  #seed(target: number | Float32Array, count: number, of?: string): Tensor {
    const classes = of === undefined ? this.info.classes : sizeOf(this.#parts.shapes.get(of)?.dims ?? []);
    const dims = [count, classes];
    const data = new Float32Array(count * classes);
    if (typeof target === "number") {
      if (of !== undefined) throw shapeError("the target's weights", [1], dims);
      const index = this.classIndex(target);
      for (let i = 0; i < count; i++) data[i * classes + index] = 1;
    } else if (target.length === data.length) data.set(target);
    else if (target.length === classes) for (let i = 0; i < count; i++) data.set(target, i * classes);
    else throw shapeError("the target's weights", [target.length], dims);
    checkFinite(data, "the target's weights");
    return { data, dims };
  }

  /** The backward graph for some tensors, derived once and kept as long as its session. */
  async #differentiated(
    wrt: readonly string[],
    of: string | undefined,
    score: "logit" | "probability",
    relu: ReluRule,
  ): Promise<{ plan: GradientPorts; session: Session }> {
    const { host, graph, outputs, batch } = this.#parts;
    const { probabilities } = this.info;
    const activation = of === undefined ? this.info.activation : "none";
    const probe = { name: graph.inputs[0].name, dims: [batch ?? 1, ...this.#inputDims().slice(1)] };
    const { canonical, differentiate } = await import("../onnx/gradient/index.js");
    this.#canonical ??= canonical(graph, probe, host, { batched: batch === undefined });
    const form = await this.#canonical;
    const key = JSON.stringify([wrt, of, score, relu]);
    const session = await this.#session(["gradient", key], () => {
      const output = of ?? outputs[0];
      const { graph: backward, ...ports } = differentiate(form, {
        wrt,
        output,
        activation,
        probabilities,
        score,
        relu,
      });
      this.#plans.set(key, ports);
      if (batch === undefined) {
        backward.setInputs(
          backward.inputs.map((port) => ({ ...port, dims: [BACKWARD_BATCH, ...(port.dims ?? []).slice(1)] })),
        );
      }
      return backward;
    });
    return { plan: this.#plans.get(key) as GradientPorts, session };
  }

  #session(key: readonly string[], make: () => Graph): Promise<Session> {
    if (key.length === 1 && key[0] === "observe") return Promise.resolve(this.#parts.forward);
    const id = JSON.stringify(key);
    const known = this.#sessions.get(id);
    this.#sessions.delete(id);
    const session = known ?? (async () => this.#parts.host.open(make()))();
    this.#sessions.set(id, session);
    session.catch(() => this.#sessions.delete(id));
    if (this.#sessions.size > MOST_SESSIONS) {
      const [oldest, closing] = this.#sessions.entries().next().value as [string, Promise<Session>];
      this.#sessions.delete(oldest);
      closing.then((old) => old.close()).catch(() => {});
    }
    return session;
  }

  #observing(layers: readonly string[]): Graph {
    const copy = this.#parts.graph.clone();
    for (const layer of layers) copy.addOutput(layer, undefined, this.#parts.shapes.get(layer)?.type);
    return copy;
  }

  #head(layer: string): Graph {
    const { graph, shapes, outputs } = this.#parts;
    return headOf(graph, layer, shapes.get(layer) as TensorShape, outputs[0]);
  }

  #inputDims(): readonly number[] {
    const { layout, channels, height, width } = this.info.input;
    return layout === "nchw" ? [1, channels, height, width] : [1, height, width, channels];
  }

  #maskedShape(layer: string | undefined): { dims: readonly number[]; geometry: MaskGeometry } {
    if (layer === undefined) return { dims: this.#inputDims(), geometry: { ...this.info.input, offset: 0 } };
    const found = this.#parts.layers.find(({ name }) => name === layer);
    if (found) return { dims: found.shape, geometry: found.geometry };
    throw this.#unknownLayer(layer);
  }

  /** Only tensors with a row per image can be put together from several passes. */
  #checkLayer(layer: string): void {
    const { shapes, graph, batch } = this.#parts;
    const shape = shapes.get(layer);
    const perImage = batch ? shape?.dims[0] === batch : shape?.batchAxis === 0;
    if (shape?.type !== DataType.FLOAT || !perImage || graph.initializers.has(layer)) throw this.#unknownLayer(layer);
  }

  #unknownLayer(layer: string): SightlineError {
    const names = this.#parts.layers.map(({ name }) => name);
    const [near] = closest(layer, names, 1);
    return new SightlineError("unknown-layer", `unknown layer '${layer}'`, {
      received: layer,
      expected: names.length
        ? `one of ${names.slice(0, 12).join(", ")}${names.length > 12 ? ", …" : ""}`
        : "a float tensor of the graph",
      next: near && `did you mean '${near}'?`,
    });
  }

  #checkBatch(input: Tensor, what: string): number {
    const dims = this.#inputDims();
    const rest = isTensor(input) ? input.dims.slice(1) : [];
    if (
      !isTensor(input) ||
      rest.join() !== dims.slice(1).join() ||
      input.data.length !== sizeOf(input.dims) ||
      !(input.dims[0] > 0)
    ) {
      throw shapeError(what, isTensor(input) ? input.dims : [], ["n", ...dims.slice(1)]);
    }
    checkFinite(input.data, what);
    return input.dims[0];
  }
}

/** @throws SightlineError `shape-mismatch`, `not-finite` unless the function gives one finite score per class */
export function postprocessed(make: PostprocessFunction, outputs: Outputs, classes?: number): Float32Array {
  const made = make(outputs);
  const scores = isTensor(made) ? made.data : Float32Array.from(made ?? []);
  if (scores.length === 0 || (classes !== undefined && scores.length !== classes)) {
    throw shapeError("the postprocess function's result", [scores.length], [classes ?? "classes"]);
  }
  checkFinite(scores, "the postprocess function's result");
  return scores;
}

function isZero(data: Float32Array): boolean {
  for (let i = 0; i < data.length; i++) if (data[i] !== 0) return false;
  return true;
}

function constant({ data, dims }: Tensor): Constant {
  return { type: DataType.FLOAT, dims, data };
}

function sliceRows(
  data: Float32Array,
  dims: readonly number[],
  count: number,
  start: number,
  taken: number,
  padded: number,
): Constant {
  const step = data.length / count;
  const own = data.subarray(start * step, (start + taken) * step);
  const rows = padded === taken ? own.slice() : new Float32Array(padded * step);
  if (padded > taken) rows.set(own);
  return { type: DataType.FLOAT, dims: [padded, ...dims.slice(1)], data: rows };
}

/** Puts the rows of one pass where they belong in the tensor of all rows; a tensor without a batch is kept as it is. */
function gather(
  into: Map<string, Tensor>,
  name: string,
  { data, dims }: { data: Float32Array; dims: readonly number[] },
  count: number,
  start: number,
  taken: number,
  padded: number,
): void {
  if (count === padded) {
    into.set(name, { data, dims });
    return;
  }
  const step = data.length / padded;
  let whole = into.get(name);
  if (!whole) {
    whole = { data: new Float32Array(step * count), dims: [(dims[0] / padded) * count, ...dims.slice(1)] };
    into.set(name, whole);
  }
  whole.data.set(data.subarray(0, taken * step), start * step);
}

function shapeError(what: string, received: readonly number[], expected: readonly (number | string)[]): SightlineError {
  return new SightlineError("shape-mismatch", `${what}: [${received.join(", ")}]`, {
    received,
    expected: `[${expected.join(", ")}]`,
  });
}
