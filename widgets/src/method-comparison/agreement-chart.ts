import { axis, Chart, plotText } from "../charts.js";
import type { Comm } from "../model.js";
import type { Scope } from "../view.js";

/** How each pair of methods agrees: 1 on the diagonal. */
export interface Agreement {
  readonly names: readonly string[];
  readonly rows: readonly (readonly number[])[];
  /** Whether values below 0 can occur. */
  readonly signed: boolean;
}

const DIVERGING = [
  [0, "#c45a00"],
  [0.5, "#f4f4f4"],
  [1, "#0b4ea2"],
] as const;

/** CSS pixels of a character of the axes' labels. */
const CHARACTER = 7;

export class AgreementChart {
  readonly #chart: Chart;

  constructor(view: Scope & { readonly comm: Comm }, methods: number) {
    this.#chart = new Chart(view, { label: "Agreement of the methods", height: 44 + 30 * methods });
  }

  get el(): HTMLElement {
    return this.#chart.el;
  }

  draw({ names, rows, signed }: Agreement): void {
    const labels = names.map(plotText);
    const widest = CHARACTER * Math.max(...names.map((name) => name.length));
    const left = 16 + widest;
    const cells = {
      type: "heatmap",
      z: rows,
      x: labels,
      y: labels,
      zmin: signed ? -1 : 0,
      zmax: 1,
      colorscale: signed ? DIVERGING : "Viridis",
      text: rows.map((row) => row.map((value) => value.toFixed(2))),
      texttemplate: "%{text}",
      hovertemplate: "%{y} and %{x}: %{z:.2f}<extra></extra>",
      showscale: false,
      xgap: 2,
      ygap: 2,
    };
    this.#chart.draw([cells], (width) => {
      const fits = (width - left) / names.length > widest;
      return {
        xaxis: axis("", { showticklabels: fits, tickangle: 0 }),
        yaxis: axis("", { autorange: "reversed" }),
        margin: { l: left, r: 8, t: 8, b: fits ? 40 : 8 },
      };
    });
    this.#chart.label = names
      .flatMap((a, i) => names.slice(0, i).map((b, j) => `${a} and ${b}: ${rows[i][j].toFixed(2)}`))
      .join("; ");
  }
}
