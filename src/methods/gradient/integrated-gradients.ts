import { SightlineError } from "../../core/errors.js";
import { checkLimited } from "../../core/options.js";
import type { RawMap } from "../../core/raw-map.js";
import { sum as total } from "../../core/statistics.js";
import { type Fill, fillTensor } from "../../perturb/fill.js";
import { type MethodResult, method, type Subject } from "../method.js";
import { collapse, GRADIENT_DEFAULTS, GRADIENT_LIMITS, type GradientOptions } from "../pixel-gradients.js";
import { type AdaptivePathResult, adaptivePath } from "./adaptive-path.js";
import {
  QUADRATURES,
  type Quadrature,
  quadrature,
  scoreDifference,
  scoresAreExact,
  straightPath,
} from "./path-integral.js";

export interface IntegratedGradientsOptions extends GradientOptions {
  /** Gradients along each path. */
  steps: number;
  /** Where paths start; attributions are averaged over several. */
  baseline: Fill | readonly Fill[];
  /** Where on the path gradients are taken, and their weights. */
  quadrature: Quadrature;
  /** Steps are doubled until the completeness gap is at most this share of the score difference. */
  tolerance?: number;
  /**
   * Instead of `steps`: gradients are taken where the score bends along the path, until what the attributions lack of the
   * score difference is at most this share of it. Errors of opposite sign cancel in the gap: a small one does not prove
   * that the map has settled.
   */
  until?: Completeness;
  /** Most gradients along a path with `tolerance` or `until`; at least 2 are taken. */
  maxSteps: number;
}

/** When integrated gradients are complete enough. */
export interface Completeness {
  /** Share of the score difference, 1e-9…1. */
  completeness: number;
}

const UNSEEN = "the graph ends in a softmax: the completeness of logits cannot be measured, that of probabilities can";

/**
 * Integrated gradients: the mean gradient on the straight way from a baseline to the picture, times the difference. The
 * attributions add up to the difference of the scores; by how much they miss it is the completeness gap in `resolved`.
 * Sundararajan, Taly & Yan, ICML 2017, eq. 1 and 3.
 */
export const integratedGradients = method<IntegratedGradientsOptions>({
  name: "integrated-gradients",
  summary: "gradients summed from a baseline to the picture; they add up to the score",
  needs: ["gradient"],
  signed: true,
  view: "outlines",
  source: "Sundararajan, Taly & Yan, Axiomatic Attribution for Deep Networks, ICML 2017",
  formula: "map = (x − x₀) ⊙ ∫₀¹ ∂score/∂x (x₀ + t·(x − x₀)) dt",
  useWhen:
    "Asks how the difference between picture and baseline adds up pixel by pixel. For attributions that add up, with the gap reported.",
  cannotShow:
    "Pixels that have the baseline's colour: black objects get nothing from a black baseline. The baseline is part of the question, and noise along the path is part of the answer.",
  defaults: { ...GRADIENT_DEFAULTS, steps: 50, baseline: "black", quadrature: "midpoint", maxSteps: 800 },
  limits: {
    ...GRADIENT_LIMITS,
    steps: { from: 1, to: 1e5, whole: true },
    baseline: undefined,
    quadrature: QUADRATURES,
    tolerance: { from: 1e-9, to: 1 },
    until: undefined,
    maxSteps: { from: 1, to: 1e5, whole: true },
  },
  presets: { speed: { steps: 20 }, balance: {}, quality: { steps: 100, baseline: ["black", "white"] } },
  cost({ steps, baseline, until, maxSteps }) {
    const paths = [baseline].flat().length;
    return until ? { forward: 0, backward: maxSteps * paths } : { forward: paths, backward: steps * paths };
  },
  async explain(subject, options) {
    checkUntil(options);
    return options.until ? untilComplete(subject, options, options.until) : withFixedSteps(subject, options);
  },
});

const COMPLETENESS = { completeness: { from: 1e-9, to: 1 } } as const;

/** @throws SightlineError `bad-config`, `unknown-option` */
function checkUntil({ until, tolerance }: IntegratedGradientsOptions): void {
  if (until === undefined) return;
  checkLimited("until", until, COMPLETENESS);
  if (until.completeness === undefined) {
    throw new SightlineError("bad-config", "until has no completeness", { expected: "{ completeness: 0.01 }" });
  }
  if (tolerance === undefined) return;
  throw new SightlineError("bad-config", "until and tolerance were both given", {
    expected: "one of them: until places the steps, tolerance doubles them",
  });
}

/** Maps of steps that stand where the score bends, as many as the gap takes. */
async function untilComplete(
  subject: Subject,
  { score, channels, baseline, maxSteps }: IntegratedGradientsOptions,
  { completeness }: Completeness,
): Promise<MethodResult> {
  if (!scoresAreExact(subject, score)) {
    throw new SightlineError("not-supported", `until: ${UNSEEN}`, { next: "use score: 'probability', or steps" });
  }
  const baselines = [baseline].flat().map((fill) => fillTensor(subject, fill));
  const runs: AdaptivePathResult[] = [];
  const maps: RawMap[] = [];
  for (const target of subject.targets) {
    const mean = new Float64Array(subject.input.data.length);
    for (const from of baselines) {
      const progress = (steps: number) => {
        const whole = subject.targets.length * baselines.length * maxSteps;
        subject.progress({ done: runs.length * maxSteps + steps, total: whole });
      };
      const run = await adaptivePath(subject, { target, baseline: from, score, completeness, maxSteps, progress });
      runs.push(run);
      for (let p = 0; p < mean.length; p++) mean[p] += run.sum[p] / baselines.length;
    }
    maps.push(collapse(mean, subject.geometry, channels));
  }
  const short = runs.filter(({ gap, difference }) => Math.abs(gap) > completeness * Math.abs(difference));
  return {
    maps,
    score,
    notes: short.map((run) => shortfall(run, maxSteps)),
    resolved: {
      steps: Math.max(...runs.map(({ steps }) => steps)),
      quadrature: "adaptive trapezoid",
      completenessGap: runs.map(({ gap }) => gap),
    },
  };
}

function shortfall({ steps, gap, difference }: AdaptivePathResult, maxSteps: number): string {
  const why = steps < maxSteps ? "more gradients of this size do not fit into memory" : "allow more with maxSteps";
  return `${steps} steps leave a completeness gap of ${gap.toPrecision(2)} of ${difference.toPrecision(3)}: ${why}`;
}

/** Maps of as many steps as were asked for, doubled where a tolerance is to be met. */
async function withFixedSteps(
  subject: Subject,
  { score, channels, steps, baseline, quadrature: kind, tolerance, maxSteps }: IntegratedGradientsOptions,
): Promise<MethodResult> {
  const baselines = [baseline].flat().map((fill) => fillTensor(subject, fill));
  const differences = [];
  for (const from of baselines) differences.push(await scoreDifference(subject, from, score));
  const maps = [];
  const gaps: number[] = [];
  let most = steps;
  const passes = subject.targets.length * baselines.length * steps;
  for (const [t, target] of subject.targets.entries()) {
    const mean = new Float64Array(subject.input.data.length);
    for (const [b, from] of baselines.entries()) {
      const expected = differences[b]?.(target);
      const integrate = (count: number) =>
        straightPath(subject, {
          target,
          baseline: from,
          rule: quadrature(kind, count),
          score,
          done: (t * baselines.length + b) * steps,
          total: passes,
          told: b,
        });
      let count = steps;
      let sum = await integrate(count);
      const misses = () => Math.abs((expected ?? 0) - total(sum)) > (tolerance ?? 0) * Math.abs(expected ?? 0);
      while (tolerance !== undefined && expected !== undefined && misses() && count * 2 <= maxSteps) {
        count *= 2;
        sum = await integrate(count);
      }
      most = Math.max(most, count);
      if (expected !== undefined) gaps.push(expected - total(sum));
      for (let p = 0; p < mean.length; p++) mean[p] += sum[p] / baselines.length;
    }
    maps.push(collapse(mean, subject.geometry, channels));
  }
  const notes = differences.includes(undefined) ? [UNSEEN] : undefined;
  return { maps, score, notes, resolved: { steps: most, completenessGap: gaps.length ? gaps : undefined } };
}
