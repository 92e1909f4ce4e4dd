import { sum as total } from "../../core/statistics.js";
import { FILLS, type Fill, fillTensor } from "../../perturb/fill.js";
import { method, type Subject } from "../method.js";
import {
  collapse,
  GRADIENT_DEFAULTS,
  GRADIENT_LIMITS,
  type GradientOptions,
  inputGradientOf,
} from "../pixel-gradients.js";
import { scoreDifference } from "./path-integral.js";

export interface GuidedIgOptions extends GradientOptions {
  /** Gradients along the path. */
  steps: number;
  /** Where the path starts. */
  baseline: Fill;
  /** Share of the values that move at a time: those with the smallest gradients. */
  fraction: number;
  /** How far, as a share of the whole way, a value may be off the straight path. */
  maxDistance: number;
}

/**
 * Guided integrated gradients: the path goes first where gradients are small, within a distance of the straight one, and
 * so picks up less of the noise on the way. Kapishnikov et al., CVPR 2021, algorithm 1 with anchors of eq. 8.
 */
export const guidedIg = method<GuidedIgOptions>({
  name: "guided-ig",
  summary: "integrated gradients on a path that avoids noisy gradients",
  needs: ["gradient"],
  signed: true,
  view: "outlines",
  source: "Kapishnikov et al., Guided Integrated Gradients, CVPR 2021",
  formula: "map = ∫ ∂score/∂x dx along a path that changes first the pixels with the smallest gradients",
  useWhen:
    "Asks the same as integrated gradients on a path that picks up less noise. When maps of integrated gradients are speckled.",
  cannotShow:
    "Pixels that have the baseline's colour. The path depends on the model, so that two models are not asked the same question.",
  defaults: { ...GRADIENT_DEFAULTS, steps: 200, baseline: "black", fraction: 0.25, maxDistance: 0.02 },
  limits: {
    ...GRADIENT_LIMITS,
    steps: { from: 1, to: 1e5, whole: true },
    baseline: FILLS,
    fraction: { from: 1e-6, to: 1 },
    maxDistance: { from: 0, to: 1 },
  },
  presets: { speed: { steps: 50 }, balance: {}, quality: { steps: 400 } },
  cost: ({ steps }) => ({ forward: 1, backward: steps }),
  async explain(subject, options) {
    const { score, channels, steps, baseline } = options;
    const from = fillTensor(subject, baseline);
    const difference = await scoreDifference(subject, from, score);
    const maps = [];
    const gaps: number[] = [];
    for (const [n, target] of subject.targets.entries()) {
      const progress = (step: number) =>
        subject.progress({ done: n * steps + step, total: subject.targets.length * steps });
      const sum = await guidedPath(subject, target, from.data, options, progress);
      if (difference) gaps.push(difference(target) - total(sum));
      maps.push(collapse(sum, subject.geometry, channels));
    }
    return { maps, score, resolved: { completenessGap: gaps.length ? gaps : undefined } };
  },
});

async function guidedPath(
  subject: Subject,
  target: number,
  from: Float32Array,
  { score, steps, fraction, maxDistance }: GuidedIgOptions,
  progress: (step: number) => void,
): Promise<Float64Array> {
  const to = subject.input.data;
  const size = to.length;
  const way = Float64Array.from(to, (value, i) => value - from[i]);
  const whole = way.reduce((sum, value) => sum + Math.abs(value), 0);
  const sum = new Float64Array(size);
  if (whole === 0) return sum;
  const length = way.map(Math.abs);
  // Progress of each value along its own way, 0 at the baseline and 1 at the picture.
  const alpha = Float64Array.from(way, (value) => (value === 0 ? 1 : 0));
  for (let step = 0; step < steps; step++) {
    const at = Float32Array.from(alpha, (a, i) => from[i] + a * way[i]);
    const gradient = await inputGradientOf(subject, target, { score }, { data: at, dims: subject.input.dims });
    const magnitude = Float64Array.from(gradient, Math.abs);
    const reached = (step + 1) / steps;
    const [low, high] = [Math.max(reached - maxDistance, 0), Math.min(reached + maxDistance, 1)];
    const before = alpha.slice();
    let rest = -whole * (1 - reached);
    for (let i = 0; i < size; i++) {
      if (alpha[i] < low) alpha[i] = low;
      rest += (1 - alpha[i]) * length[i];
    }
    while (rest > 1e-9 * whole) {
      let open = 0;
      for (let i = 0; i < size; i++) {
        if (alpha[i] >= high) magnitude[i] = Number.POSITIVE_INFINITY;
        else open++;
      }
      if (open === 0) break;
      const threshold = smallest(magnitude, fraction);
      let reach = 0;
      for (let i = 0; i < size; i++) {
        if (magnitude[i] <= threshold && alpha[i] < high) reach += (high - alpha[i]) * length[i];
      }
      const share = Math.min(1, rest / reach);
      for (let i = 0; i < size; i++) {
        if (magnitude[i] > threshold || alpha[i] >= high) continue;
        alpha[i] = share === 1 ? high : alpha[i] + share * (high - alpha[i]);
      }
      rest -= share * reach;
    }
    for (let i = 0; i < size; i++) sum[i] += (alpha[i] - before[i]) * way[i] * gradient[i];
    progress(step + 1);
  }
  return sum;
}

/** The value at a quantile of some numbers, rounded down to one of them, by quickselect. */
function smallest(values: Float64Array, fraction: number): number {
  const work = values.slice();
  const rank = Math.floor(fraction * (work.length - 1));
  for (let [low, high] = [0, work.length - 1]; low < high; ) {
    const pivot = work[(low + high) >> 1];
    let [i, j] = [low, high];
    while (i <= j) {
      while (work[i] < pivot) i++;
      while (work[j] > pivot) j--;
      if (i > j) break;
      const held = work[i];
      work[i++] = work[j];
      work[j--] = held;
    }
    if (rank <= j) high = j;
    else if (rank >= i) low = i;
    else break;
  }
  return work[rank];
}
