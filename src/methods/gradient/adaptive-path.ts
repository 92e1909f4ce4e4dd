import type { Tensor } from "../../core/tensor.js";
import type { Subject } from "../method.js";
import { type GradientOptions, inputSlope } from "../pixel-gradients.js";
import { targetScores } from "./path-integral.js";

/** Points before the first look at the gap: both ends and the middle. */
const FEWEST_POINTS = 3;
/** Gradients kept at a time, in values: 512 MiB. */
const MOST_VALUES = 2 ** 27;

/** A point of the straight path, 0 at the baseline and 1 at the picture. */
interface PathPoint {
  readonly at: number;
  readonly score: number;
  /** Change of the score along the path: the gradient times the difference. */
  readonly slope: number;
  readonly gradient: Float32Array;
}

export interface AdaptivePathOptions {
  readonly target: number;
  readonly baseline: Tensor;
  readonly score: GradientOptions["score"];
  /** Largest completeness gap, as a share of the difference of the scores. */
  readonly completeness: number;
  /** Where adding points stops; the memory of their gradients may stop it before. */
  readonly maxSteps: number;
  /** Called after each gradient with their number. */
  progress(steps: number): void;
}

export interface AdaptivePathResult {
  /** Attributions by element. */
  readonly sum: Float64Array;
  /** What the attributions lack of the difference of the scores. */
  readonly gap: number;
  readonly difference: number;
  readonly steps: number;
}

/**
 * Integral of the gradient along the straight path, with points where the score bends: each gradient comes with its score,
 * so for every interval it is known what the trapezoid rule misses there, and the one that misses most is halved. Steps
 * placed by the score's curve: Bhat & Raychowdhury, arXiv 2302.11107, who place them once, by the score alone.
 */
export async function adaptivePath(subject: Subject, options: AdaptivePathOptions): Promise<AdaptivePathResult> {
  const { completeness, progress } = options;
  const size = subject.input.data.length;
  const most = Math.max(2, Math.min(options.maxSteps, Math.floor(MOST_VALUES / size)));
  const points = [await pointAt(subject, options, 0), await pointAt(subject, options, 1)];
  progress(points.length);
  const difference = points[1].score - points[0].score;
  const gapOf = () => difference - points.slice(1).reduce((sum, to, i) => sum + trapezoid(points[i], to), 0);
  const misses = () => Math.abs(gapOf()) > completeness * Math.abs(difference);
  while (points.length < most && (points.length < FEWEST_POINTS || misses())) {
    const i = worstInterval(points);
    points.splice(i + 1, 0, await pointAt(subject, options, (points[i].at + points[i + 1].at) / 2));
    progress(points.length);
  }
  return { sum: attributions(subject, options.baseline, points), gap: gapOf(), difference, steps: points.length };
}

async function pointAt(
  subject: Subject,
  { target, baseline, score }: AdaptivePathOptions,
  at: number,
): Promise<PathPoint> {
  const { data: to, dims } = subject.input;
  const { data: from } = baseline;
  const data = Float32Array.from(to, (value, p) => from[p] + at * (value - from[p]));
  const answer = await subject.gradient({ data, dims }, { target, score });
  const gradient = inputSlope(answer);
  let slope = 0;
  for (const [p, value] of gradient.entries()) slope += value * (to[p] - from[p]);
  return { at, gradient, slope, score: targetScores(subject, answer.scores, target, score)[0] };
}

const trapezoid = (a: PathPoint, b: PathPoint): number => ((b.at - a.at) * (a.slope + b.slope)) / 2;

/** Where the rule is furthest from the difference of the scores; the first of several. */
function worstInterval(points: readonly PathPoint[]): number {
  let [worst, most] = [0, -1];
  for (let i = 0; i + 1 < points.length; i++) {
    const [a, b] = [points[i], points[i + 1]];
    const missed = Math.abs(b.score - a.score - trapezoid(a, b));
    if (missed > most) [worst, most] = [i, missed];
  }
  return worst;
}

function attributions(subject: Subject, { data: from }: Tensor, points: readonly PathPoint[]): Float64Array {
  const to = subject.input.data;
  const sum = new Float64Array(to.length);
  for (const [i, { gradient }] of points.entries()) {
    const weight = ((points[i + 1] ?? points[i]).at - (points[i - 1] ?? points[i]).at) / 2;
    for (let p = 0; p < sum.length; p++) sum[p] += weight * gradient[p];
  }
  for (let p = 0; p < sum.length; p++) sum[p] *= to[p] - from[p];
  return sum;
}
