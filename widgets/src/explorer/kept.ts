import type { NamedPictures } from "../../../src/explorer/types.js";
import { oneLine, plural } from "../../../src/render/format.js";
import { copyText } from "../clipboard.js";
import { button, h } from "../dom.js";
import { type Address, pageAddress } from "./address.js";
import type { Store } from "./store.js";
import { readView, type ViewState, viewText } from "./view-state.js";
import type { Work } from "./work.js";

interface Parts {
  readonly store: Store;
  readonly work: Work;
  /** What is shown now, and how something else is shown. */
  readonly page: { get(): ViewState["page"]; show(name: ViewState["page"]): void };
  /** Whether the page is the explorer's own, so that a link can name a view. */
  readonly linked: boolean;
}

/** Views and slices that people keep under names: opened at a click, by a link, and removed. */
export class Kept {
  readonly el: HTMLDetailsElement;
  readonly #parts: Parts;
  readonly #address: Address | undefined;
  readonly #name = h("input", {
    class: "sl-select",
    maxlength: 200,
    autocomplete: "off",
    placeholder: "Name of this view",
    "aria-label": "Name of this view",
  });
  readonly #lists = h("div", { class: "sl-x-kept-lists" });

  constructor(parts: Parts) {
    this.#parts = parts;
    const { store, work, linked } = parts;
    if (linked) this.#address = pageAddress(store.scope, (view) => void this.open(view));
    const onsubmit = (event: Event) => {
      event.preventDefault();
      void this.#keep();
    };
    this.el = h(
      "details",
      { class: "sl-x-kept" },
      h("summary", { title: "V" }, "Views and slices"),
      h("form", { onsubmit }, this.#name, h("button", { class: "sl-button" }, "Keep this view")),
      this.#lists,
    );
    work.on(() => this.#list());
    this.#list();
  }

  /** Opens the view that the page's address names. */
  async openLinked(): Promise<void> {
    const view = this.#address?.view;
    if (view !== undefined) await this.open(view);
  }

  /** Shows what is kept, and takes a name. */
  focus(): void {
    this.el.open = true;
    this.#name.focus();
  }

  /** Shows a view that was kept. */
  async open(name: string): Promise<void> {
    const { store, work, page } = this.#parts;
    await store.attempt(async () => {
      const kept = work.annotated.views.find((view) => view.name === name);
      if (!kept) throw new Error(`nobody keeps a view called '${oneLine(name)}'`);
      const { filter, sort, overlay, page: shown } = readView(kept.state);
      page.show(shown);
      store.setOverlay(overlay);
      if (await store.show({ filter, sort })) this.#address?.name(name);
    });
  }

  async #keep(): Promise<void> {
    const { store, work, page } = this.#parts;
    const { filter, sort, overlay } = store;
    const name = this.#name.value.normalize("NFC").trim();
    const state = viewText({ page: page.get(), filter, sort, overlay });
    if (!(await work.do({ kind: "view", name, state }))) return;
    this.#name.value = "";
    this.#address?.name(name);
  }

  #list(): void {
    const { views, slices } = this.#parts.work.annotated;
    const focused = this.#lists.contains(document.activeElement);
    const list = (title: string, items: HTMLElement[]) =>
      items.length > 0 && h("div", {}, h("h4", {}, title), h("ul", { class: "sl-x-kept-list" }, ...items));
    const lists = [
      list(
        "Views",
        views.map((view) => this.#view(view.name)),
      ),
      list(
        "Slices",
        slices.map((slice) => this.#slice(slice)),
      ),
    ];
    this.#lists.replaceChildren(...lists.filter((one) => one !== false));
    // whoever pressed a button that is gone goes on from the name
    if (focused) this.#name.focus();
  }

  #view(name: string): HTMLElement {
    const words = oneLine(name);
    const copied = h("span", {});
    const { work } = this.#parts;
    const link =
      this.#address &&
      button("Copy link", () => void this.#copy(name, copied), {
        class: "sl-x-link",
        "aria-label": `Copy link to the view ${words}`,
      });
    return h(
      "li",
      {},
      button(words, () => void this.open(name), { class: "sl-x-link", "aria-label": `Open the view ${words}` }),
      link ?? false,
      button("Remove", () => void work.do({ kind: "view", name, state: null }), {
        class: "sl-x-link",
        "aria-label": `Remove the view ${words}`,
      }),
      copied,
    );
  }

  async #copy(name: string, copied: HTMLElement): Promise<void> {
    const link = this.#address?.link(name) ?? "";
    if (await copyText(link, copied)) this.#parts.work.say("Copied the link.");
  }

  #slice({ name, pictures }: NamedPictures): HTMLElement {
    const words = oneLine(name);
    const { store, work, page } = this.#parts;
    const show = async () => {
      page.show("pictures");
      await store.put((one) => "column" in one && one.column === "slices", {
        kind: "values",
        column: "slices",
        values: [name],
      });
    };
    return h(
      "li",
      {},
      button(words, () => void show(), { class: "sl-x-link", "aria-label": `Show the slice ${words}` }),
      h("span", { class: "sl-caption sl-number" }, plural(pictures, "picture")),
      button("Remove", () => void work.do({ kind: "slice", name, ids: null }), {
        class: "sl-x-link",
        "aria-label": `Remove the slice ${words}`,
      }),
    );
  }
}
