import { mapValue, probability } from "../../src/render/format.js";
import { axis, Chart } from "./charts.js";
import { announcer, button, copyText, download, h, range, select, slider } from "./dom.js";
import { barOf, type Drawing, draw, drawBoxes, readExplanation, type ShownExplanation } from "./drawing.js";
import { Cleanup, isLive, type Model, type Render } from "./model.js";
import { canvasBlob } from "./pictures.js";
import { codeOf, googleConfig } from "./snippets.js";
import { SharedView, Stage } from "./stage.js";
import { altText, cost, WORDS } from "./words.js";

type Config = Record<string, unknown>;

interface Traits {
  explanations: readonly object[];
  shown: number;
  target: number;
  config: Config;
  methods: readonly string[];
  message: string;
}

/** The picture with its map, and what decides how it is drawn. */
export const saliencyViewer: Render<Traits> = async ({ model, el }) => {
  const cleanup = new Cleanup();
  const mount = async () => {
    const explanations = await Promise.all(model.get("explanations").map(readExplanation));
    if (explanations.length === 0) {
      el.replaceChildren(h("p", { class: "sl-note" }, "No explanation to show yet."));
      return;
    }
    el.replaceChildren(new Viewer(model, explanations, cleanup).el);
  };
  cleanup.on(model, "change:explanations", () => {
    cleanup.run();
    cleanup.on(model, "change:explanations", () => void mount());
    void mount();
  });
  await mount();
  return cleanup.run;
};

/** Milliseconds of a frame that painting may take. */
const FRAME = 12;

/** The viewer itself; other widgets show it too. */
export class Viewer {
  readonly el: HTMLElement;
  readonly #model: Model<Traits>;
  readonly #all: readonly ShownExplanation[];
  readonly #stage: Stage;
  readonly #title = h("h3", { class: "sl-title" });
  readonly #caption = h("p", { class: "sl-caption" });
  readonly #reading = h("output", { class: "sl-reading" });
  readonly #bar = h("div", { class: "sl-bar" });
  readonly #warnings = h("div", { class: "sl-warnings" });
  readonly #copied = h("div");
  readonly #asked = h("p", { class: "sl-note", role: "status" });
  readonly #status = announcer();
  readonly #histogram: Chart;
  readonly #targets: ReturnType<typeof select>;
  readonly #controls: { set(config: Drawing["config"]): void };
  #drawing: Drawing | undefined;
  #frame = 0;
  #paints = 0;
  /** Whether a whole picture takes longer than a frame leaves time for. */
  #slow = false;
  /** What takes longer than a frame waits until the hand rests: the histogram, and the whole of a slow picture. */
  #quiet = 0;

  constructor(model: Model<Traits>, explanations: readonly ShownExplanation[], cleanup: Cleanup) {
    this.#model = model;
    this.#all = explanations;
    const view = new SharedView();
    this.#stage = new Stage({
      cleanup,
      view,
      label: "",
      onpoint: (place) => this.#point(place),
    });
    this.#stage.addLayer((context, pixel, width, height) => {
      const { boxes = [], size } = this.#drawing ?? {};
      if (size) drawBoxes(context, boxes, { across: width / size.width, down: height / size.height, pixel });
    });
    this.#histogram = new Chart(model as Model<never>, cleanup, { label: "Histogram of the values", height: 110 });
    const methods = select({
      label: "Method",
      choices: this.#methodChoices(),
      value: String(this.#shownIndex),
      onchange: (value) => {
        const shown = Number(value);
        if (Number.isInteger(shown)) this.#save({ shown, target: this.#sameTarget(shown) });
        else {
          this.#asked.textContent = "";
          model.send({ type: "explain", method: value });
        }
      },
    });
    const ask = () => {
      this.#asked.textContent = model.get("message") ?? "";
      if (model.get("message")) methods.set(String(this.#shownIndex));
    };
    cleanup.on(model, "change:message", ask);
    cleanup.on(model, "comm_live_update", () => {
      methods.choices(this.#methodChoices());
      methods.set(String(this.#shownIndex));
    });
    this.#targets = select({
      label: "Class",
      choices: this.#targetChoices(),
      value: String(this.#targetIndex),
      onchange: (value) => this.#save({ target: Number(value) }),
    });
    const { config } = draw(this.#shown, this.#targetIndex, this.#config);
    const clip = range({
      label: "Show values between percentiles",
      min: 0,
      max: 100,
      step: 0.1,
      value: [config.clipBelow, config.clipAbove],
      oninput: ([low, high]) => this.#choose({ clip_below_percentile: low, clip_above_percentile: high }),
    });
    const overlay = select({
      label: "Under the colours",
      choices: WORDS.overlays,
      value: config.overlay,
      onchange: (value) => this.#choose({ overlay_type: value }),
    });
    const weight = slider({
      label: "Weight of the colours",
      min: 0,
      max: 1,
      step: 0.01,
      value: config.weight,
      text: (value) => `${Math.round(value * 100)} %`,
      oninput: (value) => this.#choose({ overlay_weight: value }),
    });
    const type = select({
      label: "Draw",
      choices: WORDS.types,
      value: config.type,
      onchange: (value) => this.#choose({ type: value }),
    });
    const polarity = select({
      label: "Evidence",
      choices: WORDS.polarities,
      value: config.polarity,
      onchange: (value) => this.#choose({ polarity: value }),
    });
    const colours = select({
      label: "Colours",
      choices: WORDS.colourMaps,
      value: config.colourMap,
      onchange: (value) => this.#choose({ color_map: value }),
    });
    const cells = select({
      label: "Resolution",
      choices: [
        ["smooth", "interpolated"],
        ["cells", "the method's own cells"],
        ["picture", "whole picture"],
      ],
      value: config.extent === "picture" ? "picture" : config.smooth ? "smooth" : "cells",
      onchange: (value) => this.#choose({ resize: value === "picture" ? true : value === "cells" ? false : undefined }),
    });
    this.#controls = {
      set: (now) => {
        clip.set([now.clipBelow, now.clipAbove]);
        overlay.set(now.overlay);
        weight.set(now.weight);
        type.set(now.type);
        polarity.set(now.polarity);
        colours.set(now.colourMap);
        cells.set(now.extent === "picture" ? "picture" : now.smooth ? "smooth" : "cells");
      },
    };
    const zoom = h(
      "div",
      { class: "sl-tools", role: "toolbar", "aria-label": "Zoom" },
      button("+", () => this.#stage.zoomBy(1.5), { "aria-label": "Zoom in", title: "Zoom in (+, or Ctrl and wheel)" }),
      button("−", () => this.#stage.zoomBy(1 / 1.5), { "aria-label": "Zoom out", title: "Zoom out (−)" }),
      button("Fit", () => view.look({ x: 0.5, y: 0.5, zoom: 1 }), { title: "Whole picture (0)" }),
    );
    this.el = h(
      "div",
      { class: "sl-viewer" },
      h(
        "div",
        { class: "sl-main" },
        this.#title,
        h("div", { class: "sl-picture" }, this.#stage.el, this.#bar),
        h("div", { class: "sl-under" }, zoom, this.#reading),
        this.#caption,
        this.#warnings,
      ),
      h(
        "div",
        { class: "sl-controls", role: "group", "aria-label": "How it is drawn" },
        this.#targets.el,
        this.#methodChoices().length > 1 && h("div", { class: "sl-asking" }, methods.el, this.#asked),
        this.#histogram.el,
        clip.el,
        overlay.el,
        weight.el,
        h(
          "details",
          {},
          h("summary", {}, "More"),
          type.el,
          polarity.el,
          colours.el,
          cells.el,
          h(
            "div",
            { class: "sl-buttons" },
            button("Save PNG", () => void this.#savePicture()),
            button("Copy as code", () => void this.#copy(codeOf(this.#shown, this.#targetIndex, this.#config))),
            button(
              "Copy as JSON",
              () => void this.#copy(JSON.stringify(googleConfig((this.#drawing as Drawing).config), null, 2)),
            ),
            button("Reset", () => this.#save({ config: {} })),
          ),
          this.#copied,
        ),
        this.#status.el,
      ),
    );
    for (const name of ["config", "target", "shown"] as const) {
      cleanup.on(model, `change:${name}`, () => {
        if (name === "shown") this.#targets.choices(this.#targetChoices());
        this.#repaint(name !== "config");
      });
    }
    cleanup.add(() => {
      cancelAnimationFrame(this.#frame);
      clearTimeout(this.#quiet);
    });
    this.#paint(false);
  }

  get #shownIndex(): number {
    return Math.min(this.#all.length - 1, Math.max(0, this.#model.get("shown") ?? 0));
  }

  get #shown(): ShownExplanation {
    return this.#all[this.#shownIndex];
  }

  get #targetIndex(): number {
    return Math.min(this.#shown.targets.length - 1, Math.max(0, this.#model.get("target") ?? 0));
  }

  get #config(): Config {
    return this.#model.get("config") ?? {};
  }

  #name({ provenance, name }: ShownExplanation): string {
    const several = new Set(this.#all.map((e) => e.name)).size > 1;
    return several ? `${provenance.method} · ${name}` : provenance.method;
  }

  /** The explanations that are there, and the methods that the kernel can still be asked for. */
  #methodChoices(): (readonly [string, string])[] {
    const there = this.#all.map((e, i) => [String(i), this.#name(e)] as const);
    const known = new Set(this.#all.map(({ provenance }) => provenance.method));
    const more = isLive(this.#model as Model<never>) ? (this.#model.get("methods") ?? []) : [];
    return [...there, ...more.filter((name) => !known.has(name)).map((name) => [name, `explain by ${name}`] as const)];
  }

  #targetChoices(): (readonly [string, string])[] {
    return this.#shown.targets.map(({ label, probability: p }, i) => [String(i), `${label}, ${probability(p)}`]);
  }

  /** The class looked at, among the targets of another explanation. */
  #sameTarget(shown: number): number {
    const { index } = this.#shown.targets[this.#targetIndex];
    return Math.max(
      0,
      this.#all[shown].targets.findIndex((target) => target.index === index),
    );
  }

  #choose(change: Config): void {
    const config = { ...this.#config, ...change };
    for (const key of Object.keys(config)) if (config[key] === undefined) delete config[key];
    this.#save({ config });
  }

  #save(change: Partial<Traits>): void {
    for (const [name, value] of Object.entries(change)) this.#model.set(name as keyof Traits, value as never);
    this.#model.save_changes();
  }

  #repaint(fade: boolean): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#paint(fade, !fade && this.#slow));
  }

  /** @param quick at half the resolution first; the rest follows when the hand rests */
  #paint(fade: boolean, quick = false): void {
    const explanation = this.#shown;
    const target = explanation.targets[this.#targetIndex];
    const first = this.#drawing === undefined;
    const started = performance.now();
    const drawing = draw(explanation, this.#targetIndex, this.#config, undefined, quick);
    this.#stage.show(drawing.canvas(), fade);
    if (!quick) this.#slow = performance.now() - started > FRAME;
    this.el.dataset.paint = (performance.now() - started).toFixed(1);
    this.#paints += 1;
    this.el.dataset.painted = String(this.#paints);
    this.#drawing = drawing;
    this.#controls.set(drawing.config);
    this.#targets.set(String(this.#targetIndex));
    const { method, seed, notes } = explanation.provenance;
    this.#title.replaceChildren(
      "Why ",
      h("strong", {}, target.label),
      h("span", { class: "sl-number" }, `, ${probability(target.probability)}?`),
    );
    this.#caption.textContent = `${method} · ${cost(explanation.provenance)} · seed ${seed}`;
    this.#warnings.replaceChildren(
      ...[...drawing.warnings, ...notes].map((sentence) => h("p", { class: "sl-note" }, sentence)),
    );
    this.#bar.replaceChildren(barOf(drawing));
    this.#stage.label = altText(explanation, this.#targetIndex);
    clearTimeout(this.#quiet);
    this.#quiet = window.setTimeout(() => (quick ? this.#paint(false) : this.#chart(drawing)), first ? 0 : 150);
  }

  #chart(drawing: Drawing): void {
    const { centres, counts, low, high } = drawing.histogram();
    this.#histogram.draw(
      [
        {
          type: "bar",
          x: centres,
          y: counts.map(Math.log1p),
          text: counts.map(String),
          hovertemplate: "%{x:.2g}: %{text}<extra></extra>",
          textposition: "none",
          marker: { color: centres.map((value) => (drawing.isDrawn(value) ? "#5b7fa6" : "rgba(128,128,128,.35)")) },
        },
      ],
      {
        bargap: 0.05,
        margin: { l: 8, r: 8, t: 4, b: 34 },
        xaxis: axis("value", { tickformat: ".2~g", nticks: 5 }),
        yaxis: axis("", { visible: false, rangemode: "tozero" }),
        shapes: [low, high].filter(Number.isFinite).map((x) => ({
          type: "line",
          x0: x,
          x1: x,
          yref: "paper",
          y0: 0,
          y1: 1,
          line: { width: 1.5, color: "#888" },
        })),
      },
    );
  }

  #point(place: { x: number; y: number } | undefined): void {
    this.#stage.view.pointer = undefined;
    if (!place || !this.#drawing) {
      this.#reading.textContent = "";
      return;
    }
    const value = this.#drawing.valueAt(place.x, place.y);
    this.#reading.textContent = value === undefined ? "outside of what the model saw" : mapValue(value);
  }

  async #savePicture(): Promise<void> {
    const drawing = draw(this.#shown, this.#targetIndex, this.#config);
    const { label } = this.#shown.targets[this.#targetIndex];
    const name = `${this.#shown.name}_${this.#shown.provenance.method}_${label}`.replace(/[^\p{L}\p{N}._-]+/gu, "-");
    const canvas = drawing.canvas();
    const context = canvas.getContext("2d");
    if (context) drawBoxes(context, drawing.boxes, { across: 1, down: 1, pixel: 1 });
    download(await canvasBlob(canvas), `${name}.png`);
    this.#status.say("Picture saved.");
  }

  async #copy(text: string): Promise<void> {
    this.#copied.replaceChildren();
    const done = await copyText(text, this.#copied);
    this.#status.say(done ? "Copied." : "Copy the marked text.");
  }
}
