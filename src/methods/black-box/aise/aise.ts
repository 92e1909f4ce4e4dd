import { SightlineError } from "../../../core/errors.js";
import { FILLS, type Fill, fillTensor, subtract } from "../../../perturb/fill.js";
import { type DetectorSubject, isDetectorSubject, sameLabelSimilarity } from "../../detector-subject.js";
import { type MethodResult, method, type Subject } from "../../method.js";
import { checkBudget, halvesAgree, SAMPLING_LIMITS, type SamplingOptions, samplingCost } from "../../sampling.js";
import {
  bestKernel,
  type Kernel,
  type KernelScores,
  type KernelSpace,
  kernelDensity,
  kernelMasks,
  searchKernels,
} from "./kernel-search.js";

export interface AiseOptions extends SamplingOptions {
  /** Widths of the Gaussian windows, as shares of the picture's shorter side; of a detector's box when absent. */
  sigmas?: readonly number[];
  /** Windows looked at for each width. */
  iterations: number;
  /** DIRECT's ε: larger searches wider. */
  epsilon: number;
  /** What is shown where a window hides. */
  fill: Fill;
}

const even = (from: number, to: number, count: number) =>
  Array.from({ length: count }, (_, i) => from + ((to - from) * i) / (count - 1));

const CLASSIFIER_SIGMAS = even(0.1, 0.25, 3);
/** A detector's windows are the box's shorter side over these. */
const DETECTOR_DIVISORS = even(7, 1, 3);
/** How far beyond the box the centres may lie, as a share of its sides. */
const DETECTOR_MARGIN = 0.5;

/**
 * Adaptive Input Sampling for Explanation: for every width σ, DIRECT looks for the Gaussian window m that keeps the class
 * and without which it is lost, max f(x·m) − f(x·(1−m)); the map is what was looked at, Σ score · window over its largest
 * value, summed over σ. Every pass counts and every pass is used. For a box of a detector only f(x·m) is maximised, with
 * f = max IoU · confidence over boxes of its label, around the box. OpenVINO XAI 1.1.
 */
export const aise = method<AiseOptions>({
  name: "aise",
  summary: "the Gaussian windows that keep a class, searched for with DIRECT; few passes, smooth maps",
  needs: ["forward"],
  signed: false,
  view: "pixels",
  source: "OpenVINO XAI 1.1, AISE; Jones, Perttunen & Stuckman, DIRECT, 1993",
  formula:
    "map = Σ_σ Σ_i s_i · m_i / max, m_i Gaussian windows, s_i = f(x ⊙ m_i) − f(x ⊙ (1 − m_i)), searched for with DIRECT",
  useWhen:
    "Asks for the window that keeps the class and without which it is lost. Smooth maps from few passes, for classifiers and for boxes of detectors.",
  cannotShow: "Shapes other than soft discs, and several objects at once: the search may settle on one of them.",
  defaults: { iterations: 50, epsilon: 0.1, fill: "zero" },
  limits: {
    sigmas: { each: { above: 0 } },
    iterations: { from: 1, whole: true },
    epsilon: { from: 0 },
    fill: FILLS,
    ...SAMPLING_LIMITS,
  },
  presets: { speed: { iterations: 20 }, balance: {}, quality: { sigmas: even(0.075, 0.25, 5) } },
  cost({ sigmas = CLASSIFIER_SIGMAS, iterations, budget }, model) {
    return samplingCost(sigmas.length * iterations * (model?.task === "detection" ? 1 : 2), budget);
  },
  explain: (subject, options) =>
    isDetectorSubject(subject) ? explainBoxes(subject, options) : explainClasses(subject, options),
});

function explainClasses(subject: Subject, options: AiseOptions): Promise<MethodResult> {
  const { width, height } = subject.geometry;
  const sigmas = (options.sigmas ?? CLASSIFIER_SIGMAS).map((sigma) => sigma * Math.min(width, height));
  const space: KernelSpace = { x: [0, width], y: [0, height], sigmas };
  return search(
    subject,
    options,
    subject.targets.map(() => space),
    true,
  );
}

function explainBoxes(subject: DetectorSubject, options: AiseOptions): Promise<MethodResult> {
  const { width, height } = subject.geometry;
  const within = (low: number, high: number, size: number) => {
    const margin = DETECTOR_MARGIN * (high - low);
    return [Math.max(0, low - margin), Math.min(size, high + margin)] as const;
  };
  const spaces = subject.targets.map((target): KernelSpace => {
    const [x1, y1, x2, y2] = subject.objects[target].box;
    const short = Math.min(x2 - x1, y2 - y1);
    const sigmas = options.sigmas?.map((sigma) => sigma * Math.min(width, height));
    return {
      x: within(x1, x2, width),
      y: within(y1, y2, height),
      sigmas: sigmas ?? DETECTOR_DIVISORS.map((divisor) => short / divisor),
    };
  });
  return search(subject.scoredBy(sameLabelSimilarity), options, spaces, false);
}

/** @param complements whether a window's score is what it keeps less what is left without it */
async function search(
  subject: Subject,
  options: AiseOptions,
  spaces: readonly KernelSpace[],
  complements: boolean,
): Promise<MethodResult> {
  checkBudget(options);
  const { budget, epsilon, until } = options;
  const { width, height } = subject.geometry;
  const passesEach = complements ? 2 : 1;
  const iterations = affordedIterations(options, spaces, passesEach);
  const deadline = performance.now() + (budget?.milliseconds ?? Number.POSITIVE_INFINITY);
  const total = passesEach * searchesIn(spaces) * iterations;
  const windows = new WindowScorer(subject, options.fill, complements, await subject.batchSize());
  let late = false;
  let convergence: number | undefined;
  const mapsOf = (scores: KernelScores) => scores.map((scored) => kernelDensity(scored, width, height));
  const agreement = (scores: KernelScores) =>
    halvesAgree((half) =>
      mapsOf(scores.map((widths) => widths.map((scored) => scored.filter((_, n) => n % 2 === half)))),
    );
  const converged = () => until !== undefined && convergence !== undefined && convergence >= until.correlation;
  const scores = await searchKernels({
    spaces,
    iterations,
    epsilon,
    score: (kernels) => windows.score(kernels),
    async step(soFar) {
      const done = soFar.flat(2).length * passesEach;
      if (until || done === total) convergence = await agreement(soFar);
      subject.progress({ done, total, convergence, maps: () => mapsOf(soFar) });
      late = performance.now() >= deadline;
      return !late && !converged();
    },
  });
  const { passes } = windows;
  return {
    maps: mapsOf(scores),
    resolved: { passes, convergence, best: scores.map(bestKernel) },
    notes: notesOf(scores, { late, converged: converged(), passes, afforded: iterations, wanted: options.iterations }),
  };
}

const searchesIn = (spaces: readonly KernelSpace[]) => spaces.reduce((sum, { sigmas }) => sum + sigmas.length, 0);

/** Windows for each width and target that the budget pays for. @throws SightlineError `bad-config` for less than one */
function affordedIterations(
  { iterations, budget }: AiseOptions,
  spaces: readonly KernelSpace[],
  passesEach: number,
): number {
  const searches = searchesIn(spaces);
  const afforded = Math.floor((budget?.passes ?? Number.POSITIVE_INFINITY) / (passesEach * searches));
  if (afforded >= 1) return Math.min(iterations, afforded);
  throw new SightlineError("bad-config", `budget.passes is ${budget?.passes}`, {
    received: budget?.passes,
    expected: `at least ${passesEach * searches}: one window for each of ${searches} widths and targets`,
  });
}

/** Scores windows for every target of a subject, in batches, and counts the passes. */
class WindowScorer {
  passes = 0;
  readonly #tensors;
  readonly #copies: number;
  readonly #windowsAtOnce: number;

  constructor(
    private readonly subject: Subject,
    fill: Fill,
    private readonly complements: boolean,
    batchSize: number,
  ) {
    const base = fillTensor(subject, fill);
    this.#tensors = { base, delta: subtract(subject.input, base) };
    this.#copies = complements ? 2 : 1;
    this.#windowsAtOnce = Math.max(1, Math.floor(batchSize / this.#copies));
  }

  /** [windows][targets] */
  async score(kernels: readonly Kernel[]): Promise<Float64Array[]> {
    const batches: Promise<Float64Array[]>[] = [];
    for (let i = 0; i < kernels.length; i += this.#windowsAtOnce) {
      batches.push(this.#scoreBatch(kernels.slice(i, i + this.#windowsAtOnce)));
    }
    return (await Promise.all(batches)).flat();
  }

  async #scoreBatch(kernels: readonly Kernel[]): Promise<Float64Array[]> {
    const { targets, geometry } = this.subject;
    const masks = kernelMasks(kernels, geometry.width, geometry.height, this.complements);
    const { data, dims } = this.subject.probabilities(await this.subject.masked({ ...this.#tensors, ...masks }));
    this.passes += masks.count;
    return kernels.map((_, k) =>
      Float64Array.from(targets, (target) => {
        const kept = data[k * this.#copies * dims[1] + target];
        return this.complements ? kept - data[(k * this.#copies + 1) * dims[1] + target] : kept;
      }),
    );
  }
}

function notesOf(
  scores: KernelScores,
  run: { late: boolean; converged: boolean; passes: number; afforded: number; wanted: number },
): string[] {
  const notes: string[] = [];
  if (run.converged) notes.push(`stopped after ${run.passes} passes: the map has converged`);
  else if (run.late)
    notes.push(`stopped by the budget after ${run.passes} passes; cut by time, so another run may use others`);
  else if (run.afforded < run.wanted)
    notes.push(`the budget pays for ${run.afforded} of ${run.wanted} windows a width`);
  if (scores.some((scored) => bestKernel(scored).score <= 0)) {
    notes.push("low signal: no window keeps the class better than hiding it does");
  }
  return notes;
}
