import { SightlineError } from "../../core/errors.js";
import type { Artifact } from "../../core/raw-map.js";
import type { Tensor } from "../../core/tensor.js";
import { MODEL_INPUT } from "../../model/input-gradient.js";
import type { Target } from "../../model/types.js";
import { method, type Subject } from "../method.js";
import { checkRange, collapse } from "../pixel-gradients.js";
import { Adam } from "./adam.js";
import { differenceOf, pictureOf, pictureRange } from "./input-image.js";
import { difference, rivalOf } from "./runner-up.js";

export interface CounterfactualOptions {
  /** Weight of the class change against the size of the change to the picture; the first one tried. */
  c: number;
  /** By how much the new class's score shall lead. */
  kappa: number;
  iterations: number;
  /** Weights tried: halved after a success, multiplied by ten after a failure, by bisection between. */
  searches: number;
  /** Step of Adam, in units of the model's input. */
  learningRate: number;
  /** The class it shall become; the strongest other one at each step when absent. */
  to?: Target;
}

/**
 * Counterfactual: the smallest change to the picture (squared distance, by Adam, within the range of pictures) after which
 * the model says another class. The map is the change. Wachter, Mittelstadt & Russell 2017, eq. 2, with the hinge
 * max(score − strongest other + κ, 0) and the weight c found by bisection.
 */
export const counterfactual = method<CounterfactualOptions>({
  name: "counterfactual",
  summary: "smallest change of the picture that changes the answer",
  needs: ["gradient"],
  signed: true,
  view: "pixels",
  source: "Wachter, Mittelstadt & Russell, Counterfactual Explanations without Opening the Black Box, 2017",
  defaults: { c: 10, kappa: 10, iterations: 100, searches: 2, learningRate: 0.01 },
  options: ["c", "kappa", "iterations", "searches", "learningRate", "to"],
  presets: { speed: { iterations: 50, searches: 1, kappa: 1 }, balance: {}, quality: { searches: 5 } },
  cost: ({ iterations, searches }) => ({ forward: 0, backward: iterations * searches }),
  unsupported: ({ classes }) => (classes > 1 ? undefined : "there is no other class"),
  async explain(subject, options) {
    checkRange("iterations", options.iterations, 1, 1e5, true);
    checkRange("searches", options.searches, 1, 100, true);
    checkRange("kappa", options.kappa, 0, 1e6);
    const maps = [];
    const artifacts: Artifact[] = [];
    const notes: string[] = [];
    const resolved: Record<string, unknown>[] = [];
    for (const [n, target] of subject.targets.entries()) {
      const to = options.to === undefined ? undefined : subject.classIndex(options.to);
      if (to === target) {
        throw new SightlineError("bad-config", "a counterfactual must be of another class", { received: options.to });
      }
      const found = await search(subject, target, to, options, n);
      if (!found.flipped)
        notes.push(`no change within ${options.iterations} iterations makes the model leave class ${target}`);
      maps.push(
        collapse(
          found.input.map((value, i) => value - subject.input.data[i]),
          subject.geometry,
          "sum",
        ),
      );
      const changed: Tensor = { data: found.input, dims: subject.input.dims };
      artifacts.push(
        pictureOf(subject, changed, "changed picture", target),
        differenceOf(subject, changed, "change", target),
      );
      resolved.push({ becomes: found.becomes, distance: Math.sqrt(found.distance), flipped: found.flipped });
    }
    return { maps, artifacts, notes, score: "logit", resolved: { counterfactuals: resolved } };
  },
});

interface Found {
  readonly input: Float32Array;
  readonly becomes: number;
  readonly distance: number;
  readonly flipped: boolean;
}

async function search(
  subject: Subject,
  target: number,
  to: number | undefined,
  { c, kappa, iterations, searches, learningRate }: CounterfactualOptions,
  turn: number,
): Promise<Found> {
  const start = subject.input.data;
  const { low, high } = pictureRange(subject);
  let best: Found | undefined;
  let last: Found = { input: start, becomes: target, distance: 0, flipped: false };
  let [least, most, weight] = [0, Number.POSITIVE_INFINITY, c];
  for (let round = 0; round < searches; round++) {
    const adam = new Adam(start.length, learningRate);
    const x = start.slice();
    let rival = to ?? rivalOf(subject.logits(subject.scores).data, target);
    let flipped = false;
    for (let i = 0; i < iterations; i++) {
      const { scores, gradients } = await subject.gradient(
        { data: x.slice(), dims: subject.input.dims },
        { target: difference(subject.classes, target, rival) },
      );
      const logits = subject.logits(scores).data;
      const strongest = to ?? rivalOf(logits, target);
      const lead = logits[target] - logits[strongest];
      const distance = x.reduce((sum, value, p) => sum + (value - start[p]) ** 2, 0);
      last = { input: x.slice(), becomes: strongest, distance, flipped: lead < 0 };
      if (last.flipped) {
        flipped = true;
        if (!best || distance < best.distance) best = last;
      }
      const slope = (gradients.get(MODEL_INPUT) as Tensor).data;
      // The gradient against last step's rival serves this step; the next one follows the strongest.
      rival = strongest;
      const pull = lead + kappa > 0 ? weight : 0;
      adam.step(x, (p) => 2 * (x[p] - start[p]) + pull * slope[p]);
      for (let p = 0; p < x.length; p++) x[p] = Math.min(high[p], Math.max(low[p], x[p]));
      subject.progress({
        done: (turn * searches + round) * iterations + i + 1,
        total: subject.targets.length * searches * iterations,
      });
    }
    if (flipped) most = weight;
    else least = weight;
    weight = Number.isFinite(most) ? (least + most) / 2 : weight * 10;
  }
  return best ?? last;
}
