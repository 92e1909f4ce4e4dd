import { CASES, type Case } from "../../../src/explain/cases.js";
import { probability } from "../../../src/render/format.js";
import { axis, Chart, plotText } from "../charts.js";
import { h } from "../dom.js";
import type { CaseList, CaseView } from "./case-list.js";
import { CASE_MARKS } from "./case-marks.js";
import { type ChartBox, ChartCursor, type ChartPlace } from "./chart-cursor.js";

/** Milliseconds after which a hand is taken to rest; Plotly is slower than a frame. */
const REST = 150;

type Points = { readonly points?: readonly { readonly customdata: number }[] } | undefined;

const MARGIN = { l: 52, r: 12, t: 30, b: 40 } as const;
/** What the axes show: shares, with room for marks at their ends. */
const RANGE: ChartBox = { x: [-0.02, 1.02], y: [-0.02, 1.05] };

/**
 * Confidence against concentration of the map: pictures are chosen with the lasso, or a rectangle by keyboard, and opened
 * with a click or Enter.
 */
export class CaseChart {
  readonly el: HTMLElement;
  readonly #chart: Chart;
  readonly #list: CaseList;
  readonly #view: CaseView;
  #cases: readonly Case[] = [];
  readonly #say: (text: string) => void;
  #resting: number | undefined;

  /** @param say tells the reader what was done by keyboard */
  constructor(view: CaseView, list: CaseList, say: (text: string) => void) {
    this.#say = say;
    this.#list = list;
    this.#view = view;
    this.#chart = new Chart(view, {
      label: "Confidence against concentration of the map, one mark for each picture",
      height: 260,
      tools: ["select2d", "lasso2d"],
    });
    this.#chart.on("plotly_selected", (event: Points) =>
      this.#choose(event?.points?.map(({ customdata }) => customdata) ?? []),
    );
    this.#chart.on("plotly_click", (event: Points) => {
      const [point] = event?.points ?? [];
      if (point) view.save({ opened: point.customdata });
    });
    const cursor = new ChartCursor({
      scope: view,
      range: RANGE,
      margin: MARGIN,
      onbox: (box, done) => this.#chooseBox(box, done),
      onmove: (place) => this.#say(this.#placeText(place)),
      onopen: (place) => this.#openNearest(place),
      onclear: () => this.#choose([]),
    });
    this.#chart.el.append(cursor.el);
    this.el = h("div", { class: "sl-case-chart" }, this.#chart.el, cursor.keys);
    view.onLeave(() => clearTimeout(this.#resting));
  }

  #choose(selection: readonly number[]): void {
    this.#view.save({ selection });
    // a lasso around nothing chooses all: Plotly's own marks of it go, too
    if (selection.length === 0) this.update(this.#cases);
  }

  /** What a rectangle holds: said while it is drawn, chosen once it is. */
  #chooseBox({ x, y }: ChartBox, done: boolean): void {
    const inside = (value: number, [from, to]: readonly [number, number]) => value >= from && value <= to;
    const found = this.#mapped.filter((i) => inside(this.#list.confidence(i), x) && inside(this.#concentration(i), y));
    this.#say(`${found.length} of ${this.#list.items.length} pictures ${done ? "chosen" : "in the rectangle"}.`);
    if (done) this.#choose(found);
  }

  #openNearest(place: ChartPlace): void {
    const opened = this.#nearest(place);
    if (opened !== undefined) this.#view.save({ opened });
  }

  #nearest({ x, y }: ChartPlace): number | undefined {
    const far = (i: number) => Math.hypot(this.#list.confidence(i) - x, this.#concentration(i) - y);
    return this.#mapped.reduce<number | undefined>(
      (best, i) => (best === undefined || far(i) < far(best) ? i : best),
      undefined,
    );
  }

  #placeText(place: ChartPlace): string {
    const at = `Confidence ${probability(place.x)}, concentration ${probability(place.y)}`;
    const nearest = this.#nearest(place);
    return nearest === undefined ? `${at}.` : `${at}; nearest: ${this.#list.items[nearest].name}.`;
  }

  /** The pictures that have a mark. */
  get #mapped(): readonly number[] {
    const { items } = this.#list;
    return [...items.keys()].filter((i) => items[i].concentration !== null);
  }

  #concentration(index: number): number {
    return this.#list.items[index].concentration ?? 0;
  }

  /** Draws the cases once the hand rests; at once the first time. */
  update(cases: readonly Case[]): void {
    this.#cases = cases;
    const wait = this.#resting === undefined ? 0 : REST;
    clearTimeout(this.#resting);
    this.#resting = window.setTimeout(() => void this.#view.attempt(() => this.#draw()), wait);
  }

  #draw(): void {
    const cases = this.#cases;
    const mapped = this.#mapped;
    this.el.hidden = mapped.length === 0;
    if (mapped.length === 0) return;
    const present = CASES.filter((name) => mapped.some((i) => cases[i] === name));
    this.#chart.draw(
      present.map((name) =>
        this.#trace(
          name,
          mapped.filter((i) => cases[i] === name),
        ),
      ),
      {
        dragmode: "lasso",
        margin: MARGIN,
        xaxis: axis("confidence", { range: RANGE.x }),
        yaxis: axis("concentration of the map", { range: RANGE.y }),
      },
    );
  }

  #trace(name: Case, members: readonly number[]): object {
    const { items } = this.#list;
    const { color, symbol } = CASE_MARKS[name];
    const chosen = new Set(this.#view.get("selection"));
    const selectedpoints = chosen.size > 0 ? [...members.keys()].filter((at) => chosen.has(members[at])) : undefined;
    return {
      type: "scatter",
      mode: "markers",
      name,
      x: members.map((i) => this.#list.confidence(i)),
      y: members.map((i) => this.#concentration(i)),
      customdata: members,
      selectedpoints,
      text: members.map((i) => plotText(`${items[i].name}: ${items[i].predictions[0].label}`)),
      hovertemplate: "%{text}<extra></extra>",
      marker: { color, symbol, size: 9, line: { width: 1.5 } },
    };
  }
}
