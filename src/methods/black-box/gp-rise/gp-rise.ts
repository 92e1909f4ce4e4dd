import { type CooperativeTask, runYielding } from "../../../core/cooperative.js";
import type { MaskStep } from "../../../core/method-step.js";
import type { RawMap } from "../../../core/raw-map.js";
import type { Tensor } from "../../../core/tensor.js";
import type { MaskedBatch } from "../../../model/types.js";
import { FILLS, type Fill, fillTensor, subtract } from "../../../perturb/fill.js";
import { type MethodResult, method, type Subject } from "../../method.js";
import { SAMPLING_LIMITS, type Sampler, type SamplingOptions, sample, samplingCost } from "../../sampling.js";
import { TargetScores } from "../../target-scores.js";
import { BalancedDesign } from "./balanced-design.js";
import { PairProcess, type Solution } from "./pair-process.js";
import { MAP_SIDE, type Reach } from "./place-kernel.js";
import { NOISE_RATIOS } from "./regression.js";

const MOST_MASKS = 4000;
/** For so many targets the uncertainty comes as a picture of its own. */
const SHOWN_UNCERTAINTIES = 8;

export interface GpRiseOptions extends SamplingOptions, Reach {
  /** Number of masks, half of them the opposites of the other half; at most 4000, as the regression grows with its cube. */
  masks: number;
  /** Cells of the random grid, along each side. */
  cells: number;
  /** What is shown where a mask hides. */
  fill: Fill;
}

/**
 * Gaussian-process regression of the class probability on balanced, antithetic RISE masks. The prior says that places
 * near each other, and more so of like colour, matter alike: k(p, q) = exp(−|p − q|²/2ℓ²) · (½ + ½·exp(−|Δ Lab|²/2c²)).
 * The noise is found by marginal likelihood. Maps are the posterior mean at 56 × 56 places, in probability per shown
 * 1/28 × 1/28 of the picture; `uncertainty` is the posterior's standard deviation, reckoned at 28 × 28 places.
 * Ours; compare Petsiuk et al., RISE, BMVC 2018, and Rasmussen & Williams, Gaussian Processes, eq. 2.23–2.24.
 */
export const gpRise = method<GpRiseOptions>({
  name: "gp-rise",
  summary: "Gaussian process over random masks with a colour-aware kernel; sharper than RISE and with its uncertainty",
  needs: ["forward"],
  signed: true,
  view: "pixels",
  source: "ours; after Petsiuk et al., RISE, BMVC 2018, and Rasmussen & Williams, Gaussian Processes, 2006",
  formula:
    "map = posterior mean of a Gaussian process, k(p, q) = exp(−|p − q|²/2ℓ²) · (½ + ½·exp(−|Δ Lab|²/2c²)), on probabilities of masked pictures",
  useWhen:
    "Asks what random parts of the picture add to the probability. The first choice when only answers can be had: sharp with few passes, and with an uncertainty of its own.",
  cannotShow:
    "What the prior does not expect: thin things, and places far apart that matter only together. Its uncertainty is the model's own and does not know what masks of other sizes would show.",
  defaults: { masks: 1000, cells: 8, reach: 1 / 7, colourReach: 20, fill: "zero" },
  limits: {
    masks: { from: 2, to: MOST_MASKS, whole: true, next: "rise takes more" },
    cells: { from: 2, to: 64, whole: true },
    reach: { above: 0 },
    colourReach: { above: 0 },
    fill: FILLS,
    ...SAMPLING_LIMITS,
  },
  presets: { speed: { masks: 300 }, balance: {}, quality: { masks: 2000 } },
  cost: ({ masks, budget }) => samplingCost(even(masks), budget),
  async explain(subject, options) {
    const gaussian = await runYielding(PairProcess.of(await subject.pixels(), options), subject.signal);
    const sampler = new GpSampler(subject, gaussian, options);
    const outcome = await sample(subject, even(options.masks), options, sampler);
    const { maps, artifacts, notes } = await runYielding(sampler.posterior(), subject.signal);
    return {
      maps,
      artifacts,
      resolved: { passes: outcome.passes, convergence: outcome.convergence },
      notes: [...outcome.notes, ...notes],
    };
  },
});

const even = (masks: number) => 2 * Math.ceil(masks / 2);

class GpSampler implements Sampler {
  readonly halves = true;
  readonly #design: BalancedDesign;
  readonly #base: Tensor;
  readonly #delta: Tensor;
  readonly #scores: TargetScores;

  constructor(
    private readonly subject: Subject,
    private readonly gaussian: PairProcess,
    options: GpRiseOptions,
  ) {
    const { height, width } = subject.geometry;
    this.#design = new BalancedDesign(height, width, options.cells, subject.random);
    this.#base = fillTensor(subject, options.fill);
    this.#delta = subtract(subject.input, this.#base);
    this.#scores = new TargetScores(subject);
  }

  batch(from: number, count: number): MaskedBatch {
    const masks = this.#design.separable(from, count);
    return { base: this.#base, delta: this.#delta, count, masks };
  }

  take(scores: Tensor): void {
    this.#scores.take(scores);
    const { pairs } = this.gaussian;
    const fresh = (this.#scores.count >> 1) - pairs;
    this.gaussian.add(Array.from({ length: fresh }, (_, i) => this.#design.blocks(pairs + i)));
  }

  step(scores: Tensor, from: number): MaskStep {
    return { method: "gp-rise", from, masks: this.#design.stretched(from, scores.dims[0]), scores };
  }

  *maps(half?: 0 | 1): Iterable<RawMap | undefined> {
    for (const { map } of yield* this.gaussian.solve(this.#scores.values, half)) yield map;
  }

  /** The maps with their uncertainty, also as pictures for the first targets, and what is to be said about them. */
  *posterior(): CooperativeTask<Required<Pick<MethodResult, "maps" | "artifacts" | "notes">>> {
    const solutions = yield* this.gaussian.solve(this.#scores.values);
    const spreads = yield* this.gaussian.uncertainty(solutions);
    const { targets, names } = this.subject;
    return {
      maps: solutions.map(({ map }, t) => ({ ...map, uncertainty: spreads[t] })),
      artifacts: solutions.slice(0, SHOWN_UNCERTAINTIES).flatMap(({ fit }, t) => {
        const picture = { data: spreads[t], width: MAP_SIDE, height: MAP_SIDE, target: targets[t] };
        return fit ? [{ ...picture, kind: "unsigned" as const, title: "uncertainty (standard deviation)" }] : [];
      }),
      notes: solutions.flatMap((solution, t) => {
        const reason = weakness(solution);
        return reason ? [`low signal for ${names[targets[t]]}: ${reason}`] : [];
      }),
    };
  }
}

/** Scores that vary less than this are hardly moved by any mask. */
const LEAST_DEVIATION = 0.01;

function weakness({ fit, deviation }: Solution): string | undefined {
  if (!fit || deviation < LEAST_DEVIATION) {
    return `the masks hardly move its probability (standard deviation ${deviation.toPrecision(2)})`;
  }
  if (fit.noiseRatio >= NOISE_RATIOS[NOISE_RATIOS.length - 1]) return "its probability looks like noise to the model";
  return undefined;
}
