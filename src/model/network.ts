import { didYouMean, SightlineError } from "../core/errors.js";
import { sizeOf, type Tensor } from "../core/tensor.js";
import { type Constant, DataType, isFloat } from "../onnx/constant.js";
import type { Graph } from "../onnx/graph.js";
import { type MaskOptions, withMasks } from "../onnx/masking.js";
import type { TensorShape } from "../onnx/shapes.js";
import { headOf } from "../onnx/surface.js";
import type { GradientStore } from "./gradient-store.js";
import { inputDims } from "./input-geometry.js";
import { type MaskedTensor, maskFeeds } from "./mask-feeds.js";
import { type PassOutputs, type PassPlan, RowCollector, runPasses } from "./passes.js";
import { type Feed, type Held, type Session, SessionHost } from "./session.js";
import { SessionCache, type TakenSession } from "./session-cache.js";
import type { Control, InputGeometry, LayerInfo, MaskedBatch } from "./types.js";

/** What a network is made of. */
export interface NetworkParts {
  readonly host: SessionHost;
  /** Normalised, float32 in and out, any batch unless `batch` says which. */
  readonly graph: Graph;
  readonly forward: Session;
  readonly shapes: ReadonlyMap<string, TensorShape>;
  /** Names of the outputs to fetch: the scores alone, or all where a function makes something of them. */
  readonly outputs: readonly string[];
  /** The one batch size that the graph takes; undefined where it takes any. */
  readonly batch?: number;
  readonly input: InputGeometry;
  readonly layers: readonly LayerInfo[];
  /** Keeps backward graphs for the next process. */
  readonly store?: GradientStore;
}

/** Called with each pass, in no certain order. */
export type CollectPass = (pass: PassOutputs) => void;

const TRIED_BATCHES = [1, 2, 4, 8] as const;
const LARGEST_TRIED_BATCH = 8;
/** A larger batch must be faster by this much, as a share of the time, to be worth its memory. */
const WORTHWHILE = 0.97;
/** Milliseconds an image from which larger batches are no longer tried once one has gained nothing. */
const SLOW = 20;
/** Perturbed copies of an inner tensor that are made at a time, in values. */
const HEAD_VALUES = 4_000_000;

/** A graph that is run in batches of images, in sessions of one thread: as it is, watched, or on perturbed copies. */
export class Network {
  readonly host: SessionHost;
  readonly graph: Graph;
  readonly shapes: ReadonlyMap<string, TensorShape>;
  readonly outputs: readonly string[];
  readonly batch?: number;
  readonly input: InputGeometry;
  readonly layers: readonly LayerInfo[];
  readonly store?: GradientStore;
  /** Sessions of graphs derived from this one. */
  readonly sessions: SessionCache;
  readonly #forward: Session;
  #batchSize?: Promise<number>;

  constructor({ host, graph, forward, shapes, outputs, batch, input, layers, store }: NetworkParts) {
    this.host = host;
    this.graph = graph;
    this.shapes = shapes;
    this.outputs = outputs;
    this.batch = batch;
    this.input = input;
    this.layers = layers;
    this.store = store;
    this.sessions = new SessionCache(host);
    this.#forward = forward;
  }

  /**
   * Runs a batch of inputs.
   * @returns the inner tensors that were asked for, by name
   */
  async forward(
    input: Tensor,
    { layers, signal }: { layers: readonly string[] } & Control,
    collect: CollectPass,
  ): Promise<ReadonlyMap<string, Tensor>> {
    const [count] = input.dims;
    const inner = [...new Set(layers)];
    for (const layer of inner) this.checkLayer(layer);
    using watched = inner.length === 0 ? undefined : await this.#watched(inner);
    const collector = new RowCollector(count);
    const plan = {
      session: watched?.session ?? this.#forward,
      count,
      size: await this.passSize(count),
      rows: { [this.graph.inputs[0].name]: input },
      fetches: [...this.outputs, ...inner.map((layer) => this.#portOf(layer))],
      signal,
    };
    await this.runPasses(plan, (pass) => {
      for (const layer of inner) collector.add(pass, this.#portOf(layer));
      collect(pass);
    });
    return new Map(inner.map((layer) => [layer, collector.tensors.get(this.#portOf(layer)) as Tensor]));
  }

  /** Runs perturbed copies of the input or of an inner tensor. */
  async masked(batch: MaskedBatch, { signal }: Control, collect: CollectPass): Promise<void> {
    const { layer, count, masks } = batch;
    const perturbed = this.#perturbed(layer);
    const { rows, fixed, hasBase } = maskFeeds(batch, perturbed);
    if (count < 1) return;
    using taken = await this.#maskedBy(layer, { ...perturbed, kind: masks.kind, base: hasBase, batch: this.batch });
    const size =
      layer === undefined || this.batch
        ? await this.passSize(count)
        : Math.max(1, Math.floor(HEAD_VALUES / sizeOf(perturbed.dims)));
    const plan = { session: taken.session, count, size, rows, fetches: this.outputs, signal };
    if (count <= size) {
      const copies = Object.entries(fixed).map(([name, value]): [string, Constant] => [
        name,
        { ...value, data: value.data.slice() },
      ]);
      const give = copies.map(([, { data }]) => data.buffer as ArrayBuffer);
      await this.runPasses({ ...plan, fixed: Object.fromEntries(copies), give }, collect);
    } else {
      await this.#holding(fixed, (held) => this.runPasses({ ...plan, fixed: held }, collect));
    }
  }

  /** Of a graph that gives inner tensors, too. A function of its own: the session keeps what this closure sees. */
  #watched(inner: readonly string[]): Promise<TakenSession> {
    return this.sessions.take(JSON.stringify(["observe", ...inner]), () => this.#withOutputs(inner));
  }

  /** Of a graph that perturbs its input or a layer. */
  #maskedBy(layer: string | undefined, options: MaskOptions): Promise<TakenSession> {
    const key = JSON.stringify(["masked", layer ?? "", options.kind, options.base]);
    return this.sessions.take(key, () => withMasks(layer === undefined ? this.graph : this.#head(layer), options));
  }

  /** Runs rows in passes of the batch size that this graph takes. */
  runPasses(plan: Omit<PassPlan, "batch">, collect: CollectPass): Promise<void> {
    return runPasses({ ...plan, batch: this.batch }, collect);
  }

  /** The batch size at which images pass fastest, measured once. */
  batchSize(): Promise<number> {
    this.#batchSize ??= this.batch ? Promise.resolve(this.batch) : this.#measureBatches();
    return this.#batchSize;
  }

  /** Rows a pass for so many rows. */
  async passSize(count: number): Promise<number> {
    if (this.batch) return this.batch;
    return count <= LARGEST_TRIED_BATCH ? count : this.batchSize();
  }

  /** The same network with another graph, in a thread of its own. */
  async reopened(graph: Graph, threads: number, device = this.host.device): Promise<Network> {
    const host = new SessionHost({ threads, isolation: this.host.isolation, device });
    try {
      return new Network({ ...this, host, graph, forward: await host.open(graph) });
    } catch (error) {
      await host.close();
      throw error;
    }
  }

  close(): Promise<void> {
    return this.host.close();
  }

  /**
   * Only tensors with a row per image can be put together from several passes.
   * @throws SightlineError `unknown-layer`
   */
  checkLayer(layer: string): void {
    const shape = this.shapes.get(layer);
    const perImage = this.batch ? shape?.dims[0] === this.batch : shape?.batchAxis === 0;
    if (!shape || !isFloat(shape.type) || !perImage || this.graph.initializers.has(layer))
      throw this.#unknownLayer(layer);
  }

  #unknownLayer(layer: string): SightlineError {
    const names = this.layers.map(({ name }) => name);
    return new SightlineError("unknown-layer", `unknown layer '${layer}'`, {
      received: layer,
      expected: names.length
        ? `one of ${names.slice(0, 12).join(", ")}${names.length > 12 ? ", …" : ""}`
        : "a float tensor of the graph",
      next: didYouMean(layer, names),
    });
  }

  async #holding(
    tensors: Readonly<Record<string, Constant>>,
    work: (feeds: Readonly<Record<string, Feed>>) => Promise<void>,
  ): Promise<void> {
    const held: Held[] = [];
    const feeds: Record<string, Feed> = {};
    try {
      for (const [name, value] of Object.entries(tensors)) {
        const tensor = await this.host.hold(value);
        held.push(tensor);
        feeds[name] = tensor.feed;
      }
      await work(feeds);
    } finally {
      for (const tensor of held) tensor.drop().catch(() => {});
    }
  }

  #perturbed(layer: string | undefined): MaskedTensor {
    if (layer === undefined) return { dims: inputDims(this.input), geometry: { ...this.input, offset: 0 } };
    const info = this.layers.find(({ name }) => name === layer);
    if (!info) throw this.#unknownLayer(layer);
    return { dims: info.shape, geometry: info.geometry };
  }

  #withOutputs(layers: readonly string[]): Graph {
    const copy = this.graph.clone();
    for (const layer of layers) {
      const port = this.#portOf(layer);
      if (port !== layer) copy.addNode("Cast", [layer], { to: DataType.FLOAT }, { outputs: [port] });
      copy.addOutput(port, undefined, DataType.FLOAT);
    }
    return copy;
  }

  /** The output that gives an inner tensor as float32. */
  #portOf(layer: string): string {
    return this.shapes.get(layer)?.type === DataType.FLOAT ? layer : `${layer}/as_float32`;
  }

  #head(layer: string): Graph {
    return headOf(this.graph, layer, this.shapes.get(layer) as TensorShape, this.outputs[0]);
  }

  async #measureBatches(): Promise<number> {
    const { name } = this.graph.inputs[0];
    let best = { size: 1, perImage: Number.POSITIVE_INFINITY };
    for (const size of TRIED_BATCHES) {
      const dims = inputDims(this.input, size);
      const feed = { [name]: { type: DataType.FLOAT, dims, data: new Float32Array(sizeOf(dims)) } };
      let fastest = Number.POSITIVE_INFINITY;
      for (let i = 0; i < 3; i++) {
        fastest = Math.min(fastest, (await this.#forward.pass(feed, this.outputs)).milliseconds);
      }
      if (fastest / size < best.perImage * WORTHWHILE) best = { size, perImage: fastest / size };
      else if (best.perImage > SLOW) break;
    }
    return best.size;
  }
}
