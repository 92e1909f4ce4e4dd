import { h } from "./dom.js";
import type { Comm } from "./model.js";
import { type PlotlyApi, plotly } from "./plotly.js";
import type { Scope } from "./view.js";

/** Events of a Plotly chart that views listen to. */
interface PlotlyElement extends HTMLElement {
  on?(event: string, listener: (data: never) => void): void;
}

/** A chart's layout, or what makes one for its width in pixels. */
type Layout = Record<string, unknown> | ((width: number) => Record<string, unknown>);

interface ChartOptions {
  /** What the chart shows, for those who do not see it. */
  readonly label: string;
  /** CSS pixels. */
  readonly height: number;
  /** Tools of Plotly's in the chart's corner, beside the one that saves it. */
  readonly tools?: readonly string[];
}

/** A Plotly chart in the page's own colours and type; loads Plotly when it is first drawn. */
export class Chart {
  readonly el: HTMLElement;
  readonly #plot: PlotlyElement = h("div", { class: "sl-plot" });
  readonly #scope: Scope;
  readonly #comm: Comm;
  readonly #tools: readonly string[];
  readonly #events: (readonly [string, (data: never) => void])[] = [];
  #api: PlotlyApi | undefined;
  #wanted: { traces: readonly object[]; layout: Layout } | undefined;
  #drawn: readonly [traces: readonly object[], layout: Layout] | undefined;
  /** Colour of the text when it was drawn: Plotly writes it into the chart, so a new theme needs a new chart. */
  #colour = "";
  #drawing = false;
  /** Whether Plotly follows a hand over the chart, to choose marks. */
  #follows = false;

  constructor(view: Scope & { readonly comm: Comm }, { label, height, tools = [] }: ChartOptions) {
    this.#scope = view;
    this.#comm = view.comm;
    this.#tools = tools;
    this.#plot.style.height = `${height}px`;
    this.el = h("figure", { class: "sl-chart", "aria-label": label }, this.#plot);
    // Plotly would lay a cover over the whole page, and leave it there where a chart is drawn again under the finger
    const alone = (event: TouchEvent) => {
      if (!this.#follows) event.stopPropagation();
    };
    this.#plot.addEventListener("touchstart", alone, { capture: true, passive: true });
    const size = new ResizeObserver(() => {
      if (this.#api && this.#plot.clientWidth > 0) this.#api.Plots.resize(this.#plot);
      else void this.#redraw();
    });
    size.observe(this.#plot);
    const followTheme = () => {
      if (this.#drawn && getComputedStyle(this.#plot).color !== this.#colour) this.draw(...this.#drawn);
    };
    const theme = new MutationObserver(followTheme);
    theme.observe(document.body, { attributes: true });
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    scheme.addEventListener("change", followTheme);
    view.onLeave(() => {
      size.disconnect();
      theme.disconnect();
      scheme.removeEventListener("change", followTheme);
      this.#api?.purge(this.#plot);
    });
  }

  set label(text: string) {
    this.el.setAttribute("aria-label", text);
  }

  on(event: string, listener: (data: never) => void): void {
    this.#events.push([event, listener]);
  }

  draw(traces: readonly object[], layout: Layout = {}): void {
    this.#wanted = { traces, layout };
    void this.#redraw();
  }

  async #redraw(): Promise<void> {
    if (!this.#wanted || this.#drawing || this.#plot.clientWidth === 0) return;
    this.#drawing = true;
    try {
      this.#api ??= await plotly(this.#comm);
      while (this.#wanted && !this.#scope.signal.aborted) {
        const { traces, layout } = this.#wanted;
        this.#wanted = undefined;
        this.#drawn = [traces, layout];
        this.#colour = getComputedStyle(this.#plot).color;
        const wanted = typeof layout === "function" ? layout(this.#plot.clientWidth) : layout;
        const whole: Record<string, unknown> = { ...this.#theme(), ...wanted };
        this.#follows = whole.dragmode !== false;
        await this.#api.newPlot(this.#plot, traces, whole, {
          displaylogo: false,
          responsive: false,
          displayModeBar: this.#tools.length > 0,
          modeBarButtons: [[...this.#tools, "toImage"]],
        });
        for (const [event, listener] of this.#events) this.#plot.on?.(event, listener);
        if (this.#scope.signal.aborted) this.#api.purge(this.#plot);
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

/** Text from outside as Plotly may have it, which knows some markup. */
export function plotText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
