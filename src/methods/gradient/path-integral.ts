import type { PathStep } from "../../core/method-step.js";
import { wordsOf } from "../../core/options.js";
import type { Tensor } from "../../core/tensor.js";
import type { Subject } from "../method.js";
import { eachGradient, type GradientOptions } from "../pixel-gradients.js";

export type Quadrature = "midpoint" | "gauss-legendre" | "trapezoid";

export const QUADRATURES = wordsOf<Quadrature>({ midpoint: true, "gauss-legendre": true, trapezoid: true });

/** Nodes in 0…1 and their weights, which sum to 1. */
export interface Rule {
  readonly nodes: readonly number[];
  readonly weights: readonly number[];
}

/** A rule of integration over 0…1 with some number of nodes. */
export function quadrature(kind: Quadrature, steps: number): Rule {
  if (kind === "gauss-legendre") return gaussLegendre(steps);
  const even = Array.from({ length: steps }, (_, i) => i);
  if (kind === "midpoint" || steps === 1) {
    return { nodes: even.map((i) => (i + 0.5) / steps), weights: even.map(() => 1 / steps) };
  }
  const width = 1 / (steps - 1);
  return { nodes: even.map((i) => i * width), weights: even.map((i) => (i % (steps - 1) ? width : width / 2)) };
}

/** Roots of the Legendre polynomial by Newton's iteration. */
function gaussLegendre(steps: number): Rule {
  const nodes = new Array<number>(steps);
  const weights = new Array<number>(steps);
  for (let i = 0; i < steps; i++) {
    let x = Math.cos((Math.PI * (i + 0.75)) / (steps + 0.5));
    let slope = 1;
    for (let iteration = 0; iteration < 100; iteration++) {
      let [previous, value] = [1, x];
      for (let k = 2; k <= steps; k++) [previous, value] = [value, ((2 * k - 1) * x * value - (k - 1) * previous) / k];
      slope = (steps * (x * value - previous)) / (x * x - 1);
      const change = value / slope;
      x -= change;
      if (Math.abs(change) < 1e-15) break;
    }
    nodes[steps - 1 - i] = (1 + x) / 2;
    weights[steps - 1 - i] = 1 / ((1 - x * x) * slope * slope);
  }
  return { nodes, weights };
}

/** A straight way from a baseline to the picture. */
export interface StraightPath {
  readonly target: number;
  readonly baseline: Tensor;
  readonly rule: Rule;
  readonly score: GradientOptions["score"];
  /** Passes before this way, of `total`, for progress. */
  readonly done: number;
  readonly total: number;
  /** Which baseline it is, where listeners are told of every gradient. */
  readonly told?: number;
}

/** Integral of the gradient along a way, times the difference. */
export async function straightPath(
  subject: Subject,
  { target, baseline, rule, score, done, total, told }: StraightPath,
): Promise<Float64Array> {
  const [from, to] = [baseline.data, subject.input.data];
  const sum = new Float64Array(to.length);
  const steps = rule.nodes.length;
  await eachGradient(
    subject,
    {
      count: steps,
      target,
      score,
      fill: (i, into) => {
        const at = rule.nodes[i];
        for (let p = 0; p < into.length; p++) into[p] = from[p] + at * (to[p] - from[p]);
      },
      take: (i, gradient) => {
        const weight = rule.weights[i];
        for (let p = 0; p < sum.length; p++) sum[p] += weight * gradient[p];
      },
      ...(told !== undefined && {
        step: (i: number, gradients: readonly Float32Array[], scores: Tensor): PathStep => ({
          method: "integrated-gradients",
          target,
          baseline: told,
          steps,
          positions: rule.nodes.slice(i, i + gradients.length),
          weights: rule.weights.slice(i, i + gradients.length),
          gradients,
          difference: to.map((value, p) => value - from[p]),
          scores,
        }),
      }),
    },
    done,
    total,
  );
  for (let p = 0; p < sum.length; p++) sum[p] *= to[p] - from[p];
  return sum;
}

/** What attributions should add up to: the score of the picture less that of a baseline; undefined where it cannot be seen. */
export async function scoreDifference(
  subject: Subject,
  baseline: Tensor,
  score: GradientOptions["score"],
): Promise<((target: number) => number) | undefined> {
  if (!scoresAreExact(subject, score)) return undefined;
  const scores = await subject.run(baseline);
  return (target) =>
    targetScores(subject, subject.scores, target, score)[0] - targetScores(subject, scores, target, score)[0];
}

/** The explained number itself: a class's raw score, or its probability, row by row. */
export function targetScores(
  subject: Subject,
  scores: Tensor,
  target: number,
  kind: GradientOptions["score"],
): number[] {
  const { data, dims } = kind === "probability" ? subject.probabilities(scores) : subject.logits(scores);
  return Array.from({ length: dims[0] }, (_, row) => data[row * dims[1] + target]);
}

/** Where the logits that are differentiated can be had from scores: not behind a softmax, which forgets their mean. */
export const scoresAreExact = (subject: Subject, kind: GradientOptions["score"]): boolean =>
  kind === "probability" || subject.info.activation !== "softmax";
