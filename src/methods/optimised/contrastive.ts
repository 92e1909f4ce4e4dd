import type { Artifact } from "../../core/raw-map.js";
import type { Tensor } from "../../core/tensor.js";
import { FILLS, type Fill, fillTensor } from "../../perturb/fill.js";
import { method, type Subject } from "../method.js";
import { collapse, inputSlope } from "../pixel-gradients.js";
import { differenceWeights, runnerUp } from "../runner-up.js";
import { inputImage, inputRange } from "./input-image.js";
import { clamp, WeightSearch } from "./weight-search.js";

export interface ContrastiveOptions {
  /** `positive`: the least that must be there for the class; `negative`: the least that must stay absent. */
  pertinent: "positive" | "negative";
  /** Weight of the class against the size of the change; the first one tried. */
  c: number;
  /** By how much the wanted class's score shall lead. */
  kappa: number;
  /** Weight of the absolute sum of the change beside its square. */
  beta: number;
  /** Values of c tried, by bisection. */
  searches: number;
  /** Steps of FISTA for each. */
  iterations: number;
  /** Step of FISTA at the start, in units of the model's input; it shrinks with the square root of what is left. */
  learningRate: number;
  /** What "absent" looks like. */
  background: Fill;
}

/**
 * Contrastive explanations: the sparsest part of the picture that alone keeps the class (pertinent positive), or the
 * sparsest addition that changes it (pertinent negative), by FISTA on c · hinge + β · |δ|₁ + |δ|₂². There is no
 * autoencoder, so γ is 0. Dhurandhar et al., NeurIPS 2018, eq. 1 to 6.
 */
export const contrastive = method<ContrastiveOptions>({
  name: "contrastive",
  summary: "least that must be there for the class, or must stay absent",
  needs: ["gradient"],
  signed: true,
  view: "pixels",
  source: "Dhurandhar et al., Explanations based on the Missing, NeurIPS 2018",
  formula: "min_δ c · hinge + β·|δ|₁ + |δ|₂² by FISTA; map = δ",
  useWhen:
    'Asks for the least that keeps the class (`pertinent: "positive"`), or for the least addition that changes it (`"negative"`).',
  cannotShow:
    "What is there in a natural picture: without an autoencoder the changes need not look like anything. Slow, and sensitive to c and β.",
  defaults: {
    pertinent: "positive",
    c: 10,
    kappa: 0,
    beta: 0.1,
    searches: 9,
    iterations: 1000,
    learningRate: 0.01,
    background: "mean",
  },
  limits: {
    pertinent: ["positive", "negative"],
    c: { above: 0 },
    kappa: { from: 0, to: 1e6 },
    beta: { from: 0, to: 1e6 },
    searches: { from: 1, to: 100, whole: true },
    iterations: { from: 1, to: 1e5, whole: true },
    learningRate: { above: 0 },
    background: FILLS,
  },
  presets: { speed: { searches: 2, iterations: 60 }, balance: { searches: 3, iterations: 150 }, quality: {} },
  cost: ({ iterations, searches }) => ({ forward: 0, backward: iterations * searches }),
  unsupported: ({ classes }) => (classes > 1 ? undefined : "there is no other class"),
  async explain(subject, options) {
    const maps = [];
    const artifacts: Artifact[] = [];
    const notes: string[] = [];
    for (const [n, target] of subject.targets.entries()) {
      const part = await search(subject, target, options, n);
      if (!part.reached) {
        const missed = options.pertinent === "positive" ? "kept" : "left";
        notes.push(`the class ${target} was not ${missed} within the iterations given`);
      } else if (part.delta.every((value) => value === 0)) {
        notes.push(`the ${options.background} background alone is taken for class ${target}: nothing need be there`);
      }
      maps.push(collapse(part.delta, subject.geometry, "sum"));
      const shown: Tensor = { data: part.shown, dims: subject.input.dims };
      artifacts.push(inputImage(subject, shown, `pertinent ${options.pertinent}`, target));
    }
    return { maps, artifacts, notes, score: "logit" };
  },
});

/** A part of the picture over the background, or an addition to the picture. */
interface PertinentPart {
  readonly delta: Float32Array;
  /** The background, or the picture, with it. */
  readonly shown: Float32Array;
  readonly size: number;
  readonly reached: boolean;
}

async function search(
  subject: Subject,
  target: number,
  options: ContrastiveOptions,
  turn: number,
): Promise<PertinentPart> {
  const { searches, iterations } = options;
  const space = searchSpace(subject, options);
  const weights = new WeightSearch(options.c);
  let best: PertinentPart | undefined;
  let last: PertinentPart | undefined;
  for (let round = 0; round < searches; round++) {
    let reached = false;
    for await (const step of shrink(subject, target, space, weights.weight, options)) {
      last = step.part;
      if (last.reached) {
        reached = true;
        if (!best || last.size < best.size) best = last;
      }
      subject.progress({
        done: (turn * searches + round) * iterations + step.done,
        total: subject.targets.length * searches * iterations,
      });
    }
    weights.told(reached);
  }
  return best ?? (last as PertinentPart);
}

/** Where a part may lie: what it is added to, where the search starts, and its bounds, value by value. */
interface SearchSpace {
  readonly base: Float32Array;
  readonly start: Float32Array;
  readonly low: Float32Array;
  readonly high: Float32Array;
}

/** A positive part lies between the background and the picture; an addition moves away from it, within all pictures. */
function searchSpace(subject: Subject, { pertinent, background }: ContrastiveOptions): SearchSpace {
  const { data: picture } = subject.input;
  if (pertinent === "positive") {
    const base = fillTensor(subject, background).data;
    const start = picture.map((value, i) => value - base[i]);
    return { base, start, low: start.map((way) => Math.min(0, way)), high: start.map((way) => Math.max(0, way)) };
  }
  const range = inputRange(subject);
  return {
    base: picture,
    start: new Float32Array(picture.length),
    low: range.low.map((value, i) => value - picture[i]),
    high: range.high.map((value, i) => value - picture[i]),
  };
}

/** The way of FISTA for one weight, step by step. */
async function* shrink(
  subject: Subject,
  target: number,
  { base, start, low, high }: SearchSpace,
  weight: number,
  { pertinent, kappa, beta, iterations, learningRate }: ContrastiveOptions,
): AsyncGenerator<{ done: number; part: PertinentPart }> {
  const positive = pertinent === "positive";
  let delta = start.slice();
  let momentum = start.slice();
  let against = runnerUp(subject.logits(subject.scores).data, target);
  for (let step = 0; step < iterations; step++) {
    const shown = momentum.map((value, i) => base[i] + value);
    const result = await subject.gradient(
      { data: shown, dims: subject.input.dims },
      { target: differenceWeights(subject.classes, target, against) },
    );
    const logits = subject.logits(result.scores).data;
    against = runnerUp(logits, target);
    const lead = logits[target] - logits[against];
    const reached = positive ? lead > kappa : lead < -kappa;
    const size = momentum.reduce((total, value) => total + beta * Math.abs(value) + value * value, 0);
    const part = { delta: momentum.slice(), shown, size, reached };
    const slope = inputSlope(result);
    const pull = reached ? 0 : positive ? -weight : weight;
    const rate = learningRate * Math.sqrt(1 - step / iterations);
    const next = momentum.map((value, i) => {
      const moved = value - rate * (2 * value + pull * slope[i]);
      const shrunk = Math.sign(moved) * Math.max(0, Math.abs(moved) - rate * beta);
      return clamp(shrunk, low[i], high[i]);
    });
    momentum = next.map((value, i) => clamp(value + (step / (step + 3)) * (value - delta[i]), low[i], high[i]));
    delta = next;
    yield { done: step + 1, part };
  }
}
