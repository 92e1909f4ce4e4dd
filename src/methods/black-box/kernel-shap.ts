import type { Random } from "../../core/random.js";
import { SEGMENT_LIMITS, type SegmentOptions, segmentPicture } from "../../perturb/segment-masks.js";
import { method } from "../method.js";
import { mapsOf, SAMPLING_LIMITS, type Sampler, type SamplingOptions, sample, samplingCost } from "../sampling.js";
import { TargetScores } from "../target-scores.js";

export interface KernelShapOptions extends SegmentOptions, SamplingOptions {
  /** Coalitions beside the empty and the full one; 2 · count + 2048 when absent, never more than there are. */
  samples?: number;
}

/**
 * KernelSHAP: Shapley values of segments by least squares under the Shapley kernel. Coalitions come in complementary
 * pairs, sizes that fit the budget whole, the rest drawn by their weight; the values add up exactly to the probability
 * of the picture less that of the empty one. Where all coalitions fit, the values are the exact Shapley values.
 * Lundberg & Lee, NeurIPS 2017, theorem 2; pairing: Covert & Lee, AISTATS 2021, §3.3.
 */
export const kernelShap = method<KernelShapOptions>({
  name: "kernel-shap",
  summary: "Shapley values of segments: every segment's fair share of the probability",
  needs: ["forward"],
  signed: true,
  view: "pixels",
  source: "Lundberg & Lee, A Unified Approach to Interpreting Model Predictions, NeurIPS 2017",
  formula: "φ = weighted least squares under the Shapley kernel, with Σ_s φ_s = f(x) − f(base)",
  useWhen:
    "Asks for each segment's fair share of the probability, averaged over all orders of adding segments. The values add up, so shares can be compared.",
  cannotShow:
    "What one segment does alone: its share is spread over all combinations, most of which are pictures that nobody would take. Segments that replace each other share the credit.",
  defaults: { segments: "slic", count: 64, fill: "segment-mean" },
  limits: { ...SEGMENT_LIMITS, samples: { from: 2, whole: true }, ...SAMPLING_LIMITS },
  presets: { speed: { count: 36, samples: 512 }, balance: {}, quality: { count: 100, samples: 6000 } },
  cost: (options) => samplingCost(1 + coalitionCount(options.count, options), options.budget),
  async explain(subject, options) {
    const { NormalEquations } = await import("./normal-equations.js");
    const segments = await segmentPicture(subject, options);
    const total = coalitionCount(options.count, options);
    const drawn = coalitions(segments.count, total, subject.random);
    const empty: Coalition = { shown: new Uint8Array(segments.count), weight: 0 };
    const all = [empty, ...drawn];
    const whole = subject.probabilities(subject.scores).data;
    const scores = new TargetScores(subject);
    const sampler: Sampler = {
      halves: true,
      batch(from, count) {
        const weights = new Float32Array(count * segments.count);
        for (let n = 0; n < count; n++) weights.set(all[from + n].shown, n * segments.count);
        return segments.batch(weights);
      },
      take: (raw) => scores.take(raw),
      maps(half) {
        const nothing = scores.values.map((series) => series[0]);
        const equations = new NormalEquations(segments.count, scores.values.length);
        for (let n = 1; n < scores.count; n++) {
          if (half !== undefined && ((n - 1) >> 1) % 2 !== half) continue;
          const values = scores.values.map((series, t) => series[n] - nothing[t]);
          equations.add(all[n].shown, all[n].weight, values);
        }
        const effects = subject.targets.map((target, t) => whole[target] - nothing[t]);
        return equations.constrained(effects).map((values) => segments.map(values));
      },
    };
    const { passes, convergence, notes } = await sample(subject, all.length, options, sampler);
    return { maps: await mapsOf(sampler), resolved: { passes, convergence, parts: segments.count }, notes };
  },
});

export interface Coalition {
  /** 1 where a part is shown. */
  readonly shown: Uint8Array;
  /** Share of the Shapley kernel that it stands for. */
  readonly weight: number;
}

function coalitionCount(parts: number, { samples, count }: Pick<KernelShapOptions, "samples" | "count">): number {
  const wanted = samples ?? 2 * count + 2048;
  return Math.min(wanted + (wanted % 2), parts < 50 ? 2 ** parts - 2 : Number.POSITIVE_INFINITY);
}

/**
 * Coalitions in complementary pairs (2k and 2k + 1), in random order. Sizes are taken whole, smallest and largest first,
 * while their share of the kernel pays for them; the rest is drawn.
 */
export function coalitions(parts: number, count: number, random: Random): Coalition[] {
  const sizes = Array.from({ length: parts >> 1 }, (_, i) => i + 1);
  const mass = sizes.map((size) => ((2 * size === parts ? 1 : 2) * (parts - 1)) / (size * (parts - size)));
  let massLeft = mass.reduce((sum, value) => sum + value, 0);
  const pairs: [Coalition, Coalition][] = [];
  const pair = (shown: Uint8Array, weight: number) =>
    pairs.push([
      { shown, weight },
      { shown: shown.map((value) => 1 - value), weight },
    ]);
  let next = 0;
  for (; next < sizes.length; next++) {
    const size = sizes[next];
    const subsets = choose(parts, size) * (2 * size === parts ? 1 : 2);
    const left = count - 2 * pairs.length;
    if ((left * mass[next]) / massLeft < subsets - 1e-8) break;
    const weight = mass[next] / subsets;
    for (const members of combinations(parts, size)) {
      if (2 * size === parts && members[0] !== 0) break;
      pair(indicator(parts, members), weight);
    }
    massLeft -= mass[next];
  }
  const drawn = next < sizes.length ? (count >> 1) - pairs.length : 0;
  const order = Uint32Array.from({ length: parts }, (_, i) => i);
  for (let k = 0; k < drawn; k++) {
    let at = random.uniform() * massLeft;
    let pick = next;
    while (pick < sizes.length - 1 && at >= mass[pick]) at -= mass[pick++];
    random.shuffle(order);
    pair(indicator(parts, order.subarray(0, sizes[pick])), massLeft / (2 * drawn));
  }
  return random.shuffle(pairs).flat();
}

function indicator(parts: number, members: Iterable<number>): Uint8Array {
  const shown = new Uint8Array(parts);
  for (const member of members) shown[member] = 1;
  return shown;
}

function choose(n: number, k: number): number {
  let result = 1;
  for (let i = 1; i <= k; i++) result = (result * (n - k + i)) / i;
  return Math.round(result);
}

/** All subsets of `size` out of 0 … n − 1, in lexicographic order. */
function* combinations(n: number, size: number): Generator<number[]> {
  const members = Array.from({ length: size }, (_, i) => i);
  for (;;) {
    yield members;
    let i = size - 1;
    while (i >= 0 && members[i] === n - size + i) i--;
    if (i < 0) return;
    members[i]++;
    for (let j = i + 1; j < size; j++) members[j] = members[j - 1] + 1;
  }
}
