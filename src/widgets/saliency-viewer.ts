import { checkKeys, checkList } from "../core/checks.js";
import type { MimeBundle } from "../core/display.js";
import { unwatched } from "../core/work.js";
import { explain } from "../explain/explain.js";
import { Explanation } from "../explain/explanation.js";
import { explanationList } from "../explanation/check-explanation.js";
import { find, type MethodName, methods as methodFacts } from "../methods/registry.js";
import { checkModel } from "../model/check-model.js";
import { isDetector } from "../model/detection/is-detector.js";
import type { DetectionModel } from "../model/detection/types.js";
import type { Model, Prediction, Target } from "../model/types.js";
import { resolveConfig, type VisualizationConfig } from "../render/config.js";
import { fallbackFigure } from "./fallback.js";
import { PacedProgress } from "./paced-progress.js";
import { type HoldOption, SightlineWidget, typeOf } from "./sightline-widget.js";
import { boundedIndex, messageOf } from "./trait-values.js";
import type { ExplainRequest, SaliencyViewerTraits, ViewerWork } from "./traits/index.js";
import { wireExplanation, wireMap } from "./wire-explanation.js";

/** Options of {@link SaliencyViewer}. */
export interface SaliencyViewerOptions extends HoldOption {
  /** The class to begin with, by label or index. */
  target?: Target;
  /** How the maps are drawn at first, as `visualize` takes it. */
  config?: VisualizationConfig;
  /** Explains by other methods when the reader chooses them; without it only the given explanations can be chosen. */
  model?: Model | DetectionModel;
  /** The methods to choose from, every one when absent. They run with their preset "speed". */
  methods?: readonly MethodName[];
}

/**
 * A picture and its maps to look at closely: targets, methods, clipping on the histogram of the values, colours,
 * overlay, zoom. Everything moves in the browser on the raw numbers, without the kernel.
 * @example
 * const viewer = new SaliencyViewer(explanation, { model });
 * viewer.observe("config", (config) => console.log(config.clip_below_percentile));
 * viewer;
 */
export class SaliencyViewer extends SightlineWidget<SaliencyViewerTraits> {
  declare readonly config: VisualizationConfig;
  readonly #all: Explanation[];
  readonly #model: Model | DetectionModel | undefined;
  #work: AbortController | undefined;

  /**
   * @param explanations one, or several of different methods or pictures
   * @throws SightlineError `bad-config`, `unknown-method`
   */
  constructor(explanations: Explanation | readonly Explanation[], options: SaliencyViewerOptions = {}) {
    const all = [...explanationList(explanations)];
    checkKeys(options, ["target", "config", "model", "methods", "hold"], "SaliencyViewer");
    const { target, config = {}, model, methods, hold } = options;
    if (model !== undefined) checkModel(model);
    if (methods !== undefined) checkList(methods, "the methods of SaliencyViewer", "a list of methods by name");
    for (const name of methods ?? []) find(name);
    for (const { provenance, defaults } of all) {
      resolveConfig(config, { method: provenance.method, signed: all[0].map().signed, defaults });
    }
    super({
      kind: "saliency-viewer",
      hold,
      defaults: {
        explanations: [],
        count: all.length,
        shown: 0,
        target: target === undefined ? 0 : all[0].indexOf(target),
        config,
        methods: model ? (methods ?? methodFacts().map(({ name }) => name)) : [],
        work: null,
        message: "",
      },
      shared: ["shown", "target", "config"],
      refine: ({ shown, target: wanted }) => {
        const index = boundedIndex(shown, all.length);
        return { shown: index, target: boundedIndex(wanted, all[index].targets.length) };
      },
    });
    this.#all = all;
    this.#model = model;
    this.onMessage((content) => {
      if (typeOf(content) === "explain") return this.#explain(String((content as Partial<ExplainRequest>).method));
      if (typeOf(content) === "cancel") this.#cancel();
      if (typeOf(content) === "reload") this.resend("explanations");
    });
  }

  /** The explanation that the reader looks at. */
  get explanation(): Explanation {
    return this.#all[this.get("shown")];
  }

  /** The class that the reader looks at. */
  get shownTarget(): Prediction {
    return this.explanation.targets[this.get("target")];
  }

  override async prepare(): Promise<void> {
    if (this.get("explanations").length > 0) return;
    this.set("explanations", await Promise.all(this.#all.map(wireExplanation)));
  }

  protected override dispose(): void {
    this.#work?.abort();
  }

  /** Explains what is shown by another method; the latest request wins. */
  async #explain(name: string): Promise<void> {
    const method = this.get("methods").find((known) => known === name) as MethodName | undefined;
    if (!method || !this.#model) return;
    this.#work?.abort();
    this.#work = new AbortController();
    const { signal } = this.#work;
    this.set({ work: { method, done: 0, total: 0, left: null, maps: [] }, message: "" });
    try {
      const made = await this.#explainBy(method, this.#model, signal);
      const wire = await wireExplanation(made);
      if (signal.aborted) return;
      this.#all.push(made);
      this.extend("explanations", wire);
      await this.flush();
      const count = this.#all.length;
      if (signal.aborted) this.set({ count });
      else this.set({ count, shown: count - 1, work: null });
    } catch (error) {
      if (!signal.aborted) this.set({ work: null, message: messageOf(error) });
    }
  }

  /** An explanation of the picture and the classes that are shown, which sharpens while it is made. */
  async #explainBy(method: MethodName, model: Model | DetectionModel, signal: AbortSignal): Promise<Explanation> {
    const { image, targets } = this.explanation;
    const { signed } = find(method);
    const show = (change: Partial<ViewerWork>) => {
      const work = this.get("work");
      if (work && !signal.aborted) this.set("work", { ...work, ...change });
    };
    const paced = new PacedProgress(
      ({ done, total, left }) => show({ done, total, left }),
      (maps) => show({ maps: maps.map((map) => wireMap({ ...map, signed })) }),
    );
    try {
      const asked = targets.map(({ index }) => index);
      const options = { method, preset: "speed", signal, onProgress: paced.add } as const;
      const made = await unwatched(() =>
        isDetector(model)
          ? explain(model, image.pixels, { ...options, targets: asked.map((box) => ({ box })) })
          : explain(model, image.pixels, { ...options, targets: asked }),
      );
      const maps = made.targets.map(({ index }) => made.map(index));
      return new Explanation({ ...made, maps, image: { ...made.image, name: image.name } });
    } finally {
      paced.stop();
    }
  }

  #cancel(): void {
    this.#work?.abort();
    this.set({ work: null, message: "" });
  }

  protected override fallback(): Promise<MimeBundle> {
    return fallbackFigure(this.explanation, { ...this.config, targets: [this.shownTarget.index] });
  }
}
