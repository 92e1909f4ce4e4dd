import { plural } from "../../../src/render/format.js";
import type { TrainerClass } from "../../../src/widgets/traits/index.js";
import { button, h, uniqueId } from "../dom.js";
import type { Received } from "../model.js";
import { pictureUrl } from "../pictures.js";
import { byFolder, dropped, type PickedPictures, reduced } from "./picked-files.js";
import type { TrainerView } from "./trainer-view.js";

/** The classes with their pictures, and the ways to add more: files, folders, a drop. */
export class ClassCards {
  readonly el: HTMLElement;
  readonly #view: TrainerView;
  readonly #list = h("div", { class: "sl-trainer-classes" });
  readonly #say: (text: string) => void;
  #urls: string[] = [];

  constructor(view: TrainerView, say: (text: string) => void) {
    this.#view = view;
    this.#say = say;
    this.el = h("div", { class: "sl-trainer-data" }, this.#list, this.#newClass());
    view.watch(["groups"], () => this.#show());
    view.watchKernel(() => this.#show());
    view.onLeave(() => this.#forget());
    this.#show();
  }

  #forget(): void {
    for (const url of this.#urls) URL.revokeObjectURL(url);
    this.#urls = [];
  }

  #show(): void {
    this.#forget();
    this.#list.replaceChildren(...this.#view.get("groups").map((group) => this.#card(group)));
    this.el.toggleAttribute("data-live", this.#view.live);
  }

  #card({ label, count, thumbnails }: Received<TrainerClass>): HTMLElement {
    const pictures = thumbnails.map((encoded) => {
      const url = pictureUrl(encoded, "image/jpeg");
      this.#urls.push(url);
      return h("img", { src: url, alt: "", width: 48, height: 48 });
    });
    const card = h(
      "section",
      { class: "sl-trainer-class", "aria-label": `${label}, ${plural(count, "picture")}` },
      h("h4", {}, label, h("span", { class: "sl-number" }, ` ${count}`)),
      h("div", { class: "sl-trainer-thumbs" }, ...pictures),
      this.#view.live &&
        h(
          "div",
          { class: "sl-buttons" },
          this.#picker("Add pictures", `Add pictures of ${label}`, label, false),
          button("Remove", () => this.#view.request({ type: "remove-class", label }), {
            "aria-label": `Remove ${label}`,
          }),
        ),
    );
    this.#takesDrops(card, label);
    return card;
  }

  #newClass(): HTMLElement {
    const id = uniqueId("class");
    const name = h("input", { id, type: "text", maxlength: 60, class: "sl-text", placeholder: "cat" });
    const files = this.#picker("Choose pictures", "Choose pictures of the new class", () => name.value.trim(), false);
    const folders = this.#picker("Choose a folder", "Choose a folder: each folder in it is a class", "", true);
    const el = h(
      "section",
      { class: "sl-trainer-new", "aria-label": "A new class" },
      h("label", { for: id }, "New class"),
      h("div", { class: "sl-buttons" }, name, files, folders),
      h("p", { class: "sl-note" }, "Or drop folders here, one for each class. Pictures go to the kernel only."),
    );
    this.#takesDrops(el, () => name.value.trim());
    return el;
  }

  /** A button that opens the browser's own dialog. */
  #picker(text: string, name: string, label: string | (() => string), folders: boolean): HTMLElement {
    const input = h("input", {
      type: "file",
      multiple: true,
      hidden: true,
      ...(folders ? { webkitdirectory: true } : { accept: "image/*" }),
      onchange: () => {
        void this.#add(byFolder(input.files ?? [], typeof label === "string" ? label : label()));
        input.value = "";
      },
    });
    return h(
      "span",
      {},
      button(text, () => input.click(), { "aria-label": name }),
      input,
    );
  }

  #takesDrops(el: HTMLElement, label: string | (() => string)): void {
    el.addEventListener("dragover", (event) => {
      event.preventDefault();
      el.toggleAttribute("data-over", true);
    });
    el.addEventListener("dragleave", () => el.toggleAttribute("data-over", false));
    el.addEventListener("drop", (event) => {
      event.preventDefault();
      el.toggleAttribute("data-over", false);
      if (!event.dataTransfer) return;
      const name = typeof label === "string" ? label : label();
      void dropped(event.dataTransfer, name).then((picked) => this.#add(picked));
    });
  }

  async #add(picked: readonly PickedPictures[]): Promise<void> {
    if (!this.#view.live) return;
    if (picked.length === 0) this.#say("There are no pictures among these files.");
    for (const { label, files } of picked) {
      if (label === "") {
        this.#say("Name the class first.");
        continue;
      }
      this.#say(`Reading ${plural(files.length, "picture")} of ${label} …`);
      const buffers: ArrayBuffer[] = [];
      for (const file of files) buffers.push(await reduced(file));
      this.#view.request({ type: "add-pictures", label }, buffers);
      this.#say("");
    }
  }
}
