import { yieldToEventLoop } from "../core/event-loop.js";
import type { MaskStep } from "../core/method-step.js";
import { checkLimited, type Limits } from "../core/options.js";
import type { RawMap } from "../core/raw-map.js";
import { pearson } from "../core/statistics.js";
import type { Tensor } from "../core/tensor.js";
import type { MaskedBatch } from "../model/types.js";
import type { Subject } from "./method.js";

/** How much a black-box method may spend. Without either limit it runs the passes that its own options ask for. */
export interface Budget {
  /** Forward passes. */
  passes?: number;
  /** Wall-clock time. A run that time has cut short is not reproducible bit for bit, and says so. */
  milliseconds?: number;
}

/** Options that every sampling method shares. */
export interface SamplingOptions {
  /** The most that the run may spend, in passes or in milliseconds. */
  budget?: Budget;
  /** Stop when the maps of two halves of the samples correlate so well (Pearson, 0…1). */
  until?: { correlation: number };
}

/** {@link checkBudget} looks at both. */
export const SAMPLING_LIMITS: Limits<SamplingOptions> = { budget: undefined, until: undefined };

/** What a method costs that asks for some passes and stays within a budget. */
export function samplingCost(wanted: number, budget: Budget | undefined): { forward: number; backward: number } {
  return { forward: Math.min(wanted, budget?.passes ?? wanted), backward: 0 };
}

/** A method's own part of the loop. Samples are numbered from 0 and come in order, whatever the batch size. */
export interface Sampler {
  /** Masked copies for samples `from` … `from + count − 1`. */
  batch(from: number, count: number): MaskedBatch;
  /** Takes the raw scores of these samples, [count, classes]. */
  take(scores: Tensor, from: number): void;
  /**
   * The maps so far, one per target, each made when it is asked for; `half` (0 or 1) restricts them to even or odd
   * samples. `undefined` between them is a place to pause.
   */
  maps(half?: 0 | 1): Iterable<RawMap | undefined>;
  /** Whether `maps(half)` means something; without it `until` and convergence are not offered. */
  readonly halves: boolean;
  /** What these samples were, for listeners who show them. */
  step?(scores: Tensor, from: number): MaskStep;
  /** Most samples made at once, fewer than usual where making one is much work for the main thread. */
  readonly chunk?: number;
}

export interface SamplingOutcome {
  readonly passes: number;
  readonly convergence?: number;
  readonly stopped: "complete" | "converged" | "budget";
  readonly notes: string[];
}

/** Samples asked for at once (fewer at first, so that a map is there soon): what is handed over once serves them all. */
const CHUNK = 32;
/** Convergence is looked at after these numbers of samples, so that where a run stops depends on the samples alone. */
const CHECK_EVERY = 256;
/** Convergence is the smallest over at most so many targets. */
const CHECKED_TARGETS = 8;

/**
 * The one loop of all sampling methods: batches are queued while others run, stopped by budget, convergence or the
 * caller's signal, and every batch reports progress with the maps so far. No pass is thrown away: nothing is queued
 * beyond a point where the run may converge, and what runs when the time is up is still taken.
 * @param total samples wanted when no budget cuts them
 * @throws SightlineError `bad-config` for a budget or a correlation out of range
 */
export async function sample(
  subject: Subject,
  total: number,
  { budget, until }: SamplingOptions,
  sampler: Sampler,
): Promise<SamplingOutcome> {
  checkBudget({ budget, until });
  let wanted = Math.min(total, budget?.passes ?? total);
  const deadline = budget?.milliseconds === undefined ? undefined : performance.now() + budget.milliseconds;
  const batchSize = await subject.batchSize();
  const inFlight: { from: number; scores: Promise<Tensor> }[] = [];
  let queued = 0;
  let taken = 0;
  let convergence: number | undefined;
  let stopped: SamplingOutcome["stopped"] = wanted < total ? "budget" : "complete";

  const queue = () => {
    const nextCheck = sampler.halves ? (Math.floor(queued / CHECK_EVERY) + 1) * CHECK_EVERY : wanted;
    const chunk = Math.max(batchSize, Math.min(sampler.chunk ?? CHUNK, queued || 8));
    const count = Math.min(chunk, wanted - queued, nextCheck - queued);
    const scores = subject.masked(sampler.batch(queued, count));
    scores.catch(() => {});
    inFlight.push({ from: queued, scores });
    queued += count;
  };
  while (taken < wanted) {
    const nextStop = until && sampler.halves ? (Math.floor(taken / CHECK_EVERY) + 1) * CHECK_EVERY : wanted;
    while (queued < Math.min(wanted, nextStop) && inFlight.length < 2) queue();
    const next = inFlight.shift();
    if (!next) break;
    const scores = await next.scores;
    sampler.take(scores, next.from);
    taken = next.from + scores.dims[0];
    if (sampler.halves && (taken % CHECK_EVERY === 0 || taken === wanted))
      convergence = await halvesAgree((half) => sampler.maps(half));
    const step = sampler.step && (() => (sampler.step as NonNullable<Sampler["step"]>)(scores, next.from));
    subject.progress({ done: taken, total: wanted, convergence, maps: () => mapsOf(sampler), ...(step && { step }) });
    if (until && convergence !== undefined && convergence >= until.correlation && taken < wanted) {
      stopped = "converged";
      break;
    }
    if (deadline !== undefined && performance.now() >= deadline && taken < wanted) {
      stopped = "budget";
      wanted = queued;
    }
  }
  return {
    passes: taken,
    convergence,
    stopped,
    notes: describe({ stopped, taken, total, budget, convergence, until }),
  };
}

function describe(run: {
  stopped: SamplingOutcome["stopped"];
  taken: number;
  total: number;
  budget?: Budget;
  convergence?: number;
  until?: { correlation: number };
}): string[] {
  const { stopped, taken, total, budget, convergence, until } = run;
  const shown = convergence === undefined ? "" : ` (halves correlate at ${convergence.toFixed(2)})`;
  if (stopped === "converged") return [`stopped after ${taken} of ${total} passes: the map has converged${shown}`];
  if (stopped === "budget") {
    const timed = budget?.milliseconds !== undefined && taken < (budget.passes ?? total);
    const repeat = timed ? "; cut by time, so another run may use other passes" : "";
    return [`stopped by the budget after ${taken} of ${total} passes${shown}${repeat}`];
  }
  if (until && convergence !== undefined && convergence < until.correlation) {
    return [`not converged after ${taken} passes${shown}, wanted ${until.correlation}: ask for more passes`];
  }
  return [];
}

/** The maps of all samples. */
export function mapsOf(sampler: Sampler): Promise<RawMap[]> {
  return gathered(sampler.maps(), Number.POSITIVE_INFINITY);
}

async function gathered(maps: Iterable<RawMap | undefined>, most: number): Promise<RawMap[]> {
  const list: RawMap[] = [];
  for (const map of maps) {
    if (map) list.push(map);
    if (list.length >= most) break;
    await yieldToEventLoop();
  }
  return list;
}

/** How well the maps of two halves of the samples correlate: the least over the first targets. */
export async function halvesAgree(maps: (half: 0 | 1) => Iterable<RawMap | undefined>): Promise<number> {
  const even = await gathered(maps(0), CHECKED_TARGETS);
  await yieldToEventLoop();
  const odd = await gathered(maps(1), CHECKED_TARGETS);
  return Math.min(...even.map(({ data }, i) => pearson(data, odd[i].data)));
}

const BUDGET_LIMITS: Limits<Budget> = { passes: { from: 1, whole: true }, milliseconds: { above: 0 } };
const UNTIL_LIMITS: Limits<NonNullable<SamplingOptions["until"]>> = { correlation: { above: 0, to: 1 } };

/** @throws SightlineError `bad-config`, `unknown-option` */
export function checkBudget({ budget, until }: SamplingOptions): void {
  for (const [name, value, limits] of [
    ["budget", budget, BUDGET_LIMITS],
    ["until", until, UNTIL_LIMITS],
  ] as const) {
    if (value === undefined) continue;
    checkLimited(name, value, limits);
  }
}
