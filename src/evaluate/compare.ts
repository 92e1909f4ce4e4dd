import { checkKeys, checkList } from "../core/checks.js";
import { type Displayable, displaySymbol, type MimeBundle } from "../core/display.js";
import { type ErrorCode, isSightlineError, throwIfAborted } from "../core/errors.js";
import { type Failure, failureOf } from "../core/failures.js";
import { optionNames } from "../core/options.js";
import { longWork, type Progress, type Work } from "../core/work.js";
import { observePicture, runPlan } from "../explain/classification.js";
import type { Explanation } from "../explain/explanation.js";
import type { CommonOptions } from "../explain/options.js";
import { type Plan, planOf } from "../explain/plan.js";
import type { ImageSource } from "../image/types.js";
import { find, METHODS, type MethodName, type OptionsOf } from "../methods/registry.js";
import { checkClassifier } from "../model/check-model.js";
import type { Model } from "../model/types.js";
import type { VisualizationConfig } from "../render/config.js";
import type { Figure } from "../render/figure.js";
import { visualize } from "../render/visualize.js";
import { type Agreement, agreement } from "./agreement.js";
import { htmlTable, markdownTable, numberCell, type Table } from "./table.js";

/** A method by its name, with its own options where they differ from the preset's. */
export type CompareChoice =
  | MethodName
  | { [Name in MethodName]: { method: Name } & Partial<OptionsOf<Name>> }[MethodName];

/** Options of {@link compare}. */
export interface CompareOptions extends Omit<CommonOptions, "mode"> {
  /** Which methods; "all" (the default) is every method that suits the model, but for `contrast`. */
  methods?: "all" | readonly CompareChoice[];
}

const OPTIONS = optionNames<CompareOptions>({
  methods: true,
  preset: true,
  targets: true,
  seed: true,
  signal: true,
  onProgress: true,
});

/** Codes of errors that are about the call, not about what a method can do with the picture. */
const MISTAKES: readonly ErrorCode[] = [
  "ambiguous-label",
  "index-out-of-range",
  "unknown-label",
  "unknown-method",
  "unknown-option",
];

/** A method that gave no maps, and why: "not-supported" where it does not suit the model. */
export interface ComparisonFailure extends Failure {
  readonly method: string;
}

/** Several methods on one picture: their explanations, how far they agree, what each cost, and what failed. */
export class Comparison implements Displayable {
  readonly #size: { readonly width: number; readonly height: number };

  constructor(
    readonly explanations: readonly Explanation[],
    readonly failures: readonly ComparisonFailure[],
    size: { readonly width: number; readonly height: number },
  ) {
    this.#size = { width: size.width, height: size.height };
    Object.freeze(this);
  }

  /** How alike the maps of a target are, at the model's resolution; of the first target without an argument. */
  agreement(target: number = this.explanations[0]?.targets[0].index): Agreement {
    const { width, height } = this.#size;
    return agreement(
      this.explanations.map(({ provenance }) => provenance.method),
      this.explanations.map((explanation) => explanation.map(target).resize(width, height).data),
    );
  }

  /** One row a method: passes, time, mean rank correlation with the others; then the methods that failed, with reasons. */
  table(target?: number): Table {
    const { spearman } = this.agreement(target);
    const others = (row: readonly number[]) => (row.reduce((sum, value) => sum + value, 0) - 1) / (row.length - 1);
    return {
      head: ["method", "forward passes", "backward passes", "ms", "agreement with the others"],
      rows: [
        ...this.explanations.map(({ provenance }, i) => [
          { text: provenance.method, small: provenance.notes.join("; ") || undefined },
          numberCell(provenance.forwardPasses),
          numberCell(provenance.backwardPasses),
          { text: provenance.milliseconds.toFixed(0), value: provenance.milliseconds },
          numberCell(others(spearman[i])),
        ]),
        ...this.failures.map(({ method, code, message }) => [
          { text: method, small: message },
          { text: code },
          { text: "–" },
          { text: "–" },
          { text: "–" },
        ]),
      ],
    };
  }

  /** One figure: a panel for every method and target. */
  figure(config: VisualizationConfig = {}): Promise<Figure> {
    return visualize(this.explanations, config);
  }

  /** The table as HTML. */
  html(): string {
    return htmlTable(this.table());
  }

  /** The table as Markdown. */
  markdown(): string {
    return markdownTable(this.table());
  }

  async [displaySymbol](): Promise<MimeBundle> {
    const shown = this.explanations.length > 0 ? await (await this.figure())[displaySymbol]() : {};
    return { ...shown, "text/html": `${shown["text/html"] ?? ""}${this.html()}`, "text/plain": this.markdown() };
  }
}

/**
 * Every method that suits the model, on one picture, in one call. The picture is prepared once and its inner tensors
 * come from one pass, shared by all; each method's provenance says what it would cost alone. A method that fails is
 * reported beside the rest.
 * @example
 * const methods = ["grad-cam", { method: "rise", masks: 100 }] as const;
 * const comparison = await compare(model, "cat.png", { methods });
 * comparison.markdown();
 * @throws SightlineError `bad-config` when no method was named; of methods that were named `unknown-method`,
 *   `unknown-option`, `unknown-label` and what else would fail on every model; `aborted`, `bad-image`
 */
export async function compare(model: Model, image: ImageSource, options: CompareOptions = {}): Promise<Comparison> {
  checkClassifier(model);
  checkKeys(options, OPTIONS, "compare");
  return longWork(`comparison on ${model.info.name}`, options.signal, (work) =>
    compareUnder(model, image, { ...options, signal: work.signal }, work),
  );
}

async function compareUnder(
  model: Model,
  image: ImageSource,
  { methods = "all", ...common }: CompareOptions,
  work: Work,
): Promise<Comparison> {
  const { signal } = common;
  const choices =
    methods === "all" ? (Object.keys(METHODS) as MethodName[]).filter((name) => name !== "contrast") : methods;
  checkList(choices, "the methods to compare", "'all', or a list of methods by name");
  const failures: ComparisonFailure[] = [];
  const fail = (method: string, error: unknown, mistakes = MISTAKES) => {
    throwIfAborted(signal);
    if (methods !== "all" && isSightlineError(error, ...mistakes)) throw error;
    failures.push({ method, ...failureOf(error) });
  };
  const plans: { plan: Plan; settings: CommonOptions }[] = [];
  for (const choice of choices) {
    const named = typeof choice === "object" && choice !== null ? choice : { method: choice };
    const settings = { ...common, ...named };
    try {
      if ((named.method as string) !== "auto") find(named.method);
      plans.push({ plan: planOf(model, settings), settings });
    } catch (error) {
      fail(named.method, error, [...MISTAKES, "bad-config"]);
    }
  }
  const observed = await observePicture(model, image, [...new Set(plans.flatMap(({ plan }) => plan.observed))], signal);
  const explanations: Explanation[] = [];
  const meter = passMeter(model, plans, work);
  for (const [i, { plan, settings }] of plans.entries()) {
    const onProgress = (progress: Progress) => {
      settings.onProgress?.(progress);
      meter.within(i, progress);
    };
    try {
      meter.from(i);
      explanations.push(await runPlan(model, plan, { ...settings, onProgress }, async () => observed));
    } catch (error) {
      fail(plan.method.name, error);
    }
  }
  return new Comparison(explanations, failures, model.info.input);
}

/** How far several methods are, by the passes that each costs. */
function passMeter(model: Model, plans: readonly { readonly plan: Plan }[], work: Work) {
  const costs = plans.map(({ plan: { method, options } }) => {
    const { forward, backward } = method.cost(options, model.info);
    return 1 + forward + backward;
  });
  const total = costs.reduce((sum, cost) => sum + cost, 0);
  const before = (index: number) => costs.slice(0, index).reduce((sum, cost) => sum + cost, 0);
  return {
    from: (index: number) => work.progress({ done: before(index), total }),
    within(index: number, { done, total: all, maps }: Progress): void {
      work.progress({ done: Math.round(before(index) + (costs[index] * done) / Math.max(1, all)), total, maps });
    },
  };
}
