import { random } from "../../core/random.js";
import type { RawMap } from "../../core/raw-map.js";
import { sizeOf } from "../../core/tensor.js";
import { type Session, SessionHost } from "../../model/session.js";
import { differentiate } from "../../onnx/autodiff/differentiate.js";
import { type Constant, DataType } from "../../onnx/constant.js";
import { probeShapes } from "../../onnx/shapes.js";
import { type Checkpoint, copyCheckpoint, type StepRecord } from "./checkpoint.js";
import { folded } from "./fold.js";
import { asInputs, IMAGE, inferenceGraph, trainingGraph } from "./graphs.js";
import { adamW, oneCycle } from "./optimiser.js";
import {
  convolutions,
  initialStatistics,
  initialWeights,
  type Layers,
  type Parameter,
  parametersOf,
  type Weights,
} from "./parameters.js";

/** What a batch is: inputs [count, 3, size, size] and their classes. */
export interface Batch {
  readonly inputs: Float32Array<ArrayBuffer>;
  readonly classes: Int32Array;
}

export interface TrainingSetting {
  readonly size: number;
  readonly layers: Layers;
  readonly seed: number;
  /** Steps in all. */
  readonly steps: number;
  readonly rate: number;
  readonly decay: number;
  readonly threads: number;
}

/** Share by which a batch moves the means and variances over the batches. */
const NEWEST = 0.1;

/** Names of a training graph's tensors. */
interface Ports {
  readonly seed: string;
  readonly scores: string;
  readonly gradients: ReadonlyMap<string, string>;
  readonly moments: readonly { readonly mean: string; readonly square: string }[];
}

const tensor = (data: Float32Array, dims: readonly number[]): Constant => ({ type: DataType.FLOAT, dims, data });

/**
 * A network under training: forward and backward pass of a batch as one graph in a thread, its weights fed with every
 * pass; the optimiser's step here.
 */
export class Training {
  readonly #setting: TrainingSetting;
  readonly #parameters: readonly Parameter[];
  readonly #host: SessionHost;
  readonly #session: Session;
  readonly #ports: Ports;
  #state: Checkpoint;
  #watching?: { readonly session: Session; readonly features: string };

  private constructor(setting: TrainingSetting, host: SessionHost, session: Session, ports: Ports, state: Checkpoint) {
    this.#setting = setting;
    this.#parameters = parametersOf(setting.layers);
    this.#host = host;
    this.#session = session;
    this.#ports = ports;
    this.#state = state;
  }

  /** @param from where it goes on; @param of what it is of, for checkpoints */
  static async open(setting: TrainingSetting, of: string, from?: Checkpoint): Promise<Training> {
    const state = from ? copyCheckpoint(from) : beginning(setting, of);
    const host = new SessionHost({ threads: setting.threads });
    try {
      const { session, ports } = await openTraining(setting, host, state.weights);
      return new Training(setting, host, session, ports, state);
    } catch (error) {
      await host.close();
      throw error;
    }
  }

  /** Steps that were done. */
  get step(): number {
    return this.#state.step;
  }

  get history(): readonly StepRecord[] {
    return this.#state.history;
  }

  get weights(): Weights {
    return this.#state.weights;
  }

  get statistics(): Weights {
    return this.#state.statistics;
  }

  checkpoint(): Checkpoint {
    return copyCheckpoint(this.#state);
  }

  close(): Promise<void> {
    return this.#host.close();
  }

  /** Learns from one batch. @throws SightlineError `aborted` */
  async learn({ inputs, classes }: Batch, signal?: AbortSignal): Promise<StepRecord> {
    const { size, layers, steps, rate, decay } = this.#setting;
    const { weights, moments, step, history } = this.#state;
    const { seed, scores, gradients } = this.#ports;
    const count = classes.length;
    const width = layers.linear.bias.dims[0];
    const truth = new Float32Array(count * width);
    for (const [row, k] of classes.entries()) truth[row * width + k] = -1 / count;
    const feeds = {
      [IMAGE]: tensor(inputs, [count, 3, size, size]),
      [seed]: tensor(truth, [count, width]),
      ...this.#feeds(weights),
    };
    const ports = this.#ports.moments.flatMap(({ mean, square }) => [mean, square]);
    const { outputs } = await this.#session.pass(feeds, [scores, ...gradients.values(), ...ports], {
      signal,
      give: [inputs.buffer],
    });
    const read = (name: string) => outputs.get(name)?.data as Float32Array;
    const slopes = Object.fromEntries([...gradients].map(([name, port]) => [name, read(port)]));
    adamW(weights, slopes, moments, step + 1, { ...oneCycle(step, steps, rate), decay });
    this.#note(read, count);
    const record = recordOf(read(scores), classes, width);
    this.#state = { ...this.#state, step: step + 1, history: [...history, record] };
    return record;
  }

  /** What the network now holds for a class in a picture: the sum of its last maps, weighed as the class weighs them. */
  async map(input: Float32Array, index: number): Promise<RawMap> {
    const { size, layers } = this.#setting;
    const { weights, statistics } = this.checkpoint();
    const { session, features } = await this.#watch();
    const feeds: Record<string, Constant> = { [IMAGE]: tensor(input, [1, 3, size, size]), ...this.#feeds(weights) };
    for (const [number, layer] of convolutions(layers).entries()) {
      const { weight, bias } = folded(layer, weights, statistics);
      feeds[layer.weight.name] = tensor(weight, layer.weight.dims);
      feeds[`conv${number + 1}.bias`] = tensor(bias, [layer.channels]);
      delete feeds[layer.gain.name];
      delete feeds[layer.shift.name];
    }
    const { bias, weight } = layers.linear;
    delete feeds[bias.name];
    delete feeds[weight.name];
    const { outputs } = await session.pass(feeds, [features]);
    const { data, dims } = outputs.get(features) as Constant;
    const [, channels, height, width] = dims;
    const own = weights[weight.name].subarray(index * channels, (index + 1) * channels);
    const cells = height * width;
    const map = new Float32Array(cells);
    for (let c = 0; c < channels; c++) {
      for (let i = 0; i < cells; i++) map[i] += own[c] * (data as Float32Array)[c * cells + i];
    }
    return { data: map, width, height };
  }

  #feeds(weights: Weights): Record<string, Constant> {
    return Object.fromEntries(this.#parameters.map(({ name, dims }) => [name, tensor(weights[name], dims)]));
  }

  /** Moves means and variances over the batches by those of this one; variances as of a sample. */
  #note(read: (name: string) => Float32Array, count: number): void {
    const { layers, size } = this.#setting;
    const { statistics } = this.#state;
    let side = size;
    let number = 0;
    for (const stage of layers.stages) {
      if (stage === "pool") {
        side /= 2;
        continue;
      }
      const ports = this.#ports.moments[number++];
      const [mean, square] = [read(ports.mean), read(ports.square)];
      const values = count * side * side;
      const unbiased = values / Math.max(1, values - 1);
      const [means, variances] = [statistics[stage.mean], statistics[stage.variance]];
      for (let c = 0; c < mean.length; c++) {
        const variance = unbiased * Math.max(0, square[c] - mean[c] * mean[c]);
        means[c] += NEWEST * (mean[c] - means[c]);
        variances[c] += NEWEST * (variance - variances[c]);
      }
    }
  }

  async #watch(): Promise<{ session: Session; features: string }> {
    if (this.#watching) return this.#watching;
    const { size, layers } = this.#setting;
    const { graph, features } = inferenceGraph({ size, layers }, this.weights, this.statistics);
    graph.setOutputs([{ name: features, type: DataType.FLOAT, dims: undefined }]);
    graph.prune();
    const names = new Map([...graph.initializers].map(([name, { dims }]) => [name, dims.map(Number)]));
    asInputs(graph, names);
    this.#watching = { session: await this.#host.open(graph), features };
    return this.#watching;
  }
}

function beginning({ layers, seed }: TrainingSetting, of: string): Checkpoint {
  const parameters = parametersOf(layers);
  const weights = initialWeights(parameters, random(seed).fork(0));
  const nothing = () => Object.fromEntries(parameters.map(({ name, dims }) => [name, new Float32Array(sizeOf(dims))]));
  const moments = { first: nothing(), second: nothing() };
  return { step: 0, history: [], weights, statistics: initialStatistics(layers), moments, of };
}

async function openTraining({ size, layers }: TrainingSetting, host: SessionHost, weights: Weights) {
  const { graph, logProbabilities, moments } = trainingGraph(size, layers, weights);
  const shapes = await probeShapes(graph, { name: IMAGE, dims: [1, 3, size, size] }, host);
  const parameters = new Map(parametersOf(layers).map(({ name, dims }) => [name, dims]));
  asInputs(graph, parameters);
  const wrt = [...parameters.keys()];
  // the score is Σ seed · log probabilities: with −1/n for each true class it is the mean cross-entropy
  const wanted = { wrt, output: logProbabilities, activation: "none", score: "logit" } as const;
  const { graph: backward, seed, scores, gradients } = differentiate({ graph, shapes }, wanted);
  for (const { mean, square } of moments) {
    backward.addOutput(mean);
    backward.addOutput(square);
  }
  return { session: await host.open(backward), ports: { seed, scores, gradients, moments } };
}

function recordOf(logProbabilities: Float32Array, classes: Int32Array, width: number): StepRecord {
  let [loss, right] = [0, 0];
  for (const [row, truth] of classes.entries()) {
    const scores = logProbabilities.subarray(row * width, (row + 1) * width);
    loss -= scores[truth];
    if (scores.indexOf(Math.max(...scores)) === truth) right += 1;
  }
  return { loss: loss / classes.length, accuracy: right / classes.length };
}
