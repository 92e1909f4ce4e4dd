import type { TrainerTraits } from "../../../src/widgets/traits/index.js";
import { paintPreview } from "../bare-maps.js";
import { announcer, button, h } from "../dom.js";
import { bytesOf, floatsOf } from "../model.js";
import { messageNotice, noticeLine } from "../notice.js";
import { pictureUrl } from "../pictures.js";
import type { Render } from "../view.js";
import { fillBar, progressInWords } from "../work-bar.js";
import { ClassCards } from "./class-cards.js";
import { LearningCurve } from "./learning-curve.js";
import { TrainerCamera } from "./trainer-camera.js";
import { showResult } from "./trainer-result.js";
import type { TrainerView } from "./trainer-view.js";

/** Teach a model classes of one's own, and see at once what it learned. */
export const trainer: Render<TrainerTraits> = (view) => {
  view.el.replaceChildren(new TrainerPanel(view).el);
};

const PHASES: Readonly<Record<string, string>> = { learning: "Learning", looking: "Looking at what it learned" };

class TrainerPanel {
  readonly el = h("div", { class: "sl-trainer" });
  readonly #view: TrainerView;
  readonly #status = announcer();
  readonly #notice: ReturnType<typeof noticeLine>;
  readonly #train = button("Train", () => this.#start(), { class: "sl-button sl-trainer-train" });
  readonly #stop = button("Stop", () => this.#view.request({ type: "cancel" }), {
    class: "sl-button sl-trainer-train",
  });
  readonly #progress = h("progress", { class: "sl-progress", "aria-label": "Training" });
  readonly #far = h("p", { class: "sl-number sl-trainer-far" });
  readonly #moving = new MovingMap();
  readonly #result = h("div");

  constructor(view: TrainerView) {
    this.#view = view;
    this.#notice = noticeLine(this.el, () => messageNotice(view, "train", { stale: view.get("state") === "failed" }));
    const say = (text: string) => this.#status.say(text);
    const cards = new ClassCards(view, say);
    const camera = new TrainerCamera(view, say);
    this.el.append(
      h("h3", { class: "sl-title" }, "Train ", h("strong", {}, view.get("subject"))),
      this.#notice.el,
      h(
        "div",
        { class: "sl-trainer-grid" },
        cards.el,
        h(
          "div",
          { class: "sl-trainer-learning" },
          h("div", { class: "sl-buttons" }, this.#train, this.#stop, camera.toggle),
          camera.el,
          this.#far,
          this.#progress,
          h("div", { class: "sl-trainer-live" }, new LearningCurve(view).el, this.#moving.el),
          this.#status.el,
          this.#result,
        ),
      ),
    );
    view.watch(["state", "phase", "progress", "message", "groups"], () => this.#refresh());
    view.watch(["watched", "preview"], () => this.#moving.show(view));
    view.watch(["results"], () => this.#showResult());
    view.watchKernel(() => this.#refresh());
    view.onLeave(() => this.#moving.forget());
    this.#refresh();
    this.#moving.show(view);
    void view.attempt(() => this.#showResult());
  }

  #start(): void {
    if (this.#view.live) this.#view.request({ type: "train" });
  }

  #refresh(): void {
    const view = this.#view;
    const state = view.get("state");
    const progress = view.get("progress");
    const working = state === "working";
    const goesOn = state === "stopped" && view.get("fromScratch");
    this.el.dataset.state = state;
    this.#train.textContent = goesOn ? "Go on" : state === "done" ? "Train again" : "Train";
    const enough = view.get("groups").filter(({ count }) => count >= 2).length >= 2;
    this.#train.hidden = working;
    this.#train.disabled = !view.live || !enough;
    this.#stop.hidden = !working;
    this.#progress.hidden = !working;
    const phase = PHASES[view.get("phase")] ?? "Learning";
    if (working) {
      fillBar(this.#progress, progress ?? { done: 0, total: 0 });
      this.#far.textContent = progress ? `${phase}${progressInWords(progress)}` : `${phase} …`;
    } else {
      this.#far.textContent = enough || state === "done" ? "" : "Give at least two classes of some pictures each.";
      if (state === "stopped") this.#far.textContent = goesOn ? "Stopped: it goes on from here." : "Stopped.";
    }
    const said = { ready: "", working: `${phase} …`, stopped: "Stopped.", done: "Trained.", failed: "" }[state];
    this.#status.say(said);
    this.#notice.update();
  }

  async #showResult(): Promise<void> {
    const [result] = this.#view.get("results");
    this.#result.replaceChildren(...(result ? [await showResult(result)] : []));
  }
}

/** A picture and its map while the network learns. */
class MovingMap {
  readonly #canvas = h("canvas");
  readonly #picture = h("img", { alt: "" });
  readonly el = h(
    "figure",
    { class: "sl-trainer-moving", hidden: true },
    h(
      "div",
      { role: "img", "aria-label": "A picture, and where the network now sees its class" },
      this.#picture,
      this.#canvas,
    ),
    h("figcaption", {}, "Where it sees the class, so far"),
  );
  #url = "";
  #shown: unknown;

  show(view: TrainerView): void {
    const watched = view.get("watched");
    const [map] = view.get("preview");
    this.el.hidden = !map || bytesOf(watched).length === 0;
    if (!map || this.el.hidden) return;
    if (this.#shown !== watched) {
      this.forget();
      this.#url = pictureUrl(watched, "image/png");
      this.#picture.src = this.#url;
      this.#shown = watched;
    }
    paintPreview(this.#canvas, { ...map, data: floatsOf(map.data), regions: undefined, uncertainty: undefined });
  }

  forget(): void {
    if (this.#url) URL.revokeObjectURL(this.#url);
    this.#url = "";
  }
}
