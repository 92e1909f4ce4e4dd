import { checkKeys, checkList } from "../core/checks.js";
import type { MimeBundle } from "../core/display.js";
import { SightlineError } from "../core/errors.js";
import { checkOptions, wordsOf } from "../core/options.js";
import { type Progress, unwatched } from "../core/work.js";
import { type EvaluateOptions, evaluate } from "../evaluate/evaluate.js";
import type { Explanation } from "../explain/explanation.js";
import { explanationList } from "../explanation/check-explanation.js";
import type { ImageSource } from "../image/types.js";
import { checkClassifier } from "../model/check-model.js";
import type { Model, Target } from "../model/types.js";
import { type Baseline, baselineOf } from "../perturb/fill.js";
import { escapeHtml } from "./fallback.js";
import { PacedProgress } from "./paced-progress.js";
import { type HoldOption, SightlineWidget, typeOf } from "./sightline-widget.js";
import { boundedIndex, messageOf } from "./trait-values.js";
import type { CurveScrubberTraits, WireCurve } from "./traits/index.js";
import { encodePng, wireMap } from "./wire-explanation.js";

/** Options of {@link CurveScrubber}. */
export interface CurveScrubberOptions extends HoldOption {
  /** The class whose score is followed; the first target of the first explanation when absent. */
  target?: Target;
  /** What takes the place of removed pixels, with curves for each; default black, mean and blur. */
  baselines?: readonly Baseline[];
  /** Random baseline maps that each curve is compared with; default 5. */
  nulls?: number;
}

const STEPS = 50;
const BASELINES = wordsOf<Baseline>({ black: true, mean: true, blur: true });

/** Lets work show its progress, or keeps it from doing so. */
type Watching = <T>(work: () => Promise<T>) => Promise<T>;

/**
 * Insertion and deletion curves of maps to drag along: the picture at every step, under every baseline.
 * @example
 * const scrubber = new CurveScrubber(model, "cat.png", explanation);
 * await scrubber.measured();
 * scrubber;
 */
export class CurveScrubber extends SightlineWidget<CurveScrubberTraits> {
  readonly #model: Model;
  readonly #image: ImageSource;
  readonly #explanations: readonly Explanation[];
  readonly #options: { target?: Target; nulls: number };
  #work: AbortController | undefined;
  #measured: Promise<void> | undefined;

  constructor(
    model: Model,
    image: ImageSource,
    explanations: Explanation | readonly Explanation[],
    options: CurveScrubberOptions = {},
  ) {
    checkClassifier(model);
    const all = explanationList(explanations);
    checkKeys(options, ["target", "baselines", "nulls", "hold"], "CurveScrubber");
    checkOptions("CurveScrubber", { nulls: { from: 0, to: 1e6, whole: true } }, options);
    const { target, baselines = ["black", "mean", "blur"], nulls = 5, hold } = options;
    checkList(baselines, "the baselines of CurveScrubber", `a list of some of ${BASELINES.join(", ")}`);
    for (const baseline of baselines) checkOptions("CurveScrubber", { baseline: BASELINES }, { baseline });
    super({
      kind: "curve-scrubber",
      hold,
      defaults: {
        picture: new Uint8Array(0),
        aspect: undefined,
        bases: [],
        baselines,
        names: all.map(({ provenance }) => provenance.method),
        maps: [],
        label: all[0].targets[all[0].indexOf(target)].label,
        curves: [],
        steps: STEPS,
        metric: "insertion",
        baseline: 0,
        step: Math.round(STEPS / 10),
        shown: 0,
        state: "working",
        progress: null,
        message: "",
      },
      shared: ["metric", "baseline", "step", "shown"],
      refine: ({ metric, baseline, step, shown }) => ({
        metric: metric === "deletion" ? "deletion" : "insertion",
        baseline: boundedIndex(baseline, baselines.length),
        step: boundedIndex(step, STEPS + 1),
        shown: boundedIndex(shown, all.length),
      }),
    });
    this.#model = model;
    this.#image = image;
    this.#explanations = all;
    this.#options = { target, nulls };
    this.onMessage((content) => {
      if (typeOf(content) === "cancel") this.#work?.abort();
      if (typeOf(content) === "measure" && this.get("state") !== "working") this.#measured = this.#measure();
    });
  }

  /** Resolves when every curve is measured. */
  measured(): Promise<void> {
    this.#measured ??= this.#measure((work) => work());
    return this.#measured;
  }

  override async prepare(): Promise<void> {
    if (this.get("bases").length > 0) return;
    const prepared = await this.#model.prepare(this.#image);
    const png = async (tensor: typeof prepared.tensor) => encodePng(await this.#model.pixels({ ...prepared, tensor }));
    this.set({
      picture: await png(prepared.tensor),
      aspect: prepared.view.width / prepared.view.height,
      bases: await Promise.all(
        this.get("baselines").map((kind) => png(baselineOf(this.#model, prepared.tensor, kind))),
      ),
      maps: this.#explanations.map((explanation) => wireMap(explanation.map(this.#options.target))),
    });
    this.#measured ??= this.#measure();
  }

  protected override fallback(): MimeBundle {
    const rows = this.get("curves").map(({ map, metric, baseline, area, chance }) => {
      const cells = [this.get("names")[map], metric, baseline, area.toFixed(2), chance?.toFixed(2) ?? ""];
      return `<tr>${cells.map((cell) => `<td>${escapeHtml(cell)}</td>`).join("")}</tr>`;
    });
    const head = "<tr><th>method</th><th>curve</th><th>baseline</th><th>area</th><th>chance</th></tr>";
    return { "text/html": `<table>${head}${rows.join("")}</table>` };
  }

  protected override dispose(): void {
    this.#work?.abort();
  }

  /**
   * Measures what was not measured yet, one baseline after the other.
   * @param watch {@link unwatched} where the widget shows by itself how far it is
   */
  async #measure(watch: Watching = unwatched): Promise<void> {
    this.#work = new AbortController();
    const { signal } = this.#work;
    const measured = new Set(this.get("curves").map(({ baseline }) => baseline));
    const missing = this.get("baselines").filter((baseline) => !measured.has(baseline));
    const paced = new PacedProgress(({ done, total, left }) => this.set("progress", { done, total, left }));
    this.set({ state: "working", message: "", progress: { done: 0, total: 0, left: null } });
    try {
      for (const [i, baseline] of missing.entries()) {
        const onProgress = ({ done, total }: Progress) =>
          paced.add({ done: i * total + done, total: missing.length * total });
        const curves = await this.#curvesOn(baseline, watch, { signal, onProgress });
        this.set("curves", [...this.get("curves"), ...curves]);
      }
      paced.flush();
      this.set({ state: "done", progress: null });
    } catch (error) {
      paced.stop();
      if (signal.aborted) this.set({ state: "cancelled", progress: null });
      else this.set({ state: "failed", progress: null, message: messageOf(error) });
    }
  }

  async #curvesOn(
    baseline: Baseline,
    watch: Watching,
    control: Pick<EvaluateOptions, "signal" | "onProgress">,
  ): Promise<WireCurve[]> {
    const { rows } = await watch(() =>
      evaluate(this.#model, this.#image, this.#explanations, {
        metrics: [
          { name: "insertion", baseline, steps: STEPS },
          { name: "deletion", baseline, steps: STEPS },
        ],
        ...this.#options,
        ...control,
      }),
    );
    for (const { name, failures = [] } of rows) {
      for (const { metric, message } of failures) {
        throw new SightlineError("run-failed", `${metric} of ${name} could not be measured: ${message}`);
      }
    }
    return rows.flatMap(({ measurements }, map) =>
      measurements.map(({ metric, value, nulls, curve }) => ({
        map,
        metric: metric as WireCurve["metric"],
        baseline,
        area: value,
        chance: nulls?.mean ?? null,
        scores: curve?.y ?? [],
      })),
    );
  }
}
