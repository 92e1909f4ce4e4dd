import { button, h, uniqueId } from "../../../../widgets/src/dom.js";
import type { Offer } from "./offers.js";

interface SourceOptions<Choice> {
  /** "Model" */
  readonly title: string;
  readonly offers: readonly Offer<Choice>[];
  /** Of the file dialogue. */
  readonly accept: string;
  readonly multiple?: boolean;
  /** "Choose a model…" */
  readonly choose: string;
  onoffer(choice: Choice): void;
  onfiles(files: readonly File[]): void;
}

/** Where a model or a picture comes from: one of the site's, or a file of the visitor's. */
export class SourceField<Choice> {
  readonly el: HTMLElement;
  readonly #list: HTMLSelectElement;
  readonly #own = h("option", { value: "own", hidden: true });
  readonly #offers: readonly Offer<Choice>[];

  constructor({ title, offers, accept, multiple = false, choose, onoffer, onfiles }: SourceOptions<Choice>) {
    this.#offers = offers;
    const id = uniqueId("source");
    this.#list = h("select", {
      id,
      class: "sl-select",
      onchange: () => {
        const offer = offers[Number(this.#list.value)];
        if (offer) onoffer(offer.choice);
      },
    });
    this.#list.append(...offers.map(({ text }, i) => h("option", { value: i }, text)), this.#own);
    const input = h("input", { type: "file", accept, multiple, hidden: true });
    input.addEventListener("change", () => {
      const files = [...(input.files ?? [])];
      input.value = "";
      if (files.length > 0) onfiles(files);
    });
    this.el = h(
      "div",
      { class: "sl-field pg-source" },
      h("label", { for: id }, title),
      h(
        "div",
        { class: "pg-row" },
        this.#list,
        button(choose, () => input.click()),
        input,
      ),
    );
  }

  /** Shows which of the offers is taken, or the name of the visitor's own file. */
  show(chosen: Choice | string): void {
    const own = typeof chosen === "string";
    this.#own.hidden = !own;
    this.#own.textContent = own ? chosen : "";
    this.#list.value = own ? "own" : String(this.#offers.findIndex(({ choice }) => choice === chosen));
  }
}
