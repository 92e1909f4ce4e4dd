import { plural, probability } from "../../../src/render/format.js";
import type { GuessFirstTraits } from "../../../src/widgets/traits/index.js";
import { announcer, button, h, pictureKeys, uniqueId } from "../dom.js";
import { choice } from "../fields.js";
import type { Received } from "../model.js";
import { messageNotice, noticeLine } from "../notice.js";
import type { View } from "../view.js";
import { workBar } from "../work-bar.js";
import { GuessEditor, type GuessTool } from "./guess-editor.js";
import { ShareMask } from "./share-mask.js";

export type GuessView = View<Received<GuessFirstTraits>>;

export const percent = (share: number) => `${Math.round(100 * share)} %`;

/** "Which 15 % decides boat, .94?" */
export function guessTitle(view: GuessView): HTMLElement {
  const { label, probability: p } = view.get("target");
  return h(
    "h3",
    { class: "sl-title sl-guess-title" },
    `Which ${percent(view.get("share"))} decides `,
    h("strong", {}, label),
    h("span", { class: "sl-number" }, `, ${probability(p)}?`),
  );
}

/** The plain photograph, on which one person after the other marks a region. */
export class GuessRound {
  readonly el = h("div", { class: "sl-guess" });
  readonly #view: GuessView;
  readonly #mask: ShareMask;
  readonly #editor: GuessEditor;
  readonly #name = h("input", { id: uniqueId("name"), class: "sl-select", maxlength: 40, autocomplete: "off" });
  readonly #guess = button("Guess", () => this.#handIn(), { class: "sl-button sl-guess-main" });
  readonly #reveal = button("Reveal", () => this.#view.request({ type: "reveal" }), {
    class: "sl-button sl-guess-main",
  });
  readonly #names = h("ol", { class: "sl-guess-names" });
  readonly #count = h("h4");
  readonly #hint = announcer();
  readonly #work = workBar(() => this.#view.request({ type: "cancel" }));
  readonly #notice: ReturnType<typeof noticeLine>;

  constructor(view: GuessView, photo: HTMLCanvasElement) {
    this.#view = view;
    this.#mask = new ShareMask(view.get("grid"), view.get("share"), view.get("cells"));
    this.#editor = new GuessEditor(view, this.#mask, {
      onchange: () => this.#hints(),
      onenter: () => this.#handIn(),
    });
    this.#editor.stage.show(photo);
    this.#notice = noticeLine(this.el, () => messageNotice(view, "guess"));
    this.#name.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey) this.#handIn();
    });
    this.el.append(guessTitle(view), this.#notice.el, this.#layout(), pictureKeys(KEYS, "draw on it"));
    view.watch(["names", "state", "progress", "message"], () => this.#refresh());
    view.watchKernel(() => this.#refresh());
    this.#refresh();
  }

  #layout(): HTMLElement {
    const tool = choice({
      label: "Mark with",
      choices: [
        ["box", "box"],
        ["brush", "brush"],
      ],
      value: this.#editor.tool,
      onchange: (value) => {
        this.#editor.tool = value as GuessTool;
        this.#editor.clear();
      },
    });
    const name = h("div", { class: "sl-field" }, h("label", { for: this.#name.id }, "Name, if you like"), this.#name);
    return h(
      "div",
      { class: "sl-guess-grid" },
      this.#editor.stage.el,
      h(
        "div",
        { class: "sl-guess-side" },
        this.#hint.el,
        tool.el,
        name,
        this.#guess,
        this.#count,
        this.#names,
        this.#reveal,
        this.#work.el,
      ),
    );
  }

  #handIn(): void {
    if (this.#guess.disabled) return;
    this.#view.request({ type: "guess", name: this.#name.value }, [this.#mask.data.slice().buffer]);
    this.#name.value = "";
    this.#editor.clear();
  }

  #hints(): void {
    const { filled } = this.#mask;
    const area = percent(this.#view.get("share"));
    const others = this.#view.get("names").length;
    this.#guess.disabled = filled < 1 || !this.#view.live || this.#view.get("state") !== "guessing";
    if (filled >= 1) this.#hint.say("Move it until you are sure, then press Guess.");
    else if (filled > 0) this.#hint.say(`Paint on: ${percent(filled)} of your area is there.`);
    else if (others > 0) this.#hint.say(`Next person: mark your ${area}.`);
    else this.#hint.say(`Mark the ${area} that you would look at.`);
  }

  #refresh(): void {
    const names = this.#view.get("names");
    const working = this.#view.get("state") === "working";
    this.#count.textContent =
      names.length === 0 ? "No guess yet" : `${plural(names.length, "guess", "guesses")}, hidden until Reveal`;
    this.#names.replaceChildren(
      ...names.map((name, index) =>
        h(
          "li",
          {},
          h("span", {}, name),
          button("×", () => this.#view.request({ type: "forget", index, name }), { "aria-label": `Take back ${name}` }),
        ),
      ),
    );
    this.#reveal.disabled = names.length === 0 || working || !this.#view.live;
    this.#work.update("Asking the model", this.#view.get("progress"));
    this.#notice.update();
    this.#hints();
  }
}

const KEYS = [
  ["Arrows", "move your region"],
  ["Shift+arrows", "make it wider or taller"],
  ["Space", "dabs with the brush"],
  ["Enter", "guesses"],
  ["Esc", "clears"],
] as const;
