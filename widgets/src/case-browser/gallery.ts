import { CASES, type Case } from "../../../src/explain/cases.js";
import { probability } from "../../../src/render/format.js";
import { button, h } from "../dom.js";
import type { CaseList, CaseView } from "./case-list.js";
import { CASE_MARKS } from "./case-marks.js";

/** Pictures of one case that are shown before the reader asks for more. */
const PAGE = 24;

/** The pictures of one case. */
interface Section {
  readonly el: HTMLElement;
  readonly title: HTMLElement;
  readonly grid: HTMLElement;
  readonly more: HTMLButtonElement;
  limit: number;
  /** What the grid shows now: it is made again only when that changes. */
  key: string;
}

/** Every chosen picture as a card, case by case. */
export class Gallery {
  readonly el = h("div", { class: "sl-gallery" });
  readonly #view: CaseView;
  readonly #list: CaseList;
  readonly #cards: readonly HTMLElement[];
  readonly #sections: ReadonlyMap<Case, Section>;
  /** Pictures in the order of their cards. */
  #order: readonly number[] = [];

  /** @param onmore called when more of a case are to be shown */
  constructor(view: CaseView, list: CaseList, onmore: () => void) {
    this.#view = view;
    this.#list = list;
    this.#cards = list.items.map((_, i) => this.#card(i));
    this.#sections = new Map(CASES.map((name) => [name, makeSection(name, onmore)]));
  }

  update(cases: readonly Case[]): void {
    const selection = new Set(this.#view.get("selection"));
    const chosen = [...cases.keys()].filter((i) => selection.size === 0 || selection.has(i));
    const visible: HTMLElement[] = [];
    const order: number[] = [];
    for (const [name, section] of this.#sections) {
      const members = chosen
        .filter((i) => cases[i] === name)
        .sort((a, b) => this.#list.confidence(b) - this.#list.confidence(a));
      if (members.length === 0) continue;
      const listed = members.slice(0, section.limit);
      this.#fill(section, name, listed, members.length);
      visible.push(section.el);
      order.push(...listed);
    }
    this.#order = order;
    this.el.replaceChildren(...visible);
  }

  /** Marks the card of the picture that is open. */
  mark(opened: number | undefined): void {
    for (const [i, card] of this.#cards.entries()) card.toggleAttribute("data-open", i === opened);
  }

  /** The picture before (−1) or after (1) another one, in the order of the cards. */
  neighbour(index: number, by: -1 | 1): number {
    const order = this.#order;
    return order[(order.indexOf(index) + by + order.length) % order.length] ?? index;
  }

  #fill(section: Section, name: Case, listed: readonly number[], count: number): void {
    const { glyph, color } = CASE_MARKS[name];
    const mark = h("span", { class: "sl-mark", "aria-hidden": "true" }, glyph);
    mark.style.color = color;
    section.title.replaceChildren(mark, ` ${name} · ${count}`);
    section.more.hidden = count <= listed.length;
    section.more.textContent = `${count - listed.length} more`;
    const key = listed.map((i) => `${i} ${this.#list.truth(i)}`).join("\n");
    if (section.key === key) return;
    section.key = key;
    section.grid.replaceChildren(...listed.map((i) => h("div", { role: "listitem" }, this.#described(i, name))));
  }

  #card(index: number): HTMLElement {
    const [first] = this.#list.items[index].predictions;
    return h(
      "button",
      { type: "button", class: "sl-card", onclick: () => this.#view.save({ opened: index }) },
      h("img", { src: this.#list.urls[index], alt: "", width: 112, height: 112, decoding: "async" }),
      h("span", { class: "sl-card-label" }, first.label),
      h("span", { class: "sl-number" }, probability(first.probability)),
    );
  }

  /** A card that says which case its picture is of now. */
  #described(index: number, name: Case): HTMLElement {
    const card = this.#cards[index];
    const item = this.#list.items[index];
    const truth = this.#list.truth(index);
    const [first] = item.predictions;
    const known = truth === undefined ? "" : `, truth ${truth}`;
    card.setAttribute("aria-label", `${item.name}: ${first.label}, ${probability(first.probability)}${known}, ${name}`);
    card.title = truth === undefined ? item.name : `${item.name}\ntruth: ${truth}`;
    return card;
  }
}

function makeSection(name: Case, onmore: () => void): Section {
  const title = h("h4", {});
  const grid = h("div", { class: "sl-cards", role: "list" });
  const more = button("More", () => {
    section.limit += 4 * PAGE;
    onmore();
  });
  const el = h("section", { "aria-label": name }, title, grid, more);
  const section: Section = { el, title, grid, more, limit: PAGE, key: "" };
  return section;
}
