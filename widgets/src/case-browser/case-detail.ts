import { button, h, uniqueId } from "../dom.js";
import { readExplanation } from "../explanation.js";
import { Viewer } from "../saliency-viewer/viewer.js";
import type { ViewerTraits } from "../saliency-viewer/viewer-state.js";
import { standIn } from "../stand-in.js";
import type { View } from "../view.js";
import type { CaseList, CaseView } from "./case-list.js";
import type { Gallery } from "./gallery.js";

/** Labels that are offered while the reader writes one. */
const OFFERED = 2000;

/** The picture that is open: its map, its truth, and the way to its neighbours. */
export class CaseDetail {
  readonly el = h("section", { class: "sl-detail", hidden: true });
  /** Belongs on the page beside {@link CaseDetail.el}. */
  readonly labels: HTMLElement;
  readonly #view: CaseView;
  readonly #list: CaseList;
  readonly #gallery: Gallery;
  readonly #say: (text: string) => void;
  #viewer: View<ViewerTraits> | undefined;

  /** @param say tells the reader what was done */
  constructor(view: CaseView, list: CaseList, gallery: Gallery, say: (text: string) => void) {
    this.#view = view;
    this.#list = list;
    this.#gallery = gallery;
    this.#say = say;
    const labels = view.get("labels").slice(0, OFFERED);
    this.labels = h("datalist", { id: uniqueId("labels") }, ...labels.map((label) => h("option", { value: label })));
  }

  /** Shows the picture that is open, or nothing. */
  async update(): Promise<void> {
    this.#viewer?.leave();
    const viewer = this.#view.nested(
      standIn<ViewerTraits>({ shown: 0, target: 0, config: {}, methods: [], work: null, message: "" }),
    );
    this.#viewer = viewer;
    const index = this.#index;
    this.el.hidden = index === undefined;
    this.#gallery.mark(index);
    if (index === undefined) return;
    const [wire] = this.#view.get("explanation");
    const place = h("div", {}, ...(wire ? [] : this.#withoutMap(index)));
    this.el.replaceChildren(this.#head(index), place);
    if (!wire) return;
    const explanation = await readExplanation(wire);
    if (!viewer.signal.aborted) place.replaceChildren(new Viewer(viewer, [explanation]).el);
  }

  get #index(): number | undefined {
    const opened = this.#view.get("opened");
    return opened !== null && this.#list.items[opened] ? opened : undefined;
  }

  #head(index: number): HTMLElement {
    const { name } = this.#list.items[index];
    const truth = this.#truthField(index);
    const step = (text: string, by: -1 | 1) =>
      button(text, () => this.#view.save({ opened: this.#gallery.neighbour(index, by) }));
    return h(
      "div",
      { class: "sl-detail-head" },
      h("strong", {}, name),
      h("label", { for: truth.id }, "Truth"),
      truth,
      step("← Previous", -1),
      step("Next →", 1),
      button("Close", () => this.#view.save({ opened: null }), { "aria-label": `Close ${name}` }),
    );
  }

  #truthField(index: number): HTMLInputElement {
    const { name } = this.#list.items[index];
    const field = h("input", {
      id: uniqueId("truth"),
      list: this.labels.id,
      placeholder: "unknown",
      onchange: () => {
        const truths = this.#list.items.map((_, i) => (i === index ? field.value : (this.#list.truth(i) ?? "")));
        this.#view.save({ truths });
        this.#say(field.value ? `Truth of ${name} set to ${field.value}.` : `Truth of ${name} unknown.`);
      },
    });
    field.value = this.#list.truth(index) ?? "";
    return field;
  }

  #withoutMap(index: number): HTMLElement[] {
    const { name } = this.#list.items[index];
    const why = this.#view.live ? this.#view.get("message") : "The map of this picture was not saved.";
    return [
      h("img", { src: this.#list.urls[index], alt: `${name}, small`, width: 224, height: 224 }),
      h("p", { class: "sl-note" }, why),
    ];
  }
}
