import type { MimeBundle } from "../core/display.js";
import { evaluate } from "../evaluate/evaluate.js";
import type { Explanation } from "../explain/explanation.js";
import type { ImageSource } from "../image/types.js";
import type { Model, Target } from "../model/types.js";
import { type Baseline, baselineOf } from "../perturb/fill.js";
import { escapeHtml } from "./fallback.js";
import { SightlineWidget } from "./sightline-widget.js";
import { boundedIndex, messageOf } from "./trait-values.js";
import type { CurveScrubberTraits, WireCurve } from "./traits/index.js";
import { encodePng, wireMap } from "./wire-explanation.js";

/** Options of {@link CurveScrubber}. */
export interface CurveScrubberOptions {
  target?: Target;
  baselines?: readonly Baseline[];
  /** Random baseline maps that each curve is compared with; default 5. */
  nulls?: number;
}

const STEPS = 50;

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
  readonly #work = new AbortController();
  #measured: Promise<void> | undefined;

  constructor(
    model: Model,
    image: ImageSource,
    explanations: Explanation | readonly Explanation[],
    { target, baselines = ["black", "mean", "blur"], nulls = 5 }: CurveScrubberOptions = {},
  ) {
    const all = [explanations].flat() as readonly Explanation[];
    super({
      kind: "curve-scrubber",
      defaults: {
        picture: new Uint8Array(0),
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
  }

  /** Resolves when every curve is measured. */
  measured(): Promise<void> {
    this.#measured ??= this.#measure();
    return this.#measured;
  }

  override async prepare(): Promise<void> {
    if (this.get("bases").length > 0) return;
    const prepared = await this.#model.prepare(this.#image);
    const png = async (tensor: typeof prepared.tensor) => encodePng(await this.#model.pixels({ ...prepared, tensor }));
    this.set({
      picture: await png(prepared.tensor),
      bases: await Promise.all(
        this.get("baselines").map((kind) => png(baselineOf(this.#model, prepared.tensor, kind))),
      ),
      maps: this.#explanations.map((explanation) => wireMap(explanation.map(this.#options.target))),
    });
    void this.measured();
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
    this.#work.abort();
  }

  async #measure(): Promise<void> {
    const { target, nulls } = this.#options;
    const { signal } = this.#work;
    try {
      for (const baseline of this.get("baselines")) {
        const result = await evaluate(this.#model, this.#image, this.#explanations, {
          metrics: [
            { name: "insertion", baseline, steps: STEPS },
            { name: "deletion", baseline, steps: STEPS },
          ],
          target,
          nulls,
          signal,
        });
        const curves = result.rows.flatMap(({ measurements }, map) =>
          measurements.map((measurement) => ({
            map,
            metric: measurement.metric as WireCurve["metric"],
            baseline,
            area: measurement.value,
            chance: measurement.nulls?.mean ?? null,
            scores: measurement.curve?.y ?? [],
          })),
        );
        this.set("curves", [...this.get("curves"), ...curves]);
      }
      this.set("state", "done");
    } catch (error) {
      if (signal.aborted) return;
      this.set({ state: "failed", message: messageOf(error) });
    }
  }
}
