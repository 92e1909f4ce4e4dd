import { valueOnScale } from "../../../src/render/colour-bar.js";
import type { VisualizationConfig } from "../../../src/render/config.js";
import { axis, Chart } from "../charts.js";
import { h } from "../dom.js";
import type { Drawing } from "../drawing.js";
import type { Comm } from "../model.js";
import type { Scope } from "../view.js";

/** Steps of a handle over the whole of the axis. */
const STEPS = 400;

/** CSS pixels around the plot; the handles' track lies within the same. */
const MARGIN = { left: 26, right: 9, bottom: 44 } as const;

/** A percentile as the config keeps it. */
const rounded = (percentile: number) => Math.round(percentile * 100) / 100;

/** The least that may lie between the two percentiles. */
const GAP = 0.01;

/** How often the values of a map occur, and under them two handles: what lies outside is not drawn, or drawn as the last. */
export class ValueRange {
  readonly el: HTMLElement;
  readonly #chart: Chart;
  readonly #lower = handle("lower end");
  readonly #upper = handle("upper end");
  readonly #track = h("div", { class: "sl-range" }, this.#lower, this.#upper);
  readonly #text = h("output", { class: "sl-number" });
  #drawing: Drawing | undefined;

  /** @param choose takes the percentiles that the reader has chosen */
  constructor(view: Scope & { readonly comm: Comm }, choose: (change: VisualizationConfig) => void) {
    this.#chart = new Chart(view, { label: "Histogram of the values", height: 130 });
    for (const [side, margin] of Object.entries(MARGIN)) this.#track.style.setProperty(`--${side}`, `${margin}px`);
    for (const moved of [this.#lower, this.#upper]) {
      moved.addEventListener("input", () => choose(this.#percentiles(moved)));
    }
    this.el = h(
      "div",
      { class: "sl-field", role: "group", "aria-label": "Show values" },
      h("div", { class: "sl-values" }, this.#chart.el, this.#track),
      h("span", { class: "sl-range-text" }, "drawn: ", this.#text),
    );
  }

  /** Puts the handles where drawing begins and ends. */
  set(drawing: Drawing): void {
    this.#drawing = drawing;
    const { config, bounds, drawable } = drawing;
    const [from, to] = drawing.ends;
    const across = drawable.high - drawable.low || 1;
    const axis = bounds.high - bounds.low || 1;
    this.#track.style.setProperty("--from", String((drawable.low - bounds.low) / axis));
    this.#track.style.setProperty("--to", String((drawable.high - bounds.low) / axis));
    for (const [input, value, percentile] of [
      [this.#lower, from, drawing.flipped ? config.clipAbove : config.clipBelow],
      [this.#upper, to, drawing.flipped ? config.clipBelow : config.clipAbove],
    ] as const) {
      input.value = String(Math.round(((value - drawable.low) / across) * STEPS));
      input.setAttribute("aria-valuetext", `${valueOnScale(value, drawing.range)}, percentile ${percentile}`);
    }
    const [first, last] = [from, to].map((value) => valueOnScale(value, drawing.range));
    this.#text.textContent = `${first} to ${last} (${config.clipBelow}–${config.clipAbove} %)`;
    this.#text.title = `${from} to ${to}`;
  }

  draw(drawing: Drawing): void {
    const { centres, counts } = drawing.histogram();
    const { bounds, ends, unit } = drawing;
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
      margin: { l: MARGIN.left, r: MARGIN.right, t: 4, b: MARGIN.bottom },
      xaxis: axis(unit, { tickformat: ".2~g", nticks: 5, range: [bounds.low, bounds.high], ticklen: 6 }),
      yaxis: axis("count (log)", { rangemode: "tozero", showticklabels: false, showgrid: false }),
      shapes: ends.map((x) => ({
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

  /** The percentiles of the values under the handles; a handle does not pass the other. */
  #percentiles(moved: HTMLInputElement): VisualizationConfig {
    const drawing = this.#drawing as Drawing;
    const { drawable, flipped } = drawing;
    if (this.#upper.valueAsNumber <= this.#lower.valueAsNumber) {
      if (moved === this.#lower) this.#lower.value = String(this.#upper.valueAsNumber - 1);
      else this.#upper.value = String(this.#lower.valueAsNumber + 1);
    }
    const value = drawable.low + (moved.valueAsNumber / STEPS) * (drawable.high - drawable.low);
    const { below, above } = drawing.percentilesAt(value);
    const { clipBelow, clipAbove } = drawing.config;
    return (moved === this.#lower) !== flipped
      ? { clip_below_percentile: Math.min(rounded(below), rounded(clipAbove - GAP)), clip_above_percentile: clipAbove }
      : { clip_below_percentile: clipBelow, clip_above_percentile: Math.max(rounded(above), rounded(clipBelow + GAP)) };
  }
}

function handle(name: string): HTMLInputElement {
  return h("input", { type: "range", min: 0, max: STEPS, step: 1, "aria-label": `Show values, ${name}` });
}
