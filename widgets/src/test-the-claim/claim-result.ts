import type { ClaimEntry } from "../../../src/widgets/traits/index.js";
import { axis, Chart, CONTROL, plotText, SERIES } from "../charts.js";
import { h } from "../dom.js";
import type { Comm } from "../model.js";
import { type ScoreRow, scoreBars } from "../score-bars.js";
import type { Scope } from "../view.js";
import { claimVerdict } from "./claim-verdict.js";

/** What came of a test: the verdict, the classes before and after, and regions elsewhere. */
export class ClaimResult {
  /** The classes before and after. */
  readonly el = h("div", { class: "sl-results" });
  readonly #verdict = h("div", { class: "sl-verdict" });
  readonly #chart: Chart;

  constructor(view: Scope & { readonly comm: Comm }) {
    this.#chart = new Chart(view, {
      label: "Change of the probability for this region and for regions of the same shape elsewhere",
      height: 150,
    });
  }

  /** The answer, large. */
  get verdict(): HTMLElement {
    return this.#verdict;
  }

  /** The change beside that of regions elsewhere. */
  get chart(): HTMLElement {
    return this.#chart.el;
  }

  show(entry: ClaimEntry | undefined): void {
    this.#chart.el.hidden = !entry || entry.controls.length === 0;
    if (!entry) {
      this.#verdict.replaceChildren(h("p", { class: "sl-sentence" }, "Draw on what the map says is decisive."));
      this.el.replaceChildren();
      return;
    }
    this.#verdict.replaceChildren(...claimVerdict(entry));
    this.el.replaceChildren(h("h4", {}, "Before and after"), scoreBars(rowsOf(entry)));
    if (entry.controls.length > 0) this.#draw(entry);
  }

  #draw({ controls, change, target }: ClaimEntry): void {
    const middle = (Math.min(...controls, change) + Math.max(...controls, change)) / 2;
    const elsewhere = {
      type: "scatter",
      mode: "markers",
      x: controls,
      y: controls.map((_, i) => 0.35 + (((i * 7) % 11) / 11) * 0.5),
      marker: { color: CONTROL, size: 7, symbol: "circle-open" },
      hovertemplate: "elsewhere: %{x:.2f}<extra></extra>",
    };
    const here = {
      type: "scatter",
      mode: "markers+text",
      x: [change],
      y: [0.15],
      text: ["this region"],
      textposition: change < middle ? "middle right" : "middle left",
      marker: { color: SERIES[1], size: 13, symbol: "diamond" },
      hovertemplate: "this region: %{x:.2f}<extra></extra>",
    };
    const title = `change of the probability of ${plotText(target.label)}`;
    this.#chart.draw([elsewhere, here], {
      xaxis: axis(title, { zeroline: true, zerolinecolor: "#888" }),
      yaxis: axis("", { visible: false, range: [0, 1] }),
    });
  }
}

/** The class that is watched, and those that are on top afterwards. */
function rowsOf({ before, after, target, change }: ClaimEntry): ScoreRow[] {
  const earlier = new Map(before.map(({ index, probability }) => [index, probability]));
  return [
    { label: target.label, before: target.probability, probability: target.probability + change },
    ...after
      .filter(({ index }) => index !== target.index)
      .map(({ index, label, probability }) => ({ label, before: earlier.get(index), probability })),
  ];
}
