import type { Artifact } from "../../core/raw-map.js";
import type { Tensor } from "../../core/tensor.js";
import { MODEL_INPUT } from "../../model/input-gradient.js";
import { type Fill, fillTensor } from "../../perturb/fill.js";
import { method, type Subject } from "../method.js";
import { checkRange, collapse } from "../pixel-gradients.js";
import { pictureOf, pictureRange } from "./input-image.js";
import { difference, rivalOf } from "./runner-up.js";

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
  options: ["pertinent", "c", "kappa", "beta", "searches", "iterations", "learningRate", "background"],
  presets: { speed: { searches: 2, iterations: 60 }, balance: { searches: 3, iterations: 150 }, quality: {} },
  cost: ({ iterations, searches }) => ({ forward: 0, backward: iterations * searches }),
  unsupported: ({ classes }) => (classes > 1 ? undefined : "there is no other class"),
  async explain(subject, options) {
    checkRange("iterations", options.iterations, 1, 1e5, true);
    checkRange("searches", options.searches, 1, 100, true);
    checkRange("beta", options.beta, 0, 1e6);
    const maps = [];
    const artifacts: Artifact[] = [];
    const notes: string[] = [];
    for (const [n, target] of subject.targets.entries()) {
      const found = await search(subject, target, options, n);
      if (!found.reached) {
        const missed = options.pertinent === "positive" ? "kept" : "left";
        notes.push(`the class ${target} was not ${missed} within the iterations given`);
      } else if (found.delta.every((value) => value === 0)) {
        notes.push(`the ${options.background} background alone is taken for class ${target}: nothing need be there`);
      }
      maps.push(collapse(found.delta, subject.geometry, "sum"));
      const shown: Tensor = { data: found.shown, dims: subject.input.dims };
      artifacts.push(pictureOf(subject, shown, `pertinent ${options.pertinent}`, target));
    }
    return { maps, artifacts, notes, score: "logit" };
  },
});

interface Found {
  /** The part of the picture over the background, or what was added to it. */
  readonly delta: Float32Array;
  readonly shown: Float32Array;
  readonly size: number;
  readonly reached: boolean;
}

async function search(subject: Subject, target: number, options: ContrastiveOptions, turn: number): Promise<Found> {
  const { pertinent, kappa, beta, searches, iterations, learningRate } = options;
  const { data: picture, dims } = subject.input;
  const positive = pertinent === "positive";
  const base = positive ? fillTensor(subject, options.background).data : picture;
  const { low, high } = pictureRange(subject);
  // A positive part lies between the background and the picture; an addition moves away from it, within all pictures.
  const bounds = (i: number): [number, number] =>
    positive ? order(0, picture[i] - base[i]) : [low[i] - base[i], high[i] - base[i]];
  const size = picture.length;
  let [least, most, weight] = [0, Number.POSITIVE_INFINITY, options.c];
  let best: Found | undefined;
  let last: Found | undefined;
  for (let round = 0; round < searches; round++) {
    let delta = positive ? picture.map((value, i) => value - base[i]) : new Float32Array(size);
    let momentum = delta.slice();
    let rival = rivalOf(subject.logits(subject.scores).data, target);
    let reached = false;
    for (let step = 0; step < iterations; step++) {
      const shown = momentum.map((value, i) => base[i] + value);
      const { scores, gradients } = await subject.gradient(
        { data: shown, dims },
        { target: difference(subject.classes, target, rival) },
      );
      const logits = subject.logits(scores).data;
      rival = rivalOf(logits, target);
      const lead = logits[target] - logits[rival];
      const holds = positive ? lead > kappa : lead < -kappa;
      const sum = momentum.reduce((total, value) => total + beta * Math.abs(value) + value * value, 0);
      last = { delta: momentum.slice(), shown, size: sum, reached: holds };
      if (holds) {
        reached = true;
        if (!best || sum < best.size) best = last;
      }
      const slope = (gradients.get(MODEL_INPUT) as Tensor).data;
      const pull = holds ? 0 : positive ? -weight : weight;
      const rate = learningRate * Math.sqrt(1 - step / iterations);
      const next = new Float32Array(size);
      for (let i = 0; i < size; i++) {
        const moved = momentum[i] - rate * (2 * momentum[i] + pull * slope[i]);
        const shrunk = Math.sign(moved) * Math.max(0, Math.abs(moved) - rate * beta);
        const [from, to] = bounds(i);
        next[i] = Math.min(to, Math.max(from, shrunk));
      }
      momentum = next.map((value, i) => {
        const [from, to] = bounds(i);
        return Math.min(to, Math.max(from, value + (step / (step + 3)) * (value - delta[i])));
      });
      delta = next;
      subject.progress({
        done: (turn * searches + round) * iterations + step + 1,
        total: subject.targets.length * searches * iterations,
      });
    }
    if (reached) most = weight;
    else least = weight;
    weight = Number.isFinite(most) ? (least + most) / 2 : weight * 10;
  }
  return best ?? (last as Found);
}

const order = (a: number, b: number): [number, number] => (a < b ? [a, b] : [b, a]);
