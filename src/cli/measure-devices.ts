import { isSightlineError } from "../core/errors.js";
import { explain } from "../explain/explain.js";
import { MODEL_INPUT } from "../model/input-gradient.js";
import { probePicture } from "../model/prove-device.js";
import type { Model } from "../model/types.js";
import { DEVICE_KINDS, type Device } from "../platform/devices.js";
import { type ModelChoice, openModel } from "./options.js";

/** Passes over a batch are timed for so long, and at least so many of them. */
const TIMED_MS = 1000;
const FEWEST_RUNS = 2;

/** What is found out about a device; differences are shares of the processor's largest value. */
export interface DeviceRow extends Record<string, unknown> {
  readonly device: Device;
  readonly works: "yes" | "no";
  readonly batch?: number;
  readonly "pictures/s"?: number;
  /** Of the first batch, which compiles or places what the device needs. */
  readonly "first batch (ms)"?: number;
  readonly "scores differ"?: string;
  readonly "map differs"?: string;
  readonly "gradient differs"?: string;
  readonly why?: string;
}

interface Answers {
  readonly scores: Float32Array;
  readonly map: Float32Array;
  /** Absent where the model has no gradients. */
  readonly gradient?: Float32Array;
}

/** Every kind of device, the processor first, with a model's speed on it and how near its answers are. */
export async function* measureDevices(
  choice: Omit<ModelChoice, "device">,
  signal: AbortSignal,
): AsyncIterable<DeviceRow> {
  let own: Answers | undefined;
  for (const device of DEVICE_KINDS) {
    try {
      await using model = await openModel({ ...choice, device });
      const speed = await speedOf(model, signal);
      const answers = await answersOf(model, signal);
      own ??= answers;
      yield { device, works: "yes", ...speed, ...(device === "cpu" ? {} : differences(own, answers)) };
    } catch (error) {
      if (device === "cpu" || !isSightlineError(error, "not-supported", "device-lost", "run-failed")) throw error;
      yield { device, works: "no", why: error.message };
    }
  }
}

async function speedOf(model: Model, signal: AbortSignal) {
  const { tensor } = await model.prepare(probePicture());
  const batch = await model.batchSize();
  const data = new Float32Array(batch * tensor.data.length);
  for (let row = 0; row < batch; row++) data.set(tensor.data, row * tensor.data.length);
  const input = { data, dims: [batch, ...tensor.dims.slice(1)] };
  const timed = async () => {
    const started = performance.now();
    await model.run(input, { signal });
    return performance.now() - started;
  };
  const first = await timed();
  let [runs, spent] = [0, 0];
  while (runs < FEWEST_RUNS || spent < TIMED_MS) {
    spent += await timed();
    runs++;
  }
  return { batch, "pictures/s": Math.round((1e4 * batch * runs) / spent) / 10, "first batch (ms)": Math.round(first) };
}

async function answersOf(model: Model, signal: AbortSignal): Promise<Answers> {
  const prepared = await model.prepare(probePicture());
  const { data: scores } = await model.run(prepared.tensor, { signal });
  const target = scores.indexOf(Math.max(...scores));
  const map = (await explain(model, prepared, { targets: target, preset: "speed", signal })).map(target).data;
  if (model.info.noGradients !== undefined) return { scores, map };
  const { gradients } = await model.gradient(prepared.tensor, { target, signal });
  return { scores, map, gradient: gradients.get(MODEL_INPUT)?.data };
}

function differences(own: Answers, other: Answers) {
  return {
    "scores differ": difference(own.scores, other.scores),
    "map differs": difference(own.map, other.map),
    ...(own.gradient && other.gradient && { "gradient differs": difference(own.gradient, other.gradient) }),
  };
}

/** The largest difference of a value, as a share of the largest value. */
function difference(own: Float32Array, other: Float32Array): string {
  let [apart, largest] = [0, 0];
  for (const [i, value] of own.entries()) {
    apart = Math.max(apart, Math.abs(value - other[i]));
    largest = Math.max(largest, Math.abs(value));
  }
  return (apart / (largest || 1)).toExponential(1);
}
