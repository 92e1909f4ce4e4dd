import { explainFailure } from "#platform/devices";
import { isSightlineError, SightlineError } from "../core/errors.js";
import { random } from "../core/random.js";
import type { RawImage } from "../core/raw-image.js";
import type { Tensor } from "../core/tensor.js";
import type { Device } from "../platform/devices.js";
import { GradientPasses, type ScoreFacts } from "./gradient-passes.js";
import { MODEL_INPUT } from "./input-gradient.js";
import type { Network } from "./network.js";
import type { PassOutputs } from "./passes.js";
import type { DeviceTrial } from "./place.js";
import type { MaskedBatch } from "./types.js";

/** Largest difference of a value, as a share of the largest one: graphics cards add in another order. */
const MOST_DIFFERENCE = 1e-3;
/** Least cosine of two gradients. With TF32, which is refused, it is .996. */
const LEAST_COSINE = 0.999;
const SIDE = 64;

/** What a device is tried on: gradual colours with noise, the same everywhere. */
export function probePicture(): RawImage {
  const { uniform } = random(0);
  const data = Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, i) => {
    const pixel = Math.floor(i / 3);
    const slope = i % 3 === 0 ? pixel % SIDE : Math.floor(pixel / SIDE);
    return Math.floor((128 * slope) / SIDE + 127 * uniform());
  });
  return { data, width: SIDE, height: SIDE };
}

/** What a network is tried on. */
export interface Trial extends DeviceTrial {
  readonly input: Tensor;
  /** Absent where there are no gradients. */
  readonly scores?: ScoreFacts;
}

/**
 * A network on another device, once it gives there what it gives here: scores, a layer, scores of masked copies, gradients.
 * @returns it, and a note that says how near the answers are
 * @throws SightlineError `not-supported` where it cannot run there, or gives something else
 */
export async function provenOn(
  network: Network,
  device: Device,
  trial: Trial,
): Promise<{ network: Network; note: string }> {
  const own = await answersOf(network, trial);
  const slope = trial.scores && { facts: trial.scores, target: best(own, network) };
  const ownGradient = slope && (await gradientOf(network, slope, trial).catch(withoutGradient));
  let other: Network | undefined;
  try {
    other = await network.reopened(network.graph, network.host.threads, device);
    const difference = largestDifference(own, await answersOf(other, trial));
    if (!(difference <= MOST_DIFFERENCE)) {
      throw differs(
        device,
        `values differ by ${share(difference)} of the largest`,
        `at most ${share(MOST_DIFFERENCE)}`,
      );
    }
    const speed = trial.ifFaster ? await checkFaster(device, network, other, trial) : "";
    const close = `values differ by at most ${difference.toExponential(0)} of the largest`;
    if (!ownGradient) return { network: other, note: noteOf(device, close + speed) };
    const alike = cosine(ownGradient, await gradientOf(other, slope, trial));
    if (!(alike >= LEAST_COSINE)) {
      throw differs(
        device,
        `its gradients' cosine to the processor's is ${alike.toFixed(4)}`,
        `at least ${LEAST_COSINE}`,
      );
    }
    return { network: other, note: noteOf(device, `${close}, gradients' cosine is ${alike.toFixed(6)}${speed}`) };
  } catch (error) {
    await other?.close();
    throw refusal(device, error);
  }
}

/** Runs of which the fastest counts. */
const TIMED_RUNS = 3;

/**
 * How much faster masked copies pass, for the note.
 * @throws SightlineError `not-supported` where they do not
 */
async function checkFaster(device: Device, own: Network, other: Network, trial: Trial): Promise<string> {
  const [before, after] = [await fastest(own, trial), await fastest(other, trial)];
  const times = (before / after).toPrecision(2);
  if (after < before) return `, ${times} times as fast in this run`;
  throw new SightlineError("not-supported", `'${device}' is slower than the processor here (${times} times as fast)`, {
    received: device,
  });
}

async function fastest(network: Network, { input, signal }: Trial): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run < TIMED_RUNS; run++) {
    let milliseconds = 0;
    await network.masked(quarters(network, input), { signal }, (pass) => {
      milliseconds += pass.milliseconds;
    });
    times.push(milliseconds);
  }
  return Math.min(...times);
}

const noteOf = (device: Device, how: string) => `runs on ${device}, checked against the processor: ${how}`;

const share = (value: number) => `${(100 * value).toPrecision(2)} %`;

function differs(device: Device, how: string, expected: string): SightlineError {
  return new SightlineError("not-supported", `'${device}' does not give the processor's answers: ${how}`, {
    received: device,
    expected,
    next: "use device: 'cpu'",
  });
}

function refusal(device: Device, error: unknown): unknown {
  if (!isSightlineError(error) || error.code === "aborted" || error.code === "not-supported") return error;
  const missing = explainFailure(device, String(error.cause ?? error.message));
  if (missing) {
    return new SightlineError("not-supported", `'${device}' cannot be used here: ${missing.why}`, {
      received: device,
      next: missing.next,
      cause: error,
    });
  }
  return new SightlineError("not-supported", `'${device}' cannot run this model: ${error.message}`, {
    received: device,
    next: "use device: 'cpu'",
    cause: error,
  });
}

/** Where the processor has no gradient either, there is nothing to compare; who asks for one is told why. */
function withoutGradient(error: unknown): undefined {
  if (!isSightlineError(error) || error.code === "aborted") throw error;
}

type Answers = ReadonlyMap<string, Float32Array>;

const keyOf = (what: "picture" | "layer" | "masked", row: number, name: string) => JSON.stringify([what, row, name]);

/** The class that has the highest score on the picture. */
function best(answers: Answers, { outputs: [scores] }: Network): number {
  const data = answers.get(keyOf("picture", 0, scores)) as Float32Array;
  return data.indexOf(data.reduce((most, value) => Math.max(most, value)));
}

/** Everything that passes of a network give for an input, by what it is. */
async function answersOf(network: Network, { input, signal }: Trial): Promise<Answers> {
  const answers = new Map<string, Float32Array>();
  const layers = network.layers.slice(0, 1).map(({ name }) => name);
  const collectAs = (what: "picture" | "masked") => (pass: PassOutputs) => {
    for (let i = 0; i < pass.count; i++) {
      for (const [name, { data }] of Object.entries(pass.row(i, network.outputs))) {
        answers.set(keyOf(what, pass.start + i, name), data.slice());
      }
    }
  };
  const inner = await network.forward(input, { layers, signal }, collectAs("picture"));
  for (const [name, { data }] of inner) answers.set(keyOf("layer", 0, name), data);
  await network.masked(quarters(network, input), { signal }, collectAs("masked"));
  return answers;
}

/** Four copies, each without one quarter. */
function quarters({ input: { width, height } }: Network, delta: Tensor): MaskedBatch {
  const labels = Int32Array.from({ length: width * height }, (_, i) => {
    const right = i % width >= width / 2;
    const below = Math.floor(i / width) >= height / 2;
    return Number(right) + 2 * Number(below);
  });
  const weights = Float32Array.from({ length: 16 }, (_, i) => (i % 4 === Math.floor(i / 4) ? 0 : 1));
  return { delta, count: 4, masks: { kind: "segments", segments: 4, labels, weights } };
}

/** d score / d input. */
async function gradientOf(
  network: Network,
  { facts, target }: { facts: ScoreFacts; target: number },
  { input, signal }: Trial,
): Promise<Float32Array> {
  const passes = new GradientPasses(network, facts);
  const { gradients } = await passes.run(input, { target, signal });
  return (gradients.get(MODEL_INPUT) as Tensor).data;
}

function largestDifference(a: Answers, b: Answers): number {
  return Math.max(...[...a].map(([name, values]) => differenceOf(values, b.get(name) ?? new Float32Array())));
}

/** Largest difference of two lists as a share of the largest value; infinite where they cannot be compared. */
function differenceOf(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let most = 0;
  let largest = 0;
  for (const [i, value] of a.entries()) {
    if (Object.is(value, b[i])) continue;
    const apart = Math.abs(value - b[i]);
    most = Math.max(most, Number.isNaN(apart) ? Number.POSITIVE_INFINITY : apart);
  }
  if (most === 0) return 0;
  for (const value of a) if (Number.isFinite(value)) largest = Math.max(largest, Math.abs(value));
  return most / largest;
}

/** 1 where both are zero. */
function cosine(a: Float32Array, b: Float32Array): number {
  let [ab, aa, bb] = [0, 0, 0];
  for (const [i, value] of a.entries()) {
    ab += value * b[i];
    aa += value * value;
    bb += b[i] * b[i];
  }
  return aa === 0 && bb === 0 ? 1 : ab / Math.sqrt(aa * bb);
}
