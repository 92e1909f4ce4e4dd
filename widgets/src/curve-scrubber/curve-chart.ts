import type { WireCurve } from "../../../src/widgets/traits/index.js";
import { axis, Chart, CONTROL, plotText, SERIES } from "../charts.js";
import type { Comm } from "../model.js";
import type { Scope } from "../view.js";
import { directLabels } from "./direct-labels.js";

const DASHES = ["solid", "dash", "dot", "dashdot", "longdash", "longdashdot"] as const;

/** More curves than this are told apart by a legend. */
const LABELLED = 4;

/** A step on the curves, and where the reader touched one, its map. */
export interface Touch {
  readonly step: number;
  readonly map?: number;
}

export interface CurvesShown {
  readonly metric: WireCurve["metric"];
  readonly curves: readonly WireCurve[];
  readonly names: readonly string[];
  readonly step: number;
  readonly steps: number;
}

/** The curves, with a line at the step that is shown. */
export class CurveChart {
  readonly #chart: Chart;
  #shown: CurvesShown | undefined;

  /** @param ontouch called when the reader clicks on a curve or drags over the chart */
  constructor(view: Scope & { readonly comm: Comm }, ontouch: (touch: Touch) => void) {
    this.#chart = new Chart(view, { label: "", height: 280 });
    this.#chart.on("plotly_click", (event: { points?: readonly { x: number; curveNumber: number }[] }) => {
      const [point] = event.points ?? [];
      if (!point || !this.#shown) return;
      const { curves, steps } = this.#shown;
      ontouch({ step: Math.round((point.x / 100) * steps), map: curves[point.curveNumber]?.map });
    });
    this.#drag(view, ontouch);
  }

  get el(): HTMLElement {
    return this.#chart.el;
  }

  draw(shown: CurvesShown): void {
    this.#shown = shown;
    const { metric, curves, names, step, steps } = shown;
    const x = Array.from({ length: steps + 1 }, (_, i) => (i / steps) * 100);
    this.#chart.draw(
      curves.map(({ map, scores }) => ({
        type: "scatter",
        mode: "lines",
        name: plotText(names[map]),
        x,
        y: scores,
        line: { color: SERIES[map % SERIES.length], dash: DASHES[map % DASHES.length], width: 2 },
        hovertemplate: "%{x:.0f} %: %{y:.2f}<extra></extra>",
      })),
      {
        showlegend: curves.length > LABELLED,
        margin: { l: 48, r: 12, t: 10, b: 40 },
        xaxis: axis(`% of the pixels ${metric === "deletion" ? "deleted" : "inserted"}`, { range: [0, 100] }),
        yaxis: axis("probability", { range: [-0.03, 1.03] }),
        annotations: curves.length > LABELLED ? [] : directLabels(curves, names, x),
        shapes: [stepLine(x[step]), ...chanceLine(curves)],
      },
    );
    this.#chart.label = curves.map(({ map, area }) => `${names[map]}: area ${area.toFixed(2)}`).join("; ");
  }

  #drag(scope: Scope, ontouch: (touch: Touch) => void): void {
    let dragging = false;
    const dragTo = ({ clientX }: PointerEvent) => {
      const area = this.el.querySelector(".nsewdrag")?.getBoundingClientRect();
      if (!area || !this.#shown) return;
      const part = Math.min(1, Math.max(0, (clientX - area.left) / area.width));
      ontouch({ step: Math.round(part * this.#shown.steps) });
    };
    scope.listen(this.el, "pointerdown", (event) => {
      dragging = true;
      dragTo(event);
    });
    scope.listen(window, "pointermove", (event) => {
      if (dragging) dragTo(event);
    });
    for (const end of ["pointerup", "pointercancel"] as const) {
      scope.listen(window, end, () => {
        dragging = false;
      });
    }
  }
}

function stepLine(x: number): object {
  return { type: "line", x0: x, x1: x, yref: "paper", y0: 0, y1: 1, line: { color: "#888", width: 1.5 } };
}

/** The mean area of random baseline maps, where they were measured. */
function chanceLine(curves: readonly WireCurve[]): object[] {
  const areas = curves.map(({ chance }) => chance).filter((area) => area !== null);
  if (areas.length === 0) return [];
  const mean = areas.reduce((sum, area) => sum + area, 0) / areas.length;
  const line = { color: CONTROL, dash: "dash", width: 1 };
  return [{ type: "line", xref: "paper", x0: 0, x1: 1, y0: mean, y1: mean, line }];
}
