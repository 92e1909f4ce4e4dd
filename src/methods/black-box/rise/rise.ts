import { BOOLEAN } from "../../../core/options.js";
import { FILLS, type Fill, fillTensor, subtract } from "../../../perturb/fill.js";
import { method } from "../../method.js";
import { mapsOf, SAMPLING_LIMITS, type SamplingOptions, sample, samplingCost } from "../../sampling.js";
import { BicubicRiseSampler } from "./bicubic-sampler.js";
import { BilinearRiseSampler } from "./bilinear-sampler.js";
import { RiseDesign } from "./rise-design.js";

export interface RiseOptions extends SamplingOptions {
  /** Number of masks N. */
  masks: number;
  /** Cells s of the random grid, along each side. */
  cells: number;
  /** Probability p that a cell is shown. */
  probability: number;
  /** Subtract the mean score before accumulating (converges about eight times faster); false is the paper's sum. */
  centre: boolean;
  /** What is shown where a mask hides. */
  fill: Fill;
  /** How grids become masks: `bilinear` is the paper's; `bicubic`, cut to 0…1, is OpenVINO XAI's, and dearer to make. */
  interpolation: "bilinear" | "bicubic";
}

/**
 * RISE: the class probability of N randomly masked copies, summed mask by mask. Petsiuk et al., BMVC 2018, eq. 6:
 * S = 1/(N·p) · Σ f(x ⊙ Mᵢ) · Mᵢ. With `centre` the mean of f over the masks is subtracted first, which changes the
 * expectation by a constant and removes most of the noise; the map is then signed around 0.
 */
export const rise = method<RiseOptions>({
  name: "rise",
  summary: "probabilities of randomly masked copies; needs nothing but the model's answers",
  needs: ["forward"],
  signed: true,
  view: "pixels",
  source: "Petsiuk, Das & Saenko, RISE, BMVC 2018",
  formula: "map(p) = 1/(N·p̄) · Σ_i (f(x ⊙ M_i) − mean f) · M_i(p)",
  useWhen:
    "Asks what the probability is on average when a place is shown. The published baseline among black-box methods; use it to compare with papers.",
  cannotShow:
    "Small things: masks are of 8 × 8 cells and soft. With few masks the map is noise that looks like structure; compare two seeds.",
  defaults: { masks: 5000, cells: 8, probability: 0.5, centre: true, fill: "zero", interpolation: "bilinear" },
  limits: {
    masks: { from: 1, whole: true },
    cells: { from: 2, to: 64, whole: true },
    probability: { above: 0, below: 1 },
    centre: BOOLEAN,
    fill: FILLS,
    interpolation: ["bilinear", "bicubic"],
    ...SAMPLING_LIMITS,
  },
  presets: {
    speed: { masks: 1000, cells: 4 },
    balance: { masks: 5000, cells: 8 },
    quality: { masks: 10000, cells: 12 },
  },
  cost: ({ masks, budget }) => samplingCost(masks, budget),
  async explain(subject, options) {
    const { height, width } = subject.geometry;
    const base = fillTensor(subject, options.fill);
    const delta = subtract(subject.input, base);
    const design = new RiseDesign(height, width, options.cells, options.probability, subject.random);
    const Sampler = options.interpolation === "bicubic" ? BicubicRiseSampler : BilinearRiseSampler;
    const sampler = new Sampler(design, subject, options.centre, { base, delta });
    const { passes, convergence, notes } = await sample(subject, options.masks, options, sampler);
    return { maps: await mapsOf(sampler), resolved: { passes, convergence }, notes };
  },
});
