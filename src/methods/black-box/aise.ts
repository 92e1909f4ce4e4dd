import { SightlineError } from "../../core/errors.js";
import { type Fill, fillTensor, subtract } from "../../perturb/fill.js";
import { type DetectorSubject, isDetectorSubject, sameLabelSimilarity } from "../detector-subject.js";
import { type MethodResult, method, type Subject } from "../method.js";
import { checkBudget, halvesAgree, type SamplingOptions } from "../sampling.js";
import {
  bestKernel,
  type Kernel,
  type KernelScores,
  type KernelSpace,
  kernelDensity,
  kernelMasks,
  rowsOf,
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
  defaults: { iterations: 50, epsilon: 0.1, fill: "zero" },
  options: ["sigmas", "iterations", "epsilon", "fill", "budget", "until"],
  presets: { speed: { iterations: 20 }, balance: {}, quality: { sigmas: even(0.075, 0.25, 5) } },
  cost({ sigmas = CLASSIFIER_SIGMAS, iterations, budget }, model) {
    const forward = sigmas.length * iterations * (model?.task === "detection" ? 1 : 2);
    return { forward: Math.min(forward, budget?.passes ?? forward), backward: 0 };
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

async function search(
  subject: Subject,
  options: AiseOptions,
  spaces: readonly KernelSpace[],
  complements: boolean,
): Promise<MethodResult> {
  checkOptions(options);
  const { budget, epsilon, until } = options;
  const { targets, geometry } = subject;
  const { width, height } = geometry;
  const passesEach = complements ? 2 : 1;
  const searches = spaces.reduce((sum, { sigmas }) => sum + sigmas.length, 0);
  const afforded = Math.floor((budget?.passes ?? Number.POSITIVE_INFINITY) / (passesEach * searches));
  if (afforded < 1) {
    throw new SightlineError("bad-config", `budget.passes is ${budget?.passes}`, {
      expected: `at least ${passesEach * searches}: one window for each of ${searches} widths and targets`,
    });
  }
  const iterations = Math.min(options.iterations, afforded);
  const deadline = performance.now() + (budget?.milliseconds ?? Number.POSITIVE_INFINITY);
  const total = passesEach * searches * iterations;
  const base = fillTensor(subject, options.fill);
  const delta = subtract(subject.input, base);
  const size = Math.max(1, Math.floor((await subject.batchSize()) / passesEach));
  let passes = 0;
  let late = false;
  let convergence: number | undefined;

  const scoreSome = async (kernels: readonly Kernel[]): Promise<Float64Array[]> => {
    const masks = kernelMasks(kernels, width, height, complements);
    const rows = rowsOf(subject.probabilities(await subject.masked({ base, delta, ...masks })));
    passes += masks.count;
    return kernels.map((_, k) =>
      Float64Array.from(targets, (target) => {
        const kept = rows[k * passesEach][target];
        return complements ? kept - rows[k * passesEach + 1][target] : kept;
      }),
    );
  };
  const mapsOf = (found: KernelScores) => found.map((scored) => kernelDensity(scored, width, height));
  const agreement = (found: KernelScores) =>
    halvesAgree((half) =>
      mapsOf(found.map((widths) => widths.map((scored) => scored.filter((_, n) => n % 2 === half)))),
    );
  const converged = () => until !== undefined && convergence !== undefined && convergence >= until.correlation;
  const found = await searchKernels({
    spaces,
    iterations,
    epsilon,
    async score(kernels) {
      const parts: Promise<Float64Array[]>[] = [];
      for (let i = 0; i < kernels.length; i += size) parts.push(scoreSome(kernels.slice(i, i + size)));
      return (await Promise.all(parts)).flat();
    },
    async step(scores) {
      const looked = scores.flat(2).length * passesEach;
      if (until || looked === total) convergence = await agreement(scores);
      subject.progress({ done: looked, total, convergence, maps: () => mapsOf(scores) });
      late = performance.now() >= deadline;
      return !late && !converged();
    },
  });
  return {
    maps: mapsOf(found),
    resolved: { passes, convergence, best: found.map(bestKernel) },
    notes: notesOf(found, { late, converged: converged(), passes, afforded: iterations, wanted: options.iterations }),
  };
}

function notesOf(
  found: KernelScores,
  run: { late: boolean; converged: boolean; passes: number; afforded: number; wanted: number },
): string[] {
  const notes: string[] = [];
  if (run.converged) notes.push(`stopped after ${run.passes} passes: the map has converged`);
  else if (run.late)
    notes.push(`stopped by the budget after ${run.passes} passes; cut by time, so another run may use others`);
  else if (run.afforded < run.wanted)
    notes.push(`the budget pays for ${run.afforded} of ${run.wanted} windows a width`);
  if (found.some((scored) => bestKernel(scored).score <= 0)) {
    notes.push("low signal: no window keeps the class better than hiding it does");
  }
  return notes;
}

function checkOptions({ sigmas, iterations, epsilon, budget, until }: AiseOptions): void {
  checkBudget(budget, until);
  const bad = (what: string, received: unknown, expected: string): never => {
    throw new SightlineError("bad-config", `aise cannot use ${what} ${received}`, { received, expected });
  };
  if (!(Number.isInteger(iterations) && iterations >= 1)) bad("iterations", iterations, "a whole number of at least 1");
  if (!(epsilon >= 0)) bad("epsilon", epsilon, "a number of at least 0");
  if (sigmas && !(sigmas.length > 0 && sigmas.every((sigma) => sigma > 0))) bad("sigmas", sigmas, "positive numbers");
}
