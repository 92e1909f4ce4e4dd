import { h } from "./dom.js";
import type { Cleanup, Model } from "./model.js";
import { type PlotlyApi, plotly } from "./plotly.js";

/** Events of a Plotly chart that views listen to. */
interface PlotlyElement extends HTMLElement {
  on?(event: string, listener: (data: never) => void): void;
}

type Layout = Record<string, unknown> | ((width: number) => Record<string, unknown>);

/** A Plotly chart in the page's own colours and type; loads Plotly when it is first drawn. */
export class Chart {
  readonly el: HTMLElement;
  readonly #plot: PlotlyElement;
  readonly #model: Model<never>;
  #api: PlotlyApi | undefined;
  #wanted: { traces: readonly object[]; layout: Layout } | undefined;
  #drawn: readonly [traces: readonly object[], layout: Layout] | undefined;
  /** Colour of the text when it was drawn: Plotly writes it into the chart, so a new theme needs a new chart. */
  #colour = "";
  #drawing = false;
  #gone = false;
  readonly #events: (readonly [string, (data: never) => void])[] = [];

  constructor(
    model: Model<never>,
    cleanup: Cleanup,
    { label, height, modes = [] }: { label: string; height: number; modes?: readonly string[] },
  ) {
    this.#model = model;
    this.#modes = modes;
    this.#plot = h("div", { class: "sl-plot" });
    this.#plot.style.height = `${height}px`;
    this.el = h("figure", { class: "sl-chart", "aria-label": label }, this.#plot);
    const watcher = new ResizeObserver(() => {
      if (this.#api && this.#plot.clientWidth > 0) this.#api.Plots.resize(this.#plot);
      else void this.#redraw();
    });
    watcher.observe(this.#plot);
    const theme = new MutationObserver(() => {
      if (this.#drawn && getComputedStyle(this.#plot).color !== this.#colour) this.draw(...this.#drawn);
    });
    theme.observe(document.body, { attributes: true });
    cleanup.add(() => {
      this.#gone = true;
      watcher.disconnect();
      theme.disconnect();
      this.#api?.purge(this.#plot);
    });
  }

  readonly #modes: readonly string[];

  set label(text: string) {
    this.el.setAttribute("aria-label", text);
  }

  on(event: string, listener: (data: never) => void): void {
    this.#events.push([event, listener]);
  }

  /** @param layout of the chart, or what makes one for its width in pixels */
  draw(traces: readonly object[], layout: Layout = {}): void {
    this.#wanted = { traces, layout };
    void this.#redraw();
  }

  async #redraw(): Promise<void> {
    if (!this.#wanted || this.#drawing || this.#plot.clientWidth === 0) return;
    this.#drawing = true;
    try {
      this.#api ??= await plotly(this.#model);
      while (this.#wanted && !this.#gone) {
        const { traces, layout } = this.#wanted;
        this.#wanted = undefined;
        this.#drawn = [traces, layout];
        this.#colour = getComputedStyle(this.#plot).color;
        await this.#api.newPlot(
          this.#plot,
          traces,
          { ...this.#theme(), ...(typeof layout === "function" ? layout(this.#plot.clientWidth) : layout) },
          {
            displaylogo: false,
            responsive: false,
            displayModeBar: this.#modes.length > 0,
            modeBarButtons: [[...this.#modes, "toImage"]],
          },
        );
        for (const [event, listener] of this.#events) this.#plot.on?.(event, listener);
        if (this.#gone) this.#api.purge(this.#plot);
      }
    } catch (error) {
      this.el.replaceChildren(h("p", { class: "sl-note" }, `No chart: ${(error as Error).message}.`));
    } finally {
      this.#drawing = false;
    }
  }

  #theme(): Record<string, unknown> {
    const style = getComputedStyle(this.#plot);
    const axis = {
      gridcolor: "rgba(128,128,128,.2)",
      linecolor: "rgba(128,128,128,.5)",
      zeroline: false,
      fixedrange: true,
      title: { standoff: 8 },
    };
    return {
      autosize: true,
      paper_bgcolor: "transparent",
      plot_bgcolor: "transparent",
      font: { family: style.fontFamily, size: Number.parseFloat(style.fontSize) || 12, color: style.color },
      margin: { l: 44, r: 12, t: 8, b: 36 },
      showlegend: false,
      xaxis: axis,
      yaxis: axis,
      dragmode: false,
    };
  }
}

/** The axis of the page's charts with more said about it; Plotly layouts are not merged deeply. */
export function axis(title: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    title: { text: title, standoff: 6, font: { size: 12 } },
    gridcolor: "rgba(128,128,128,.2)",
    linecolor: "rgba(128,128,128,.5)",
    zeroline: false,
    fixedrange: true,
    ...more,
  };
}

/** Colours of series that are told apart by shape as well; safe for colour-blind readers (Okabe and Ito). */
export const SERIES = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00"] as const;
export const CONTROL = "#888888";
