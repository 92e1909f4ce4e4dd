import { h } from "../../../../widgets/src/dom.js";
import { probability } from "../../../render/format.js";
import type { Answer } from "../messages.js";

/** What the model says of the picture; each class, or each object, can be asked why. */
export class AnswerList {
  readonly el = h("ol", { class: "pg-answers", "aria-label": "What the model says" });
  readonly #onask: (target: number) => void;

  constructor(onask: (target: number) => void) {
    this.#onask = onask;
  }

  /** @param asked the class or object that is explained */
  show(scores: readonly Answer[], asked: number): void {
    this.el.replaceChildren(...scores.map((score) => this.#row(score, score.index === asked)));
  }

  clear(): void {
    this.el.replaceChildren();
  }

  #row({ index, label, probability: value, box, share }: Answer, asked: boolean): HTMLElement {
    const [left, top, right, bottom] = box?.map(Math.round) ?? [];
    const place = box
      ? `, from (${left}, ${top}) to (${right}, ${bottom})`
      : share === undefined
        ? ""
        : `, in ${percent(share)} of the picture`;
    const row = h(
      "button",
      {
        type: "button",
        "aria-pressed": String(asked),
        title: `Why ${label}? (${value}${place})`,
        onclick: () => this.#onask(index),
      },
      h("span", { class: "pg-label" }, label),
      h("span", { class: "sl-number" }, share === undefined ? probability(value) : percent(share)),
    );
    row.style.setProperty("--part", `${Math.round((share ?? value) * 1000) / 10}%`);
    return h("li", {}, row);
  }
}

const percent = (share: number) => (share < 0.01 ? "< 1 %" : `${Math.round(100 * share)} %`);
