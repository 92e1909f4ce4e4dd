import { announcer, button, h } from "../dom.js";
import style from "../styles/class-mode.css";
import { dotTerms, glossaryPanel, type Term, undotTerms } from "./glossary.js";
import { Presenter } from "./presenter.js";
import { type ClassCell, isAnswer, isOpen, isQuestion, type Screen, screensOf } from "./screens.js";

export interface ClassModeOptions {
  /** Holds the cells, one below the other. */
  readonly root: HTMLElement;
  /** Where the bar stands, and what fills the screen. */
  readonly host: HTMLElement;
  readonly cells: readonly ClassCell[];
  /** The cell to begin with. */
  readonly from?: ClassCell;
  /** The content of a cell of notes, as it is rendered. */
  notesOf(cell: ClassCell): HTMLElement;
  onclose?(): void;
}

/** What a reader presses on a screen to see an answer that is held back. */
const HELD = ".sl-held-reveal:not(:disabled)";
const FOLDED = "details.sightline-held:not([open]), details.sl-answer:not([open])";
const EDITED = "input, textarea, select, [contenteditable=true], .cm-editor, .sightline";

/**
 * A notebook one step a screen: code folded, the picture at full height beside its text, answers behind Reveal, a glossary
 * of dotted words, and a window for whoever presents. By keys, buttons and swipes; cells stay where they are, so widgets
 * live on.
 */
export class ClassMode {
  readonly screens: readonly Screen[];
  #at = 0;
  #glossary: HTMLElement | undefined;
  #presenter: Presenter | undefined;
  #isOpen = true;
  readonly #said = announcer();
  readonly #place = h("span", { class: "sl-class-place" });
  readonly #reveal = button("Reveal", () => this.reveal(), { title: "R" });
  readonly #back = button("‹", () => this.go(this.#at - 1), { title: "←", "aria-label": "Back" });
  readonly #forward = button("›", () => this.go(this.#at + 1), { title: "→", "aria-label": "Next" });
  readonly #bar: HTMLElement;
  readonly #style = h("style", {}, style);
  readonly #onkey = (event: KeyboardEvent) => this.key(event);

  /** Front ends render texts when they like, and anew: the words are dotted then. */
  readonly #rendered = new MutationObserver(() => this.#dot());

  constructor(private readonly options: ClassModeOptions) {
    const { root, host, cells, from } = options;
    this.screens = screensOf(cells);
    this.#bar = h(
      "div",
      { class: "sl-class-bar", role: "toolbar", "aria-label": "Class mode" },
      this.#back,
      this.#place,
      this.#forward,
      this.#reveal,
      button("Glossary", () => this.toggleGlossary(), { title: "G" }),
      button("Code", () => this.toggleCode(), { title: "C" }),
      button("Presenter", () => this.present(), { title: "P" }),
      button("Close", () => this.close(), { title: "Esc" }),
      this.#said.el,
    );
    host.append(this.#style, this.#bar);
    host.classList.add("sl-class-host");
    root.classList.add("sl-class");
    for (const cell of cells) {
      cell.node.classList.toggle("sl-class-folded", cell.kind === "code" && !isOpen(cell));
    }
    document.addEventListener("keydown", this.#onkey, true);
    this.#rendered.observe(root, { childList: true, subtree: true });
    const begin = from ? this.screens.findIndex((screen) => screen.cells.includes(from)) : 0;
    this.go(Math.max(0, begin));
  }

  get at(): number {
    return this.#at;
  }

  go(to: number): void {
    const at = Math.min(this.screens.length - 1, Math.max(0, to));
    this.#at = at;
    const { cells, heading } = this.screens[at];
    const shown = new Set(cells);
    for (const cell of this.options.cells) cell.node.classList.toggle("sl-class-off", !shown.has(cell));
    for (const cell of cells) if (isAnswer(cell)) cell.node.classList.add("sl-class-held");
    this.#dot();
    this.#layOut(cells);
    this.#back.disabled = at === 0;
    this.#forward.disabled = at === this.screens.length - 1;
    this.#place.textContent = `${at + 1} / ${this.screens.length}`;
    this.#said.say(`${at + 1} of ${this.screens.length}: ${heading}`);
    this.#refresh();
    this.options.host.scrollTo?.({ top: 0 });
    // front ends and charts lay out anew what they find in another place
    window.dispatchEvent(new Event("resize"));
  }

  #dot(): void {
    for (const { node, kind } of this.screens[this.#at].cells) {
      if (kind === "text" && !node.querySelector(".sl-term")) dotTerms(node, (term) => this.toggleGlossary(term));
    }
  }

  /** Texts and questions to the left, what code shows to the right and as high as the screen; one of them alone takes all of it. */
  #layOut(cells: readonly ClassCell[]): void {
    const { root } = this.options;
    const code = cells.filter((cell) => cell.kind === "code" && !isQuestion(cell));
    root.classList.toggle("sl-class-beside", code.length > 0 && code.length < cells.length);
    for (const [i, { node }] of code.entries()) node.style.setProperty("--sl-row", `${1 + 12 * i} / span 12`);
    for (const cell of cells) {
      cell.node.classList.toggle("sl-class-text", cell.kind === "text");
      cell.node.classList.toggle("sl-class-left", !code.includes(cell));
    }
  }

  /** Shows what is held back on this screen: answers, figures, widgets. */
  reveal(): void {
    for (const { node } of this.screens[this.#at].cells) {
      node.classList.remove("sl-class-held");
      for (const folded of node.querySelectorAll<HTMLDetailsElement>(FOLDED)) folded.open = true;
      for (const held of node.querySelectorAll<HTMLButtonElement>(HELD)) held.click();
    }
    this.#refresh();
    this.#said.say("Revealed");
  }

  #refresh(): void {
    const { cells, notes, heading } = this.screens[this.#at];
    const isHeld = ({ node }: ClassCell) =>
      node.classList.contains("sl-class-held") || node.querySelector(`${FOLDED}, ${HELD}`) !== null;
    this.#reveal.disabled = !cells.some(isHeld);
    this.#presenter?.show({
      place: `${this.#at + 1} of ${this.screens.length}`,
      heading,
      notes: notes && this.options.notesOf(notes),
      next: this.screens[this.#at + 1]?.heading ?? "",
    });
  }

  toggleGlossary(term?: Term): void {
    const wasOpen = this.#glossary !== undefined;
    this.#glossary?.remove();
    this.#glossary = undefined;
    if (wasOpen && !term) return;
    this.#glossary = glossaryPanel(term, () => this.toggleGlossary());
    this.options.host.append(this.#glossary);
    this.#glossary.querySelector(".sl-term-current")?.scrollIntoView({ block: "center" });
    this.#glossary.focus();
  }

  toggleCode(): void {
    this.options.root.classList.toggle("sl-class-code");
  }

  /** Opens the presenter's window, or brings it to the front. */
  present(): void {
    if (this.#presenter && !this.#presenter.closed) {
      this.#presenter.focus();
      return;
    }
    this.#presenter = Presenter.open({
      back: () => this.go(this.#at - 1),
      forward: () => this.go(this.#at + 1),
      reveal: () => this.reveal(),
      key: this.#onkey,
    });
    if (this.#presenter) this.#refresh();
    else this.#said.say("The browser opened no window: allow pop-ups for this page, then press Presenter again.");
  }

  key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const inGlossary = this.#glossary !== undefined;
    if ((event.target as Element | null)?.closest?.(EDITED) && event.key !== "Escape") return;
    const does = {
      ArrowRight: () => this.go(this.#at + 1),
      PageDown: () => this.go(this.#at + 1),
      ArrowLeft: () => this.go(this.#at - 1),
      PageUp: () => this.go(this.#at - 1),
      Home: () => this.go(0),
      End: () => this.go(this.screens.length - 1),
      r: () => this.reveal(),
      g: () => this.toggleGlossary(),
      c: () => this.toggleCode(),
      p: () => this.present(),
      Escape: () => (inGlossary ? this.toggleGlossary() : this.close()),
    }[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!does) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    does();
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    const { root, host, cells, onclose } = this.options;
    document.removeEventListener("keydown", this.#onkey, true);
    this.#rendered.disconnect();
    this.#presenter?.close();
    this.#glossary?.remove();
    this.#bar.remove();
    this.#style.remove();
    host.classList.remove("sl-class-host");
    root.classList.remove("sl-class", "sl-class-beside", "sl-class-code");
    for (const { node } of cells) {
      node.classList.remove("sl-class-off", "sl-class-held", "sl-class-folded", "sl-class-text", "sl-class-left");
      node.style.removeProperty("--sl-row");
      undotTerms(node);
    }
    this.screens[this.#at]?.cells[0]?.node.scrollIntoView();
    onclose?.();
  }
}
