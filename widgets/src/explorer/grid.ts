import type { GridRow } from "../../../src/explorer/types.js";
import { oneLine, probability } from "../../../src/render/format.js";
import { h } from "../dom.js";
import type { Store } from "./store.js";
import type { Thumbnails } from "./thumbnails.js";

/** A card's least width, its height without the picture, and the room between cards, in CSS pixels. */
const WIDTH = 112;
const TEXT = 40;
const GAP = 8;
/** Rows that are kept ready above and below what is seen. */
const SPARE = 2;
/** Browsers have no taller elements; more pictures than fit are scrolled through in larger steps. */
const TALLEST = 15_000_000;

interface Card {
  readonly el: HTMLElement;
  readonly canvas: HTMLCanvasElement;
  readonly label: HTMLElement;
  readonly second: HTMLElement;
  readonly remarks: HTMLElement;
  /** What it shows now: the picture's number, and whether its map is drawn. */
  shown: string;
}

/** Pictures in rows, of which only those exist that are seen. */
export class Grid {
  readonly el: HTMLElement;
  readonly #store: Store;
  readonly #thumbnails: Thumbnails;
  readonly #space = h("div", { class: "sl-x-space" });
  readonly #nothing = h("p", { class: "sl-x-nothing", hidden: true }, "No picture is left by these conditions.");
  readonly #cards = new Map<number, Card>();
  readonly #schedule: () => void;
  #columns = 1;
  #side = WIDTH;

  constructor(store: Store, thumbnails: Thumbnails) {
    this.#store = store;
    this.#thumbnails = thumbnails;
    this.el = h(
      "div",
      {
        class: "sl-x-grid",
        role: "listbox",
        tabindex: 0,
        "aria-label": "Pictures",
        "aria-multiselectable": "true",
        onscroll: () => this.#schedule(),
        onclick: (event: MouseEvent) => this.#click(event),
      },
      this.#nothing,
      this.#space,
    );
    this.#schedule = store.scope.everyFrame(() => void this.#update());
    const size = new ResizeObserver(() => this.#schedule());
    size.observe(this.el);
    store.scope.onLeave(() => size.disconnect());
    store.on(["order"], () => {
      for (const { el } of this.#cards.values()) el.remove();
      this.#cards.clear();
      this.el.scrollTop = 0;
      this.#schedule();
    });
    store.on(["chosen", "overlay", "annotations"], this.#schedule);
    store.on(["current"], () => {
      this.#reveal();
      this.#schedule();
    });
  }

  /** Cards in a row: how far up and down lead. */
  get columns(): number {
    return this.#columns;
  }

  #click(event: MouseEvent): void {
    const card = (event.target as Element).closest<HTMLElement>("[data-place]");
    if (!card) return;
    const place = Number(card.dataset.place);
    if (event.ctrlKey || event.metaKey) this.#store.toggle(this.#store.ids[place]);
    else if (event.shiftKey) this.#chooseTo(place);
    else this.#store.goTo(place, true);
  }

  /** Chooses all from the current picture to another one. */
  #chooseTo(place: number): void {
    const from = this.#store.current ?? place;
    const range = this.#store.ids.slice(Math.min(from, place), Math.max(from, place) + 1);
    this.#store.choose([...this.#store.chosen, ...range]);
  }

  #measure(): void {
    const width = this.el.clientWidth - GAP;
    this.#columns = Math.max(1, Math.floor(width / (WIDTH + GAP)));
    this.#side = Math.floor(width / this.#columns) - GAP;
  }

  get #rowHeight(): number {
    return this.#side + TEXT + GAP;
  }

  get #height(): number {
    return Math.ceil(this.#store.ids.length / this.#columns) * this.#rowHeight + GAP;
  }

  /** How many pixels of pictures one pixel of scrolling stands for. */
  get #stretch(): number {
    const [all, seen] = [this.#height, this.el.clientHeight];
    return all <= TALLEST ? 1 : (all - seen) / (TALLEST - seen);
  }

  #reveal(): void {
    const { current } = this.#store;
    if (current === undefined || this.el.clientHeight === 0) return;
    this.#measure();
    const stretch = this.#stretch;
    const top = Math.floor(current / this.#columns) * this.#rowHeight;
    const seen = this.el.scrollTop * stretch;
    if (top < seen) this.el.scrollTop = top / stretch;
    const below = top + this.#rowHeight + GAP - this.el.clientHeight;
    if (below > seen) this.el.scrollTop = below / stretch;
  }

  async #update(): Promise<void> {
    if (this.el.clientHeight === 0) return;
    this.#measure();
    const { ids, chosen, current, overlay } = this.#store;
    this.#nothing.hidden = ids.length > 0;
    this.#space.style.height = `${Math.min(this.#height, TALLEST)}px`;
    const scrolled = this.el.scrollTop;
    const top = scrolled * this.#stretch;
    const first = Math.max(0, Math.floor(top / this.#rowHeight) - SPARE) * this.#columns;
    const rows = Math.ceil(this.el.clientHeight / this.#rowHeight) + 2 * SPARE;
    const last = Math.min(ids.length, first + rows * this.#columns);
    const places = Array.from({ length: last - first }, (_, i) => first + i);
    for (const [place, card] of this.#cards) {
      if (place >= first && place < last) continue;
      card.el.remove();
      this.#cards.delete(place);
    }
    for (const place of places) {
      const { el } = this.#card(place);
      const [row, column] = [Math.floor(place / this.#columns), place % this.#columns];
      const y = scrolled + row * this.#rowHeight - top + GAP;
      el.style.transform = `translate(${GAP + column * (this.#side + GAP)}px, ${y}px)`;
      el.style.width = `${this.#side}px`;
      el.ariaSelected = String(chosen.has(ids[place]));
      el.toggleAttribute("data-current", place === current);
    }
    this.el.setAttribute("aria-activedescendant", (current !== undefined && this.#cards.get(current)?.el.id) || "");
    await this.#fill(places, overlay);
  }

  #card(place: number): Card {
    const kept = this.#cards.get(place);
    if (kept) return kept;
    const canvas = h("canvas", { width: 1, height: 1, "aria-hidden": "true" });
    const [label, second] = [h("span", { class: "sl-x-label" }), h("span", { class: "sl-x-second" })];
    const remarks = h("span", { class: "sl-x-marks", "aria-hidden": "true" });
    const el = h(
      "div",
      { class: "sl-x-card", role: "option", id: `sl-x-${place}`, "data-place": place },
      canvas,
      remarks,
      label,
      second,
    );
    const card = { el, canvas, label, second, remarks, shown: "" };
    this.#cards.set(place, card);
    this.#space.append(el);
    return card;
  }

  /** Fetches what the cards show, and shows it where the pictures are still the same. */
  async #fill(places: readonly number[], overlay: boolean): Promise<void> {
    const { ids } = this.#store;
    const wanted = places.map((place) => ids[place]);
    await this.#store.fetchRows(wanted);
    if (overlay) await this.#thumbnails.fetchMaps(wanted);
    if (ids !== this.#store.ids || overlay !== this.#store.overlay) return;
    for (const place of places) {
      const [card, row] = [this.#cards.get(place), this.#store.row(ids[place])];
      if (card && row) this.#show(card, row, overlay);
    }
  }

  #show(card: Card, row: GridRow, overlay: boolean): void {
    const shown = `${row.id} ${overlay} ${row.tags ?? ""} ${row.noted}`;
    if (card.shown === shown) return;
    card.shown = shown;
    const answer =
      row.error === null ? `${oneLine(row.prediction ?? "")} ${probability(row.probability ?? 0)}` : "not read";
    const truth = row.error !== null || row.truth === null || row.correct ? "" : `is ${oneLine(row.truth)}`;
    card.label.textContent = answer;
    card.second.textContent = truth;
    const marks = [...(row.tags?.split("|").map(oneLine) ?? []), ...(row.noted ? ["✎"] : [])];
    card.remarks.dataset.marks = marks.join(" · ");
    card.el.title = oneLine(row.path);
    const tags = row.tags === null ? "" : `tagged ${row.tags.split("|").map(oneLine).join(" and ")}`;
    const noted = row.noted ? "with a note" : "";
    card.el.ariaLabel = [oneLine(row.path), answer, truth, row.case ?? "", tags, noted].filter(Boolean).join(", ");
    card.el.toggleAttribute("data-wrong", row.correct === false);
    void this.#thumbnails.draw(card.canvas, row, overlay).then(() => {
      if (card.shown !== shown) card.shown = "";
    });
  }
}
