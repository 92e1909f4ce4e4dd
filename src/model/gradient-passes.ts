import { isSightlineError } from "../core/errors.js";
import { sizeOf, type Tensor } from "../core/tensor.js";
import type { Differentiable, DifferentiateOptions, GradientGraph } from "../onnx/autodiff/differentiate.js";
import type { Activation, Probabilities } from "../onnx/final-activation.js";
import type { Device } from "../platform/devices.js";
import { BatchChoice } from "./batch-choice.js";
import { inputDims } from "./input-geometry.js";
import { MODEL_INPUT, MOST_AT_ONCE } from "./input-gradient.js";
import type { Network } from "./network.js";
import { RowCollector, runPasses } from "./passes.js";
import type { SessionCache, TakenSession } from "./session-cache.js";
import { checkFinite, shapeMismatch } from "./tensor-checks.js";
import type { GradientRequest, Gradients } from "./types.js";

/**
 * Pictures in a backward pass beside one. With the number written into the graph the runtime sees that gradients and gates
 * have one shape, and multiplies them in its blocked layout. On a processor one is as fast a picture as more are
 * (`npm run bench gradients`); a graphics card has work for several.
 */
const batchesOn = (device: Device): readonly number[] => (device === "cpu" ? [] : [8, MOST_AT_ONCE]);

/** What is said of more pictures than there is memory for, or than a graph takes. */
const REFUSALS = ["run-failed", "bad-model", "shape-mismatch"];

/** What the scores of a network are. */
export interface ScoreFacts {
  readonly classes: number;
  readonly activation: Activation;
  readonly probabilities: Probabilities;
}

/** What a backward graph gives. */
type BackwardKind = Required<Pick<DifferentiateOptions, "wrt" | "score" | "relu">> &
  Pick<DifferentiateOptions, "relevance" | "through"> & { readonly of: string | undefined };

/** A backward graph's names; the graph itself, heavy with transposed weights, is kept by its session only. */
type GradientPorts = Omit<GradientGraph, "graph">;

/** Of the backward graphs whose sessions a cache has, by their keys there. */
const PORTS = new WeakMap<SessionCache, Map<string, GradientPorts>>();

function portsOf(sessions: SessionCache): Map<string, GradientPorts> {
  const ports = PORTS.get(sessions) ?? new Map<string, GradientPorts>();
  PORTS.set(sessions, ports);
  return ports;
}

/** Backward passes of a network. Each kind of backward graph is derived once and kept as long as its session. */
export class GradientPasses {
  readonly #network: Network;
  readonly #facts: ScoreFacts;
  readonly #ports: Map<string, GradientPorts>;
  readonly #batches: readonly number[];
  readonly #choices = new Map<string, BatchChoice>();
  #canonical?: Promise<Differentiable>;

  /** @param batches pictures in a pass that are tried beside one, ascending */
  constructor(network: Network, facts: ScoreFacts, batches = batchesOn(network.host.device)) {
    this.#network = network;
    this.#facts = facts;
    this.#batches = batches;
    this.#ports = portsOf(network.sessions);
  }

  /** @param input a checked batch of inputs */
  async run(input: Tensor, request: GradientRequest): Promise<Gradients> {
    const { target, of, layers = [MODEL_INPUT], relevance, signal } = request;
    const [count] = input.dims;
    const inputName = this.#network.graph.inputs[0].name;
    const wanted = [...new Set(layers)];
    const kind = this.#kindOf(wanted, request);
    const { classes } = this.#facts;
    const weights = this.#weights(target, count, of);
    const condition = relevance?.through && this.#weights(relevance.through.weights, count, relevance.through.layer);
    const scores = new Float32Array(count * classes);
    const starts = new Float32Array(count);
    const collector = new RowCollector(count);
    let ports: GradientPorts | undefined;
    for (let start = 0; start < count; ) {
      start += await this.#inBatches(kind, count - start, async (size, choice) => {
        using backward = await this.#backward(kind, size);
        const own = this.#portsOf(kind, size);
        ports = own;
        const names = [...own.gradients.values(), ...own.values.values()];
        const rows = choice.rowsBeforeNext(size, count - start);
        const part = (whole: Tensor) => rowsOf(whole, count, start, rows);
        const plan = {
          session: backward.session,
          count: rows,
          size,
          batch: size,
          rows: {
            [inputName]: part(input),
            [own.seed]: part(weights),
            ...(condition && own.condition && { [own.condition]: part(condition) }),
          },
          fetches: [own.scores, ...names, ...(own.start ? [own.start] : [])],
          signal,
        };
        await runPasses(plan, (pass) => {
          choice.took(size, pass.milliseconds);
          const { data } = pass.tensor(own.scores);
          scores.set(data.subarray(0, pass.count * classes), (start + pass.start) * classes);
          for (const name of names) collector.add(pass, name, start);
          if (own.start) starts.set(pass.tensor(own.start).data.subarray(0, pass.count), start + pass.start);
        });
        return rows;
      });
    }
    const { gradients, values } = ports as unknown as GradientPorts;
    const byLayer = (names: ReadonlyMap<string, string>) =>
      new Map(wanted.map((layer) => [layer, collector.tensors.get(names.get(layer || inputName) ?? "") as Tensor]));
    const activations = byLayer(values);
    if (activations.has(MODEL_INPUT)) activations.set(MODEL_INPUT, input);
    return {
      scores: { data: scores, dims: [count, classes] },
      gradients: byLayer(gradients),
      activations,
      ...(relevance && { start: starts }),
    };
  }

  #kindOf(
    wanted: readonly string[],
    { of, score = "logit", relu = "gradient", relevance }: GradientRequest,
  ): BackwardKind {
    const network = this.#network;
    const through = relevance?.through?.layer;
    for (const layer of wanted) if (layer !== MODEL_INPUT) network.checkLayer(layer);
    for (const layer of [of, through]) if (layer !== undefined) network.checkLayer(layer);
    const wrt = wanted.map((layer) => layer || network.graph.inputs[0].name);
    if (!relevance) return { wrt, of, score, relu };
    return { wrt, of, score: "logit", relu: "gradient", relevance: relevance.composite, through };
  }

  /** Work in passes of the size that is chosen; where those of several pictures fail, in smaller ones. */
  async #inBatches<T>(
    kind: BackwardKind,
    count: number,
    work: (size: number, choice: BatchChoice) => Promise<T>,
  ): Promise<T> {
    const key = JSON.stringify(kind);
    const { batch } = this.#network;
    const choice = this.#choices.get(key) ?? new BatchChoice(batch === undefined ? this.#batches : []);
    this.#choices.set(key, choice);
    for (;;) {
      const size = batch ?? choice.sizeFor(count);
      try {
        return await work(size, choice);
      } catch (error) {
        if (batch !== undefined || size === 1 || !isSightlineError(error) || !REFUSALS.includes(error.code))
          throw error;
        choice.failed(size);
      }
    }
  }

  #backward(wanted: BackwardKind, size: number): Promise<TakenSession> {
    const key = backwardKey(wanted, size);
    return this.#network.sessions.take(key, async () => {
      const { graph, ...ports } = await this.#kept(wanted, size);
      this.#ports.set(key, ports);
      return graph;
    });
  }

  /** Of a backward graph that was opened. */
  #portsOf(wanted: BackwardKind, size: number): GradientPorts {
    return this.#ports.get(backwardKey(wanted, size)) as GradientPorts;
  }

  /** A backward graph from the cache, or derived now and kept there meanwhile. */
  async #kept(wanted: BackwardKind, size: number): Promise<GradientGraph> {
    const { store, graph, outputs } = this.#network;
    if (store?.graph !== graph) return this.#derived(wanted, size);
    const { activation, probabilities } = this.#facts;
    const path = await store.pathOf([wanted, size, outputs[0], activation, probabilities]);
    const kept = await store.read(path);
    if (kept) return kept;
    const derived = await this.#derived(wanted, size);
    void store.write(path, derived);
    return derived;
  }

  async #derived({ of, ...rest }: BackwardKind, size: number): Promise<GradientGraph> {
    const { graph, host, outputs, batch, input, shapes } = this.#network;
    const { canonical, differentiate } = await import("../onnx/autodiff/differentiate.js");
    const probe = { name: graph.inputs[0].name, dims: inputDims(input, batch) };
    this.#canonical ??= canonical(graph, probe, host, { batched: batch === undefined, known: shapes });
    const activation = of === undefined ? this.#facts.activation : "none";
    const { probabilities } = this.#facts;
    const options = { ...rest, output: of ?? outputs[0], activation, probabilities };
    const derived = differentiate(await this.#canonical, options);
    if (batch === undefined) {
      const { inputs } = derived.graph;
      derived.graph.setInputs(inputs.map((port) => ({ ...port, dims: [size, ...(port.dims ?? []).slice(1)] })));
    }
    return derived;
  }

  /** A weight per image and class, or element of an inner tensor: the score is their sum with the values. */
  #weights(target: number | Float32Array, count: number, of: string | undefined): Tensor {
    const width = of === undefined ? this.#facts.classes : sizeOf(this.#network.shapes.get(of)?.dims ?? []);
    const dims = [count, width];
    const data = new Float32Array(count * width);
    if (typeof target === "number") {
      if (of !== undefined) throw shapeMismatch("the target's weights", [1], dims);
      for (let i = 0; i < count; i++) data[i * width + target] = 1;
    } else if (target.length === data.length) data.set(target);
    else if (target.length === width) for (let i = 0; i < count; i++) data.set(target, i * width);
    else throw shapeMismatch("the target's weights", [target.length], dims);
    checkFinite(data, "the target's weights");
    return { data, dims };
  }
}

const backwardKey = (wanted: BackwardKind, size: number) => JSON.stringify(["gradient", wanted, size]);

/** Some rows of a tensor with a row per image. */
function rowsOf({ data, dims }: Tensor, count: number, start: number, taken: number): Tensor {
  const step = data.length / count;
  return { data: data.subarray(start * step, (start + taken) * step), dims: [taken, ...dims.slice(1)] };
}
