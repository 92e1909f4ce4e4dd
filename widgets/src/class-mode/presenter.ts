import { button, h } from "../dom.js";

/** What the presenter's window shows. */
export interface Presented {
  readonly place: string;
  readonly heading: string;
  /** Element whose content is shown: the notes as the notebook renders them. */
  readonly notes: HTMLElement | undefined;
  readonly next: string;
}

export interface PresenterActions {
  back(): void;
  forward(): void;
  reveal(): void;
  key(event: KeyboardEvent): void;
}

const STYLE = `
:root{color-scheme:light dark}
body{font:20px/1.5 system-ui,sans-serif;margin:0;padding:24px;font-variant-numeric:tabular-nums}
header{display:flex;gap:24px;justify-content:space-between;opacity:.75} h1{font-size:28px;line-height:1.25;margin:16px 0}
section{min-height:40vh;overflow-wrap:break-word} footer{position:sticky;bottom:0;display:flex;gap:8px;padding:16px 0;background:Canvas}
button{font:inherit;padding:8px 16px;min-height:44px} p{margin:8px 0}
`;

/** A window for whoever presents: notes, what comes next, and the time since it was opened. */
export class Presenter {
  readonly #place = h("span");
  readonly #time = h("span", { role: "timer" });
  readonly #heading = h("h1");
  readonly #notes = h("section", { "aria-label": "Notes" });
  readonly #next = h("p");
  readonly #clock: number;

  /** Undefined where the browser does not open windows. */
  static open(actions: PresenterActions): Presenter | undefined {
    const view = window.open("", "_blank", "popup,width=800,height=640");
    return view ? new Presenter(view, actions) : undefined;
  }

  private constructor(
    private readonly view: Window,
    actions: PresenterActions,
  ) {
    const { document: page } = view;
    page.title = "Presenter";
    page.head.append(h("style", {}, STYLE));
    page.body.append(
      h("header", {}, this.#place, this.#time),
      this.#heading,
      this.#notes,
      this.#next,
      h("footer", {}, button("Back", actions.back), button("Next", actions.forward), button("Reveal", actions.reveal)),
    );
    page.addEventListener("keydown", actions.key);
    const started = Date.now();
    const tick = () => {
      const seconds = Math.floor((Date.now() - started) / 1_000);
      this.#time.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    };
    tick();
    this.#clock = window.setInterval(tick, 1_000);
  }

  get closed(): boolean {
    return this.view.closed;
  }

  focus(): void {
    this.view.focus();
  }

  show({ place, heading, notes, next }: Presented): void {
    if (this.closed) return;
    this.#place.textContent = place;
    this.#heading.textContent = heading;
    this.#next.textContent = next === "" ? "The end." : `Next: ${next}`;
    const copies = notes ? [...notes.childNodes].map((child) => this.view.document.importNode(child, true)) : [];
    this.#notes.replaceChildren(...(copies.length > 0 ? copies : ["No notes."]));
  }

  close(): void {
    window.clearInterval(this.#clock);
    if (!this.closed) this.view.close();
  }
}
