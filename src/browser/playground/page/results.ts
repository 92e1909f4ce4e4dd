import { button, h } from "../../../../widgets/src/dom.js";
import { render } from "../../../../widgets/src/views.js";
import type { Rect } from "../../../image/types.js";
import { duration, plural } from "../../../render/format.js";
import type { WireExplanation } from "../../../widgets/traits/index.js";
import type { Answer } from "../messages.js";
import { AnswerList } from "./answer-list.js";
import { AreaField } from "./area-field.js";
import { factList } from "./fact-list.js";
import type { WidgetModel } from "./widget-model.js";

/** A place of the page with one widget at a time. */
export class WidgetPlace {
  readonly el = h("div");
  #leave = () => {};

  async show(model: WidgetModel | undefined): Promise<void> {
    this.#leave();
    this.#leave = () => {};
    if (model) this.#leave = await render({ model, el: this.el });
  }
}

interface ResultsOptions {
  /** Another class is to be explained. */
  onask(target: number): void;
  /** A class is to be explained in a region; where it is seen, and the answer itself, when absent. */
  onregion(target: number | undefined, region: Rect | undefined): void;
  /** The widget that tests claims about what is shown. */
  claim(): Promise<WidgetModel | undefined>;
  /** The widget that measures what is shown. */
  measure(): Promise<WidgetModel | undefined>;
}

/** What the model says of the picture, why, whether it is true, and the numbers behind it. */
export class Results {
  readonly el = h("div", { class: "pg-results", hidden: true });
  readonly #options: ResultsOptions;
  readonly #answers: AnswerList;
  readonly areas: AreaField;
  readonly #viewer = new WidgetPlace();
  readonly #claim = new WidgetPlace();
  readonly #measures = new WidgetPlace();
  readonly #hint = h("p", { class: "sl-note" });
  readonly #provenance = h("div");
  readonly #again = button("Test the map that is shown now", () => void this.#openClaim(), { hidden: true });
  readonly #measure = button("Measure by insertion and deletion", () => void this.#openMeasures());
  #shown: WidgetModel | undefined;
  #tested: WidgetModel | undefined;

  constructor(options: ResultsOptions) {
    this.#options = options;
    this.#answers = new AnswerList(options.onask);
    this.areas = new AreaField(options.onregion);
    this.el.append(
      h(
        "section",
        { class: "pg-map", "aria-label": "Why" },
        h("div", { class: "pg-says" }, h("h2", {}, "What the model says"), this.#answers.el, this.#hint, this.areas.el),
        this.#viewer.el,
      ),
      h(
        "section",
        { class: "pg-part" },
        h("div", { class: "pg-head" }, h("h2", {}, "Test the claim"), this.#again),
        this.#claim.el,
      ),
      h(
        "section",
        { class: "pg-part" },
        h("div", { class: "pg-head" }, h("h2", {}, "The numbers"), this.#measure),
        this.#provenance,
        this.#measures.el,
      ),
    );
  }

  /** @param asked the class that is explained; @param hint what to look out for */
  answer(predictions: readonly Answer[], asked: number, hint = ""): void {
    this.el.hidden = false;
    this.#answers.show(predictions, asked);
    this.#hint.textContent = hint;
  }

  /** Shows an explanation, and opens the test of what it claims. */
  async show(viewer: WidgetModel | undefined): Promise<void> {
    this.#shown = viewer;
    await this.#viewer.show(viewer);
    viewer?.on("change:shown", () => this.#follow());
    viewer?.on("change:target", () => this.#follow());
    this.#sayHow();
    await this.#openClaim();
  }

  /** @param all whether the answers go, too */
  async clear(all: boolean): Promise<void> {
    this.el.hidden ||= all;
    this.#shown = undefined;
    this.#tested = undefined;
    this.#provenance.replaceChildren();
    await Promise.all([this.#viewer, this.#claim, this.#measures].map((place) => place.show(undefined)));
  }

  /** The reader looks at another map or class: a test that was not begun is about that one, others stay. */
  #follow(): void {
    this.#sayHow();
    void this.#measures.show(undefined);
    this.#measure.hidden = false;
    const history = this.#tested?.get("history") as readonly unknown[] | undefined;
    if (history?.length) this.#again.hidden = false;
    else void this.#openClaim();
  }

  async #openClaim(): Promise<void> {
    this.#again.hidden = true;
    const of = this.#shown;
    const widget = await this.#options.claim();
    if (of !== this.#shown) return;
    this.#tested = widget;
    await this.#claim.show(widget);
  }

  async #openMeasures(): Promise<void> {
    this.#measure.hidden = true;
    await this.#measures.show(await this.#options.measure());
  }

  /** How the map that is shown was made. */
  #sayHow(): void {
    this.#measure.hidden = this.#shown === undefined;
    const explanations = (this.#shown?.get("explanations") ?? []) as readonly WireExplanation[];
    const shown = explanations[Number(this.#shown?.get("shown"))];
    this.#provenance.replaceChildren(...(shown ? [provenanceFacts(shown.provenance)] : []));
  }
}

function provenanceFacts(provenance: WireExplanation["provenance"]): HTMLElement {
  const { method, options, seed, score, forwardPasses, backwardPasses, milliseconds, model, version, runtime } =
    provenance;
  return factList([
    ["Method", method],
    [
      "Options",
      Object.entries(options)
        .map(([name, value]) => `${name} ${worded(value)}`)
        .join(" · ") || "none",
    ],
    ["Values are about", score === "none" ? "no score" : `the ${score}`],
    ["Passes", `${forwardPasses} forward, ${backwardPasses} back, in ${duration(milliseconds)}`],
    ["Seed", String(seed)],
    ["Model", `${model.name} ${model.sha256.slice(0, 8)}`, model.sha256],
    [
      "Sightline",
      [version, runtime && `${runtime.engine}, ${plural(runtime.threads, "thread")}`].filter(Boolean).join(" · "),
    ],
  ]);
}

const worded = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));
