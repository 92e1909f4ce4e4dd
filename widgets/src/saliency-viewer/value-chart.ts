import { axis, Chart } from "../charts.js";
import type { Drawing } from "../drawing.js";
import type { Comm } from "../model.js";
import type { Scope } from "../view.js";

/** How often the values of a map occur, those that are drawn in colour. */
export class ValueChart {
  readonly #chart: Chart;

  constructor(view: Scope & { readonly comm: Comm }) {
    this.#chart = new Chart(view, { label: "Histogram of the values", height: 110 });
  }

  get el(): HTMLElement {
    return this.#chart.el;
  }

  draw(drawing: Drawing): void {
    const { centres, counts, low, high } = drawing.histogram();
    const bars = {
      type: "bar",
      x: centres,
      y: counts.map(Math.log1p),
      text: counts.map(String),
      hovertemplate: "%{x:.2g}: %{text}<extra></extra>",
      textposition: "none",
      marker: { color: centres.map((value) => (drawing.isDrawn(value) ? "#5b7fa6" : "rgba(128,128,128,.35)")) },
    };
    this.#chart.draw([bars], {
      bargap: 0.05,
      margin: { l: 8, r: 8, t: 4, b: 34 },
      xaxis: axis("value", { tickformat: ".2~g", nticks: 5 }),
      yaxis: axis("", { visible: false, rangemode: "tozero" }),
      shapes: [low, high].filter(Number.isFinite).map((x) => ({
        type: "line",
        x0: x,
        x1: x,
        yref: "paper",
        y0: 0,
        y1: 1,
        line: { width: 1.5, color: "#888" },
      })),
    });
  }
}
