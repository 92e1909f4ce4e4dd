import { files } from "#platform/files";
import type { PageScripts } from "./page-scripts.js";
import { printableCharts } from "./print-charts.js";

/** Traces whose outlines or tiles come from a server. */
const MAPS = new Set([
  ...["scattergeo", "choropleth", "scattermap", "scattermapbox", "choroplethmap", "choroplethmapbox"],
  ...["densitymap", "densitymapbox"],
]);

interface Figure {
  readonly data: readonly unknown[];
  readonly layout: unknown;
}

/** The Plotly figures of a page. */
export class PlotlyFigures {
  readonly #figures: Figure[] = [];

  /** The place of a figure; undefined for one that cannot be drawn without asking the network. */
  place(value: unknown): string | undefined {
    const { data, layout } = (value ?? {}) as { data?: unknown; layout?: unknown };
    if (!Array.isArray(data) || data.some((trace) => MAPS.has((trace as { type?: string } | null)?.type ?? ""))) {
      return undefined;
    }
    this.#figures.push({ data: data.map(withoutRemotePictures), layout: withoutRemotePictures(layout ?? {}) });
    return `<div class="figure" id="figure-${this.#figures.length - 1}"></div>`;
  }

  async script(scripts: PageScripts): Promise<string> {
    if (this.#figures.length === 0) return "";
    const plotly = new TextDecoder().decode(await files.unpackedAsset("export/plotly.min.js"));
    const draw = `for (const [i, { data, layout }] of ${JSON.stringify(this.#figures)}.entries())
Plotly.newPlot("figure-" + i, data, layout, { responsive: true, displaylogo: false });`;
    return scripts.run(plotly) + scripts.run(draw.replaceAll("<", "\\u003c")) + printableCharts(scripts);
  }
}

/** A copy whose pictures are all inlined. */
function withoutRemotePictures(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutRemotePictures);
  if (typeof value !== "object" || value === null) return value;
  const { source } = value as { source?: unknown };
  const remote = typeof source === "string" && !/^data:image\//i.test(source);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !(remote && key === "source"))
      .map(([key, part]) => [key, withoutRemotePictures(part)]),
  );
}
