import type { RawImage } from "../../../src/image/types.js";
import { probability } from "../../../src/render/format.js";
import type { StickerAnswer } from "../../../src/widgets/traits/index.js";
import { answerCanvas } from "../answer-map.js";
import { h } from "../dom.js";
import type { Received } from "../model.js";
import { scoreBars } from "../score-bars.js";
import { Stage } from "../stage.js";
import type { StickerView } from "./lab-state.js";

/** What one model says of the picture with the sticker. */
export class ModelColumn {
  readonly el: HTMLElement;
  readonly #name: string;
  readonly #cry = h("p", { class: "sl-change" });
  readonly #before = h("p", { class: "sl-note sl-sticker-before" });
  readonly #bars = h("div");
  readonly #stage: Stage;
  #sentence = "";

  constructor(view: StickerView, name: string, index: number) {
    this.#name = name;
    this.#stage = new Stage({ scope: view, size: 300, label: `Map of ${name}` });
    this.el = h(
      "section",
      { class: "sl-sticker-model", "aria-label": `Model ${index + 1}: ${name}` },
      h("h4", {}, name),
      this.#cry,
      this.#before,
      this.#stage.el,
      this.#bars,
    );
  }

  /** What it says now, for those who do not see it. */
  get sentence(): string {
    return this.#sentence;
  }

  show(image: RawImage, answer: Received<StickerAnswer>, plain: Received<StickerAnswer> | undefined): void {
    const [top] = answer.predictions;
    const [before] = plain?.predictions ?? [];
    const turned = before !== undefined && before.label !== top.label;
    this.#cry.toggleAttribute("data-turned", turned);
    this.#cry.replaceChildren(
      h("strong", {}, turned ? `${top.label}!` : top.label),
      " ",
      h("span", { class: "sl-number", title: String(top.probability) }, probability(top.probability)),
    );
    this.#before.textContent = before
      ? `${turned ? "instead of" : "before:"} ${before.label} ${probability(before.probability)}`
      : "";
    this.#sentence = `${this.#name}: ${top.label} ${probability(top.probability)}`;
    const earlier = new Map((plain?.predictions ?? []).map((each) => [each.index, each.probability]));
    this.#bars.replaceChildren(
      scoreBars(
        answer.predictions.map(({ index, label, probability: now }) => ({
          label,
          probability: now,
          before: earlier.get(index),
        })),
      ),
    );
    this.#stage.show(answerCanvas(image, answer));
    this.#stage.label = `${this.#name}: map for ${top.label}`;
  }
}
