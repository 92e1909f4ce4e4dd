import { SightlineError } from "../../core/errors.js";
import type { Artifact } from "../../core/raw-map.js";
import type { Tensor } from "../../core/tensor.js";
import type { Target } from "../../model/types.js";
import { method, type Subject } from "../method.js";
import { collapse, inputSlope } from "../pixel-gradients.js";
import { differenceWeights, runnerUp } from "../runner-up.js";
import { Adam } from "./adam.js";
import { inputDifference, inputImage, inputRange } from "./input-image.js";
import { clamp, WeightSearch } from "./weight-search.js";

export interface CounterfactualOptions {
  /** Weight of the class change against the size of the change to the picture; the first one tried. */
  c: number;
  /** By how much the new class's score shall lead. */
  kappa: number;
  /** Steps of Adam for each value of c. */
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
  formula: "min_δ |δ|² + c · max(score − strongest other + κ, 0); map = δ",
  useWhen:
    "Asks for the smallest change after which the model says something else. To see how close another answer is.",
  cannotShow:
    "A change that a person would make: the smallest change is often adversarial noise. One of many; another seed or step may find another.",
  defaults: { c: 10, kappa: 10, iterations: 100, searches: 2, learningRate: 0.01 },
  limits: {
    c: { above: 0 },
    kappa: { from: 0, to: 1e6 },
    iterations: { from: 1, to: 1e5, whole: true },
    searches: { from: 1, to: 100, whole: true },
    learningRate: { above: 0 },
    to: undefined,
  },
  presets: { speed: { iterations: 50, searches: 1, kappa: 1 }, balance: {}, quality: { searches: 5 } },
  cost: ({ iterations, searches }) => ({ forward: 0, backward: iterations * searches }),
  unsupported: ({ classes }) => (classes > 1 ? undefined : "there is no other class"),
  async explain(subject, options) {
    const maps = [];
    const artifacts: Artifact[] = [];
    const notes: string[] = [];
    const resolved: Record<string, unknown>[] = [];
    for (const [n, target] of subject.targets.entries()) {
      const to = options.to === undefined ? undefined : subject.classIndex(options.to);
      if (to === target) {
        throw new SightlineError("bad-config", "a counterfactual must be of another class", { received: options.to });
      }
      const changed = await search(subject, target, to, options, n);
      if (!changed.flipped)
        notes.push(`no change within ${options.iterations} iterations makes the model leave class ${target}`);
      const change = changed.data.map((value, i) => value - subject.input.data[i]);
      maps.push(collapse(change, subject.geometry, "sum"));
      artifacts.push(
        inputImage(subject, changed, "changed picture", target),
        inputDifference(subject, changed, "change", target),
      );
      resolved.push({ becomes: changed.becomes, distance: Math.sqrt(changed.distance), flipped: changed.flipped });
    }
    return { maps, artifacts, notes, score: "logit", resolved: { counterfactuals: resolved } };
  },
});

/** A changed input and what the model makes of it. */
interface ChangedInput extends Tensor {
  readonly becomes: number;
  /** Squared distance from the picture. */
  readonly distance: number;
  readonly flipped: boolean;
}

async function search(
  subject: Subject,
  target: number,
  to: number | undefined,
  options: CounterfactualOptions,
  turn: number,
): Promise<ChangedInput> {
  const { c, iterations, searches } = options;
  const weights = new WeightSearch(c);
  let best: ChangedInput | undefined;
  let last: ChangedInput | undefined;
  for (let round = 0; round < searches; round++) {
    let flipped = false;
    for await (const step of descend(subject, target, to, weights.weight, options)) {
      last = step.changed;
      if (last.flipped) {
        flipped = true;
        if (!best || last.distance < best.distance) best = last;
      }
      subject.progress({
        done: (turn * searches + round) * iterations + step.done,
        total: subject.targets.length * searches * iterations,
      });
    }
    weights.told(flipped);
  }
  return best ?? (last as ChangedInput);
}

/** Adam's way from the picture for one weight, step by step. */
async function* descend(
  subject: Subject,
  target: number,
  to: number | undefined,
  weight: number,
  { kappa, iterations, learningRate }: CounterfactualOptions,
): AsyncGenerator<{ done: number; changed: ChangedInput }> {
  const { data: start, dims } = subject.input;
  const { low, high } = inputRange(subject);
  const adam = new Adam(start.length, learningRate);
  const x = start.slice();
  let against = to ?? runnerUp(subject.logits(subject.scores).data, target);
  for (let done = 1; done <= iterations; done++) {
    const result = await subject.gradient(
      { data: x.slice(), dims },
      { target: differenceWeights(subject.classes, target, against) },
    );
    const logits = subject.logits(result.scores).data;
    const strongest = to ?? runnerUp(logits, target);
    const lead = logits[target] - logits[strongest];
    const distance = x.reduce((sum, value, p) => sum + (value - start[p]) ** 2, 0);
    const changed = { data: x.slice(), dims, becomes: strongest, distance, flipped: lead < 0 };
    const slope = inputSlope(result);
    // The gradient against the last step's runner-up serves this step; the next one follows the strongest.
    against = strongest;
    const pull = lead + kappa > 0 ? weight : 0;
    adam.step(x, (p) => 2 * (x[p] - start[p]) + pull * slope[p]);
    for (let p = 0; p < x.length; p++) x[p] = clamp(x[p], low[p], high[p]);
    yield { done, changed };
  }
}
