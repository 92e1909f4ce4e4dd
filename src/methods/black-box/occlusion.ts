import { SightlineError } from "../../core/errors.js";
import type { StretchedMask } from "../../core/method-step.js";
import type { Tensor } from "../../core/tensor.js";
import type { MaskedBatch } from "../../model/types.js";
import { FILLS, type Fill, fillTensor, subtract } from "../../perturb/fill.js";
import { method } from "../method.js";
import { mapsOf, SAMPLING_LIMITS, type Sampler, type SamplingOptions, sample, samplingCost } from "../sampling.js";

export interface OcclusionOptions extends SamplingOptions {
  /** Side of the square window, in pixels of the model's input; the default is a seventh of its shorter side. */
  window: number;
  /** Step between windows, in pixels of the model's input; the default is a fourteenth of its shorter side. */
  stride: number;
  /** What the window shows. */
  fill: Fill;
}

/**
 * Occlusion sensitivity: how much the class probability drops when a window hides a part, averaged over the windows
 * that cover a pixel. Positive where hiding costs probability, negative where it adds some. Zeiler & Fergus 2014, §4.2.
 */
export const occlusion = method<OcclusionOptions>({
  name: "occlusion",
  summary: "drop of the probability when a sliding window hides a part",
  needs: ["forward"],
  signed: true,
  view: "pixels",
  source: "Zeiler & Fergus, Visualizing and Understanding Convolutional Networks, ECCV 2014",
  formula: "map(p) = mean over windows w that cover p of f(x) − f(x with w hidden)",
  useWhen:
    "Asks what is missed when a window is hidden. The easiest method to explain to anybody, with values in probability.",
  cannotShow:
    "Evidence that stands twice: with one copy hidden, the other still carries the answer. Parts much smaller or larger than the window. The fill is a thing that the model sees, too.",
  defaults: { window: 32, stride: 16, fill: "mean" },
  limits: { window: { from: 1, whole: true }, stride: { from: 1, whole: true }, fill: FILLS, ...SAMPLING_LIMITS },
  inPixels: { window: "length", stride: "length" },
  presets: { speed: { window: 48, stride: 32 }, balance: {}, quality: { window: 32, stride: 8 } },
  cost({ window, stride, budget }, model) {
    const { height, width } = model?.input ?? { height: 224, width: 224 };
    const windows = starts(height, window, stride).length * starts(width, window, stride).length;
    return samplingCost(windows, budget);
  },
  async explain(subject, { window, stride, fill, budget, until }) {
    const { height, width } = subject.geometry;
    checkWindows(window, stride, Math.min(height, width));
    const hidden = fillTensor(subject, fill);
    const base = subject.probabilities(subject.scores).data;
    const windows = spread(starts(height, window, stride), starts(width, window, stride));
    const delta = subtract(hidden, subject.input);
    const size = height * width;
    const halves = [0, 1].map(() => ({
      drops: subject.targets.map(() => new Float64Array(size)),
      covers: new Float64Array(size),
    }));

    const sampler: Sampler = {
      halves: stride < window,
      batch(from, count): MaskedBatch {
        const left = new Float32Array(count * height);
        const right = new Float32Array(count * width);
        for (let n = 0; n < count; n++) {
          const { y, x } = windows[from + n];
          left.fill(1, n * height + y, n * height + y + window);
          right.fill(1, n * width + x, n * width + x + window);
        }
        return { base: subject.input, delta, count, masks: { kind: "separable", rank: 1, left, right } };
      },
      take(scores: Tensor, from) {
        const { data, dims } = subject.probabilities(scores);
        for (let n = 0; n < dims[0]; n++) {
          const { y, x } = windows[from + n];
          const { drops, covers } = halves[(from + n) % 2];
          subject.targets.forEach((target, t) => {
            const drop = base[target] - data[n * dims[1] + target];
            addBox(drops[t], width, y, x, window, drop);
          });
          addBox(covers, width, y, x, window, 1);
        }
      },
      step: (scores, from) => ({
        method: "occlusion",
        from,
        masks: windows.slice(from, from + scores.dims[0]).map((at) => windowMask(at, window, { width, height })),
        scores,
      }),
      *maps(half) {
        const used = half === undefined ? halves : [halves[half]];
        for (const t of subject.targets.keys()) {
          const data = new Float32Array(size);
          for (let p = 0; p < size; p++) {
            const covers = used.reduce((sum, one) => sum + one.covers[p], 0);
            if (covers > 0) data[p] = used.reduce((sum, { drops }) => sum + drops[t][p], 0) / covers;
          }
          yield { data, width, height };
        }
      },
    };
    const outcome = await sample(subject, windows.length, { budget, until }, sampler);
    const { passes, convergence, notes } = outcome;
    const resolved = sampler.halves ? { passes, convergence } : { passes };
    return { maps: await mapsOf(sampler), resolved, notes };
  },
});

function checkWindows(window: number, stride: number, side: number): void {
  if (!(Number.isInteger(window) && window >= 1 && window <= side)) {
    throw new SightlineError("bad-config", `a window of ${window} pixels does not fit`, {
      received: window,
      expected: `a whole number from 1 to ${side}`,
    });
  }
  if (!(Number.isInteger(stride) && stride >= 1 && stride <= window)) {
    throw new SightlineError("bad-config", `a stride of ${stride} pixels leaves gaps between windows`, {
      received: stride,
      expected: `a whole number from 1 to the window's ${window}`,
    });
  }
}

/** Where windows start along an axis: every stride, and one at the far edge. */
function starts(size: number, window: number, stride: number): number[] {
  const last = Math.max(0, size - window);
  const positions = Array.from({ length: Math.floor(last / stride) + 1 }, (_, i) => i * stride);
  if (positions[positions.length - 1] < last) positions.push(last);
  return positions;
}

/** Every window once, in an order that covers the picture evenly from the start (steps of the golden ratio). */
function spread(rows: readonly number[], columns: readonly number[]): { y: number; x: number }[] {
  const all = rows.flatMap((y) => columns.map((x) => ({ y, x })));
  let step = Math.max(1, Math.round(all.length * 0.6180339887));
  const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));
  while (divisor(step, all.length) !== 1) step++;
  return all.map((_, i) => all[(i * step) % all.length]);
}

function windowMask(
  { y, x }: { y: number; x: number },
  window: number,
  { width, height }: { width: number; height: number },
): StretchedMask {
  const box = { x: x / width, y: y / height, width: window / width, height: window / height };
  return { cells: Uint8Array.of(0), columns: 1, rows: 1, box, soft: false, around: 1 };
}

function addBox(sum: Float64Array, width: number, y: number, x: number, side: number, value: number): void {
  for (let row = y; row < y + side; row++) {
    for (let column = x; column < x + side; column++) sum[row * width + column] += value;
  }
}
