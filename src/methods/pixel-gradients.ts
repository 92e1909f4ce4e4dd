import type { MethodStep } from "../core/method-step.js";
import { type Limits, wordsOf } from "../core/options.js";
import { pixelIndex } from "../core/pixel-index.js";
import type { RawMap } from "../core/raw-map.js";
import type { Tensor } from "../core/tensor.js";
import { MODEL_INPUT, MOST_AT_ONCE } from "../model/input-gradient.js";
import type { GradientRequest, Gradients } from "../model/types.js";
import type { Subject } from "./method.js";

/** How the gradients of a pixel's channels become one value: their sum, or the largest (by magnitude, as it is). */
export type ChannelRule = "sum" | "largest" | "maximum";

/** Options that every method on input gradients has. */
export interface GradientOptions {
  /** Whether the class's raw score before softmax or sigmoid is differentiated, or its probability. */
  score: "logit" | "probability";
  /** How the channels of a pixel become one: `sum`, `largest` (by magnitude, sign kept) or `maximum` (signed). */
  channels: ChannelRule;
}

export const GRADIENT_DEFAULTS: GradientOptions = { score: "logit", channels: "sum" };

export const SCORES = wordsOf<GradientOptions["score"]>({ logit: true, probability: true });
export const GRADIENT_LIMITS: Limits<GradientOptions> = {
  score: SCORES,
  channels: wordsOf<ChannelRule>({ sum: true, largest: true, maximum: true }),
};

/** Inputs sent to the model at once: on a processor, which takes them one by one, few, so that progress is told often. */
const chunkOn = (device: string): number => (device === "cpu" ? 4 : MOST_AT_ONCE);
/** How many such sends are under way. */
const UNDER_WAY = 2;

/** One value a pixel of values a channel. */
export function collapse(values: ArrayLike<number>, geometry: Subject["geometry"], rule: ChannelRule): RawMap {
  const { channels, height, width } = geometry;
  const at = pixelIndex(geometry);
  const data = new Float32Array(width * height);
  for (let p = 0; p < data.length; p++) {
    let sum = values[at(0, p)];
    for (let c = 1; c < channels; c++) {
      const value = values[at(c, p)];
      if (rule === "sum") sum += value;
      else if (rule === "maximum" ? value > sum : Math.abs(value) > Math.abs(sum)) sum = value;
    }
    data[p] = sum;
  }
  return { data, width, height };
}

/** Gradient of one target's score with respect to the model's input, by element. */
export async function inputGradientOf(
  subject: Subject,
  target: number | Float32Array,
  request: Pick<GradientRequest, "score" | "relu">,
  input = subject.input,
): Promise<Float32Array> {
  return inputSlope(await subject.gradient(input, { target, ...request }));
}

/** The gradient with respect to the model's input, by element. */
export const inputSlope = ({ gradients }: Gradients): Float32Array => (gradients.get(MODEL_INPUT) as Tensor).data;

/** What a sequence of gradients is asked for and given. */
export interface GradientRun {
  readonly count: number;
  readonly target: number;
  readonly score: GradientOptions["score"];
  /** Writes the i-th input. */
  fill(i: number, into: Float32Array): void;
  /** Takes the i-th gradient. */
  take(i: number, gradient: Float32Array): void;
  /** What the gradients from the i-th on were, for listeners who show them. */
  step?(i: number, gradients: readonly Float32Array[], scores: Tensor): MethodStep;
}

/**
 * Gradients at many inputs: a few go at a time, and the next are made while the model works.
 * @param done passes before this run, of `total`, for progress
 */
export async function eachGradient(subject: Subject, run: GradientRun, done = 0, total = run.count): Promise<void> {
  const { data, dims } = subject.input;
  const chunk = chunkOn(subject.info.device);
  const waiting: Promise<void>[] = [];
  const finish = async (from: number, count: number, answer: ReturnType<Subject["gradient"]>) => {
    const answered = await answer;
    const slope = inputSlope(answered);
    const gradients = Array.from({ length: count }, (_, i) => slope.subarray(i * data.length, (i + 1) * data.length));
    for (const [i, gradient] of gradients.entries()) run.take(from + i, gradient);
    const step = run.step && (() => (run.step as NonNullable<GradientRun["step"]>)(from, gradients, answered.scores));
    subject.progress({ done: done + from + count, total, ...(step && { step }) });
  };
  try {
    for (let from = 0; from < run.count; from += chunk) {
      const count = Math.min(chunk, run.count - from);
      const batch = new Float32Array(count * data.length);
      for (let i = 0; i < count; i++) run.fill(from + i, batch.subarray(i * data.length, (i + 1) * data.length));
      const asked = subject.gradient(
        { data: batch, dims: [count, ...dims.slice(1)] },
        { target: run.target, score: run.score },
      );
      const job = finish(from, count, asked);
      // A job may fail while an earlier one is awaited; it is still awaited itself.
      job.catch(() => {});
      waiting.push(job);
      if (waiting.length >= UNDER_WAY) await waiting.shift();
    }
    await Promise.all(waiting);
  } finally {
    await Promise.allSettled(waiting);
  }
}
