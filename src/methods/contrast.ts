import { checkKeys } from "../core/checks.js";
import { SightlineError } from "../core/errors.js";
import type { Tensor } from "../core/tensor.js";
import type { GradientRequest, InputGeometry, Target } from "../model/types.js";
import {
  type AnyMethod,
  completeOptions,
  type Method,
  method,
  type Preset,
  reasonAgainst,
  type Subject,
} from "./method.js";
import { runnerUp } from "./runner-up.js";

export interface ContrastOptions {
  /** The class B of "why A rather than B"; for each A the most probable other class when absent. */
  against?: Target;
  /** The method that explains the difference. */
  by: string;
  /** Which of its presets it starts from. */
  effort: Preset;
  /** Its own options. */
  options: Readonly<Record<string, unknown>>;
}

/**
 * "Why A rather than B": another method on the difference of two classes' scores. What speaks for both alike cancels;
 * positive parts speak for A, negative ones for B. Differences are of probabilities or of raw scores, whichever the
 * method explains. After Prabhushankar et al., Contrastive Explanations, ICIP 2020.
 * @param find gives a method by its name
 */
export function contrastOf(find: (name: string) => AnyMethod): Method<ContrastOptions> {
  const inner = ({ by, effort, options }: ContrastOptions, input?: InputGeometry) => {
    if (by === "contrast") {
      throw new SightlineError("bad-config", "contrast cannot explain by itself", {
        received: by,
        expected: "the name of another method",
      });
    }
    const chosen = find(by);
    checkKeys(options, Object.keys(chosen.limits), by);
    return { chosen, settings: completeOptions(chosen, effort, options, input) };
  };
  return method<ContrastOptions>({
    name: "contrast",
    summary: "why one class rather than another: any method on the difference of two scores",
    needs: ["forward"],
    signed: true,
    view: "pixels",
    source: "after Prabhushankar et al., Contrastive Explanations in Neural Networks, ICIP 2020",
    formula: "map = map by another method of score_A − score_B",
    useWhen:
      "Asks why one class rather than another. What speaks for both cancels, which is what matters when two classes are close.",
    cannotShow:
      "Evidence that both classes share: a place can be decisive for the answer and blank here. It is as good as the method that it uses.",
    defaults: { by: "gp-rise", effort: "balance", options: {} },
    limits: { against: undefined, by: undefined, effort: ["speed", "balance", "quality"], options: undefined },
    presets: { speed: { effort: "speed" }, balance: { effort: "balance" }, quality: { effort: "quality" } },
    cost(options, model) {
      const { chosen, settings } = inner(options, model?.input);
      return chosen.cost(settings, model);
    },
    unsupported: ({ task, classes }) => {
      if (task === "detection") return "it compares classes, and a detector's boxes are explained one by one";
      return classes > 1 ? undefined : "there is no other class";
    },
    observes(options, layers) {
      const { chosen, settings } = inner(options);
      return chosen.observes?.(settings, layers) ?? [];
    },
    async explain(subject, options) {
      const { chosen, settings } = inner(options, subject.geometry);
      const reason = reasonAgainst(chosen, subject.info, subject.layers());
      if (reason !== undefined) {
        throw new SightlineError("not-supported", `${options.by} cannot explain this model: ${reason}`, {
          received: options.by,
          next: "contrast by a black-box method such as gp-rise",
        });
      }
      const pairs = contrastPairs(subject, options.against);
      const result = await chosen.explain(contrasted(subject, pairs), settings);
      const { names } = subject;
      return {
        ...result,
        resolved: { ...settings, ...result.resolved, against: pairs.map(([, against]) => against) },
        notes: [
          ...pairs.map(([one, other]) => `${names[one]} (+) rather than ${names[other]} (−), by ${options.by}`),
          ...(result.notes ?? []),
        ],
      };
    },
  });
}

type Pair = readonly [target: number, against: number];

function contrastPairs(subject: Subject, against: Target | undefined): Pair[] {
  if (subject.classes < 2) {
    throw new SightlineError("not-supported", "a model of one class has no other class to contrast with");
  }
  const chosen = against === undefined ? undefined : subject.classIndex(against);
  const { data } = subject.probabilities(subject.scores);
  return subject.targets.map((target) => {
    if (chosen === target) {
      throw new SightlineError("bad-config", `class ${target} cannot be contrasted with itself`, {
        received: against,
        expected: "another class than the target",
      });
    }
    return [target, chosen ?? runnerUp(data, target)];
  });
}

/** A subject whose class t is the difference of the pair's two classes. */
export function contrasted(subject: Subject, pairs: readonly Pair[]): Subject {
  const origins = new WeakMap<Tensor, Tensor>();
  const differences = (raw: Tensor): Tensor => {
    const [count, classes] = raw.dims;
    const data = new Float32Array(count * pairs.length);
    for (let n = 0; n < count; n++) {
      pairs.forEach(([target, against], t) => {
        data[n * pairs.length + t] = raw.data[n * classes + target] - raw.data[n * classes + against];
      });
    }
    return { data, dims: [count, pairs.length] };
  };
  const contrast = (raw: Tensor): Tensor => {
    const scores = differences(raw);
    origins.set(scores, raw);
    return scores;
  };
  const origin = (scores: Tensor): Tensor => {
    const raw = origins.get(scores);
    if (raw) return raw;
    throw new SightlineError("not-supported", "this method makes scores of its own, which cannot be contrasted");
  };
  const weights = (target: GradientRequest["target"]): Float32Array => {
    const given = typeof target === "number" ? Float32Array.from(pairs, (_, t) => (t === target ? 1 : 0)) : target;
    const rows = given.length / pairs.length;
    const full = new Float32Array(rows * subject.classes);
    for (let n = 0; n < rows; n++) {
      pairs.forEach(([one, other], t) => {
        full[n * subject.classes + one] += given[n * pairs.length + t];
        full[n * subject.classes + other] -= given[n * pairs.length + t];
      });
    }
    return full;
  };
  return {
    ...subject,
    info: { ...subject.info, classes: pairs.length },
    classes: pairs.length,
    names: pairs.map(([one, other]) => `${subject.names[one]} rather than ${subject.names[other]}`),
    targets: pairs.map((_, t) => t),
    scores: contrast(subject.scores),
    probabilities: (scores) => differences(subject.probabilities(origin(scores))),
    logits: (scores) => differences(subject.logits(origin(scores))),
    run: async (batch) => contrast(await subject.run(batch)),
    async observe(batch, layers) {
      const { scores, activations } = await subject.observe(batch, layers);
      return { scores: contrast(scores), activations };
    },
    masked: async (batch) => contrast(await subject.masked(batch)),
    async gradient(batch, request) {
      const result = await subject.gradient(batch, { ...request, target: weights(request.target) });
      return { ...result, scores: contrast(result.scores) };
    },
  };
}
