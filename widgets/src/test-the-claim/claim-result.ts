import type { ClaimEntry } from "../../../src/widgets/traits/index.js";
import { axis, Chart, CONTROL, plotText, SERIES } from "../charts.js";
import { h } from "../dom.js";
import type { Comm } from "../model.js";
import { scoreBars } from "../score-bars.js";
import type { Scope } from "../view.js";

const percent = (value: number) => `${Math.round(value * 100)} %`;

/** What came of a test: the classes before and after, what the map had claimed, and regions elsewhere. */
export class ClaimResult {
  readonly el = h("div", { class: "sl-results" });
  readonly #chart: Chart;

  constructor(view: Scope & { readonly comm: Comm }) {
    this.#chart = new Chart(view, {
      label: "Change of the probability for this region and for regions of the same shape elsewhere",
      height: 150,
    });
  }

  /** The change beside that of regions elsewhere. */
  get chart(): HTMLElement {
    return this.#chart.el;
  }

  show(entry: ClaimEntry | undefined): void {
    this.#chart.el.hidden = !entry || entry.controls.length === 0;
    if (!entry) {
      this.el.replaceChildren(h("p", { class: "sl-note" }, "Draw a rectangle on what the map says is decisive."));
      return;
    }
    this.el.replaceChildren(
      h("div", {}, h("h4", {}, "Before → after"), scoreBars(rowsOf(entry))),
      h(
        "div",
        { class: "sl-verdict" },
        h("h4", {}, `Claimed and happened (${percent(entry.area)} of the picture)`),
        h("p", {}, claimOf(entry)),
        h("p", {}, rankOf(entry)),
      ),
    );
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
function rowsOf({ before, after, target, change }: ClaimEntry) {
  const earlier = new Map(before.map(({ index, probability }) => [index, probability]));
  return [
    { label: target.label, before: target.probability, probability: target.probability + change },
    ...after
      .filter(({ index }) => index !== target.index)
      .map(({ index, label, probability }) => ({ label, before: earlier.get(index), probability })),
  ];
}

function claimOf({ action, claimed, change, target }: ClaimEntry): string {
  const lost = target.probability > 0 ? -change / target.probability : 0;
  const outcome =
    action === "keep"
      ? `alone it keeps ${percent(1 - lost)} of the probability`
      : `without it ${percent(Math.max(0, lost))} of the probability is gone`;
  return `The map had put ${percent(claimed)} of its evidence here; ${outcome}.`;
}

function rankOf({ chance, controls }: ClaimEntry): string {
  if (chance === null) return "Comparing with random regions …";
  const asMuch = Math.round(chance * (controls.length + 1)) - 1;
  return `${asMuch} of ${controls.length} regions of the same shape elsewhere do as much.`;
}
