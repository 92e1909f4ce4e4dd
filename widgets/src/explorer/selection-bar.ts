import type { ExportFormat, Filter } from "../../../src/explorer/types.js";
import { oneLine, plural } from "../../../src/render/format.js";
import { download } from "../clipboard.js";
import { button, h, uniqueId } from "../dom.js";
import type { Store } from "./store.js";
import type { Work } from "./work.js";

type Child = HTMLElement | false;

const FORMATS: readonly (readonly [ExportFormat, string])[] = [
  ["csv", "CSV"],
  ["parquet", "Parquet"],
  ["fiftyone", "FiftyOne dataset (JSON)"],
];

const CHOOSE_FIRST = "Choose pictures first: X chooses the current one, A all that are shown.";

/** What can be done with the pictures that are chosen. */
export class SelectionBar {
  readonly el: HTMLElement;
  readonly #store: Store;
  readonly #work: Work;
  readonly #form = h("div", { class: "sl-x-deed", hidden: true });
  /** What had the focus before a form was opened. */
  #from: Element | null = null;

  /** @param more further buttons */
  constructor(store: Store, work: Work, ...more: readonly HTMLElement[]) {
    this.#store = store;
    this.#work = work;
    const all = button("Choose all", () => this.chooseAll(), { title: "A" });
    const none = button("None", () => store.choose([]), { title: "Escape" });
    const undo = button("Undo", () => void work.do({ kind: "undo" }), {});
    const redo = button("Redo", () => void work.do({ kind: "redo" }), {});
    const count = h("span", { class: "sl-number", "data-chosen": "" });
    const said = h("span", { class: "sl-caption", role: "status", "data-said": "" });
    this.el = h(
      "div",
      { class: "sl-x-work", role: "group", "aria-label": "Chosen pictures" },
      count,
      all,
      none,
      button("Tag …", () => this.tag(), { title: "T" }),
      button("Note …", () => this.note(), { title: "N" }),
      button("Slice …", () => this.slice(), { title: "S" }),
      button("Export …", () => this.export(), { title: "E" }),
      ...more,
      undo,
      redo,
      said,
      this.#form,
    );
    const say = () => {
      const { chosen, ids } = store;
      count.textContent = `${chosen.size.toLocaleString("en")} chosen`;
      all.textContent = `Choose all ${ids.length.toLocaleString("en")}`;
      none.disabled = chosen.size === 0;
      all.disabled = ids.length === 0;
      const { annotated } = work;
      undo.disabled = annotated.undo === null;
      redo.disabled = annotated.redo === null;
      undo.title = annotated.undo === null ? "Z" : `Z: ${oneLine(annotated.undo)}`;
      redo.title = annotated.redo === null ? "Shift Z" : `Shift Z: ${oneLine(annotated.redo)}`;
      said.textContent = [oneLine(work.said), ...annotated.notices].filter(Boolean).join(" ");
    };
    store.on(["chosen", "order"], say);
    store.on(["chosen", "current"], () => {
      if (work.said === CHOOSE_FIRST && this.#ids.length > 0) work.say("");
    });
    work.on(say);
  }

  /** The pictures that a deed is about: those that are chosen, else the current one. */
  get #ids(): number[] {
    const { chosen, current, ids } = this.#store;
    if (chosen.size > 0) return [...chosen];
    return current === undefined ? [] : [ids[current]];
  }

  chooseAll(): void {
    this.#store.choose(this.#store.ids);
  }

  tag(): void {
    const list = uniqueId("tags");
    const input = h("input", { class: "sl-select", list, maxlength: 200, autocomplete: "off", "aria-label": "Tag" });
    const known = this.#work.annotated.tags.map(({ name }) => h("option", { value: name }));
    const off = button("Take off", () => void this.#done(() => this.#put("untag", input.value)));
    this.#open("Tag", () => this.#put("tag", input.value), input, h("datalist", { id: list }, ...known), off);
  }

  #put(kind: "tag" | "untag", tag: string): Promise<boolean> {
    return this.#work.do({ kind, tag, ids: this.#ids });
  }

  note(): void {
    const text = h("textarea", {
      class: "sl-select",
      rows: 3,
      maxlength: 20_000,
      "aria-label": "Note",
      title: "Ctrl Enter to save",
    });
    const save = () => this.#work.do({ kind: "note", text: text.value, ids: this.#ids });
    text.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void this.#done(save);
    });
    this.#open("Note", save, text);
  }

  slice(): void {
    const name = h("input", {
      class: "sl-select",
      maxlength: 200,
      autocomplete: "off",
      "aria-label": "Name of the slice",
    });
    this.#open("Keep as slice", () => this.#work.do({ kind: "slice", name: name.value, ids: this.#ids }), name);
  }

  /** Asks in which form the chosen pictures, or else all that are shown, are to be saved. */
  export(): void {
    const { chosen, ids } = this.#store;
    const choices = FORMATS.map(([value, text]) => h("option", { value }, text));
    const format = h("select", { class: "sl-select", "aria-label": "Format" }, ...choices);
    const label = chosen.size > 0 ? plural(chosen.size, "picture") : `all ${plural(ids.length, "picture")} shown`;
    this.#ask(`Export ${label}`, () => this.#export(format.value as ExportFormat), format);
  }

  async #export(format: ExportFormat): Promise<boolean> {
    const { chosen, filter, backend, facts } = this.#store;
    const only: Filter = chosen.size > 0 ? [{ kind: "pictures", ids: [...chosen], name: "chosen" }] : filter;
    const file = await this.#store.attempt(() => backend.export(only, format));
    if (!file) return false;
    const name = `${
      oneLine(facts.model)
        .replace(/[^\p{L}\p{N}_-]+/gu, "-")
        .slice(0, 60) || "audit"
    }${file.ending}`;
    download(new Blob([file.bytes as Uint8Array<ArrayBuffer>], { type: file.type }), name);
    this.#work.say([`Saved as ${name}.`, ...file.notes.map((note) => `${note}.`)].join(" "));
    return true;
  }

  /** Asks for what a deed on the chosen pictures needs. */
  #open(title: string, deed: () => Promise<boolean>, field: HTMLElement, ...more: readonly Child[]): void {
    const ids = this.#ids;
    if (ids.length > 0) this.#ask(`${title}: ${plural(ids.length, "picture")}`, deed, field, ...more);
    else this.#work.say(CHOOSE_FIRST);
  }

  #ask(title: string, deed: () => Promise<boolean>, field: HTMLElement, ...more: readonly Child[]): void {
    if (this.#form.hidden) this.#from = document.activeElement;
    const onsubmit = (event: Event) => {
      event.preventDefault();
      void this.#done(deed);
    };
    this.#form.replaceChildren(
      h(
        "form",
        { onsubmit },
        h("span", { class: "sl-label" }, title),
        field,
        h("button", { class: "sl-button" }, "Save"),
        ...more,
        button("Cancel", () => this.close()),
      ),
    );
    this.#form.hidden = false;
    field.focus();
  }

  async #done(deed: () => Promise<boolean>): Promise<void> {
    if (await deed()) this.close();
  }

  /** @returns whether a form was open */
  close(): boolean {
    if (this.#form.hidden) return false;
    this.#store.clearError();
    this.#form.hidden = true;
    this.#form.replaceChildren();
    if (this.#from instanceof HTMLElement && this.#from.isConnected) this.#from.focus();
    return true;
  }
}
