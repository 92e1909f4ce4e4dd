import { CASES, type Case } from "../../../src/explain/cases.js";
import { axis, Chart, plotText } from "../charts.js";
import type { CaseList, CaseView } from "./case-list.js";
import { CASE_MARKS } from "./case-marks.js";

/** Milliseconds after which a hand is taken to rest; Plotly is slower than a frame. */
const REST = 150;

type Points = { readonly points?: readonly { readonly customdata: number }[] } | undefined;

/** Confidence against concentration of the map: pictures are chosen with the lasso and opened with a click. */
export class CaseChart {
  readonly #chart: Chart;
  readonly #list: CaseList;
  readonly #view: CaseView;
  #cases: readonly Case[] = [];
  #resting: number | undefined;

  constructor(view: CaseView, list: CaseList) {
    this.#list = list;
    this.#view = view;
    this.#chart = new Chart(view, {
      label: "Confidence against concentration of the map, one mark for each picture",
      height: 260,
      tools: ["select2d", "lasso2d"],
    });
    this.#chart.on("plotly_selected", (event: Points) => {
      view.save({ selection: event?.points?.map(({ customdata }) => customdata) ?? [] });
      // a lasso around nothing chooses all: Plotly's own marks of it go, too
      if (view.get("selection").length === 0) this.update(this.#cases);
    });
    this.#chart.on("plotly_click", (event: Points) => {
      const [point] = event?.points ?? [];
      if (point) view.save({ opened: point.customdata });
    });
    view.onLeave(() => clearTimeout(this.#resting));
  }

  get el(): HTMLElement {
    return this.#chart.el;
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
    const { items } = this.#list;
    const mapped = [...items.keys()].filter((i) => items[i].concentration !== null);
    this.#chart.el.hidden = mapped.length === 0;
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
        margin: { l: 52, r: 12, t: 30, b: 40 },
        xaxis: axis("confidence", { range: [-0.02, 1.02] }),
        yaxis: axis("concentration of the map", { range: [-0.02, 1.05] }),
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
      y: members.map((i) => items[i].concentration),
      customdata: members,
      selectedpoints,
      text: members.map((i) => plotText(`${items[i].name}: ${items[i].predictions[0].label}`)),
      hovertemplate: "%{text}<extra></extra>",
      marker: { color, symbol, size: 9, line: { width: 1.5 } },
    };
  }
}
