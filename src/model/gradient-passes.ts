import { sizeOf, type Tensor } from "../core/tensor.js";
import type { Differentiable, DifferentiateOptions, GradientGraph } from "../onnx/autodiff/differentiate.js";
import type { Activation, Probabilities } from "../onnx/final-activation.js";
import { inputDims } from "./input-geometry.js";
import { MODEL_INPUT } from "./input-gradient.js";
import type { Network } from "./network.js";
import { RowCollector } from "./passes.js";
import type { Session } from "./session.js";
import type { SessionCache } from "./session-cache.js";
import { checkFinite, shapeMismatch } from "./tensor-checks.js";
import type { GradientRequest, Gradients } from "./types.js";

/**
 * Pictures in a backward pass. With the number written into the graph the runtime sees that gradients and gates have
 * one shape, and multiplies them in its blocked layout; one is as fast a picture as more are.
 */
const BACKWARD_BATCH = 1;

/** What the scores of a network are. */
export interface ScoreFacts {
  readonly classes: number;
  readonly activation: Activation;
  readonly probabilities: Probabilities;
}

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
  #canonical?: Promise<Differentiable>;

  constructor(network: Network, facts: ScoreFacts) {
    this.#network = network;
    this.#facts = facts;
    this.#ports = portsOf(network.sessions);
  }

  /** @param input a checked batch of inputs */
  async run(
    input: Tensor,
    { target, of, score = "logit", layers = [MODEL_INPUT], relu = "gradient", signal }: GradientRequest,
  ): Promise<Gradients> {
    const network = this.#network;
    const [count] = input.dims;
    const inputName = network.graph.inputs[0].name;
    const wanted = [...new Set(layers)];
    for (const layer of wanted) if (layer !== MODEL_INPUT) network.checkLayer(layer);
    if (of !== undefined) network.checkLayer(of);
    const wrt = wanted.map((layer) => layer || inputName);
    const { ports, session } = await this.#backward({ wrt, of, score, relu });

    const inner = [...ports.gradients.values(), ...ports.values.values()];
    const collector = new RowCollector(count);
    const { classes } = this.#facts;
    const scores = new Float32Array(count * classes);
    const plan = {
      session,
      count,
      size: network.batch ?? BACKWARD_BATCH,
      rows: { [inputName]: input, [ports.seed]: this.#weights(target, count, of) },
      fetches: [ports.scores, ...inner],
      signal,
    };
    await network.runPasses(plan, (pass) => {
      scores.set(pass.tensor(ports.scores).data.subarray(0, pass.count * classes), pass.start * classes);
      for (const name of inner) collector.add(pass, name);
    });
    const byLayer = (names: ReadonlyMap<string, string>) =>
      new Map(wanted.map((layer) => [layer, collector.tensors.get(names.get(layer || inputName) ?? "") as Tensor]));
    const activations = byLayer(ports.values);
    if (activations.has(MODEL_INPUT)) activations.set(MODEL_INPUT, input);
    return { scores: { data: scores, dims: [count, classes] }, gradients: byLayer(ports.gradients), activations };
  }

  async #backward(
    wanted: Required<Pick<DifferentiateOptions, "wrt" | "score" | "relu">> & { of: string | undefined },
  ): Promise<{ ports: GradientPorts; session: Session }> {
    const { of, ...rest } = wanted;
    const { graph, host, outputs, batch, input, sessions, shapes } = this.#network;
    const { canonical, differentiate } = await import("../onnx/autodiff/differentiate.js");
    const probe = { name: graph.inputs[0].name, dims: inputDims(input, batch) };
    this.#canonical ??= canonical(graph, probe, host, { batched: batch === undefined, known: shapes });
    const form = await this.#canonical;
    const key = JSON.stringify(["gradient", wanted]);
    const session = await sessions.get(key, () => {
      const activation = of === undefined ? this.#facts.activation : "none";
      const { probabilities } = this.#facts;
      const options = { ...rest, output: of ?? outputs[0], activation, probabilities };
      const { graph: backward, ...ports } = differentiate(form, options);
      this.#ports.set(key, ports);
      if (batch === undefined) {
        backward.setInputs(
          backward.inputs.map((port) => ({ ...port, dims: [BACKWARD_BATCH, ...(port.dims ?? []).slice(1)] })),
        );
      }
      return backward;
    });
    return { ports: this.#ports.get(key) as GradientPorts, session };
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
