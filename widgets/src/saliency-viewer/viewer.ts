import { mapValue } from "../../../src/render/format.js";
import { drawBoxes } from "../boxes.js";
import type { Place } from "../camera.js";
import { barOf } from "../colour-bar.js";
import { announcer, button, h } from "../dom.js";
import { type Drawing, draw } from "../drawing.js";
import type { ShownExplanation } from "../explanation.js";
import { type Select, select } from "../fields.js";
import { Stage } from "../stage.js";
import type { View } from "../view.js";
import { altText, cost, question } from "../words.js";
import { workBar } from "../work-bar.js";
import { exportButtons } from "./export-buttons.js";
import { lookFields } from "./look-fields.js";
import { type MethodField, methodField } from "./method-field.js";
import { ValueRange } from "./value-range.js";
import { ViewerState, type ViewerTraits } from "./viewer-state.js";

/** Milliseconds of a frame that painting may take. */
const FRAME = 12;

/** Milliseconds after which a hand is taken to rest. */
const REST = 150;

/** The viewer itself; other widgets show it, too. */
export class Viewer {
  readonly el: HTMLElement;
  readonly #view: View<ViewerTraits>;
  readonly #state: ViewerState;
  readonly #stage: Stage;
  readonly #title = h("h3", { class: "sl-title" });
  readonly #caption = h("p", { class: "sl-caption" });
  readonly #reading = h("output", { class: "sl-reading" });
  readonly #bar = h("div", { class: "sl-bar" });
  readonly #warnings = h("div", { class: "sl-warnings" });
  readonly #values: ValueRange;
  readonly #work = workBar(() => this.#view.request({ type: "cancel" }));
  readonly #targets: Select;
  readonly #method: MethodField;
  readonly #look: ReturnType<typeof lookFields>;
  #drawing: Drawing | undefined;
  /** What an explanation that is being made has found so far. */
  #preview: ShownExplanation | undefined;
  #frame = 0;
  #paints = 0;
  /** Whether a whole picture takes longer than a frame leaves time for. */
  #slow = false;
  /** What takes longer than a frame waits until the hand rests: the histogram, and the whole of a slow picture. */
  #resting = 0;

  constructor(view: View<ViewerTraits>, explanations: readonly ShownExplanation[]) {
    const state = new ViewerState(view, explanations);
    this.#view = view;
    this.#state = state;
    this.#stage = new Stage({ scope: view, onpoint: (place) => this.#point(place) });
    this.#stage.addLayer((context, pixel, width, height) => {
      const { boxes = [], size } = this.#drawing ?? {};
      if (size) drawBoxes(context, boxes, { across: width / size.width, down: height / size.height, pixel });
    });
    this.#values = new ValueRange(view, (change) => state.choose(change));
    this.#targets = select({
      label: "Class",
      choices: state.targetChoices(),
      value: String(state.targetIndex),
      onchange: (value) => view.save({ target: Number(value) }),
    });
    this.#method = methodField(view, state);
    const { config } = draw(state.explanation, state.targetIndex, state.config);
    this.#look = lookFields(config, (change) => state.choose(change));
    this.el = h("div", { class: "sl-viewer" }, this.#picture(), this.#controls());
    view.watch(["config"], () => this.#repaint(false));
    view.watch(["target"], () => this.#repaint(true));
    view.watch(["shown"], () => {
      this.#targets.setChoices(state.targetChoices());
      this.#repaint(true);
    });
    view.watch(["work"], () => this.#followWork());
    view.onLeave(() => {
      cancelAnimationFrame(this.#frame);
      clearTimeout(this.#resting);
    });
    this.#paint(false);
    this.#followWork();
  }

  /** Takes the explanations that there are now. */
  show(explanations: readonly ShownExplanation[]): void {
    this.#state.explanations = explanations;
    this.#preview = undefined;
    this.#method.update();
    this.#targets.setChoices(this.#state.targetChoices());
    this.#repaint(true);
  }

  #picture(): HTMLElement {
    const { view } = this.#stage;
    const zoom = h(
      "div",
      { class: "sl-tools", role: "toolbar", "aria-label": "Zoom" },
      button("+", () => view.zoomBy(1.5), { "aria-label": "Zoom in", title: "Zoom in (+, or Ctrl and wheel)" }),
      button("−", () => view.zoomBy(1 / 1.5), { "aria-label": "Zoom out", title: "Zoom out (−)" }),
      button("Fit", () => view.fit(), { title: "Whole picture (0)" }),
    );
    return h(
      "div",
      { class: "sl-main" },
      this.#title,
      h("div", { class: "sl-picture" }, this.#stage.el, this.#bar, this.#work.el),
      h("div", { class: "sl-under" }, zoom, this.#reading),
      this.#caption,
      this.#warnings,
    );
  }

  #controls(): HTMLElement {
    const status = announcer();
    const { all, copied } = exportButtons(this.#state, status.say);
    const reset = button("Reset", () => this.#view.save({ config: {} }));
    return h(
      "div",
      { class: "sl-controls", role: "group", "aria-label": "How it is drawn" },
      this.#targets.el,
      this.#method.el,
      this.#values.el,
      ...this.#look.common,
      h(
        "details",
        {},
        h("summary", {}, "More"),
        ...this.#look.rare,
        h("div", { class: "sl-buttons" }, ...all, reset),
        copied,
      ),
      status.el,
    );
  }

  /** Shows how far an explanation is that is being made, and its map so far in place of the one that was shown. */
  #followWork(): void {
    const work = this.#view.get("work");
    this.#work.update(work ? `explaining by ${work.method}` : "", work);
    const preview = this.#state.preview;
    if (preview === this.#preview) return;
    this.#preview = preview;
    this.#repaint(false);
  }

  /** @param fade whether the picture crosses over from the one before */
  #repaint(fade: boolean): void {
    cancelAnimationFrame(this.#frame);
    const paint = () => this.#paint(fade, !fade && this.#slow);
    this.#frame = requestAnimationFrame(() => void this.#view.attempt(paint));
  }

  /** @param quick at half the resolution first; the rest follows when the hand rests */
  #paint(fade: boolean, quick = false): void {
    const { targetIndex, config } = this.#state;
    const explanation = this.#preview ?? this.#state.explanation;
    const first = this.#drawing === undefined;
    const started = performance.now();
    const drawing = draw(explanation, targetIndex, config, { quick });
    this.#stage.show(drawing.canvas(), fade);
    const took = performance.now() - started;
    if (!quick) this.#slow = took > FRAME;
    this.el.dataset.paint = took.toFixed(1);
    this.#paints += 1;
    this.el.dataset.painted = String(this.#paints);
    this.#drawing = drawing;
    this.#say(drawing);
    clearTimeout(this.#resting);
    const finish = () => (quick ? this.#paint(false) : this.#values.draw(drawing));
    this.#resting = window.setTimeout(() => void this.#view.attempt(finish), first ? 0 : REST);
  }

  /** Everything around the picture. */
  #say(drawing: Drawing): void {
    const { explanation, targetIndex, target } = this.#state;
    const { method, seed, notes } = explanation.provenance;
    this.#look.set(drawing.config);
    this.#values.set(drawing);
    this.#targets.set(String(targetIndex));
    this.#title.replaceChildren(...question(target, explanation.prediction));
    this.#caption.textContent = this.#preview
      ? `${this.#preview.provenance.method}, so far: still sharpening`
      : `${method} · ${cost(explanation.provenance)} · seed ${seed}`;
    this.#warnings.replaceChildren(
      ...[...drawing.warnings, ...notes].map((sentence) => h("p", { class: "sl-note" }, sentence)),
    );
    this.#bar.replaceChildren(barOf(drawing));
    this.#stage.label = altText(explanation, targetIndex);
  }

  #point(place: Place | undefined): void {
    const value = place && this.#drawing?.valueAt(place.x, place.y);
    this.#reading.textContent = !place ? "" : value === undefined ? "outside of what the model saw" : mapValue(value);
  }
}
