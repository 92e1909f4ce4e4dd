import { escapeUTF8 } from "entities";
import { marked } from "marked";
import { files } from "#platform/files";
import { toBase64 } from "../core/bytes.js";
import { type Cell, type Notebook, type Output, textOf } from "../kernel/notebook-file.js";
import { cleanHtml } from "./clean-html.js";
import { highlight } from "./highlight.js";
import { NOTEBOOK_STYLE } from "./notebook-style.js";
import { terminalTextHtml } from "./terminal-text.js";

export interface NotebookToHtmlOptions {
  /** Title of the page; the first heading by default. */
  title?: string;
  /** Where pictures that the notebook's text names are looked for, to be inlined; without it they are left out. */
  folder?: string;
  /** Makes widgets move without a kernel; without it a widget shows its still picture. Its HTML is trusted. */
  widgets?: {
    /** Scripts and state for the head of the page. */
    head(state: unknown): string;
    /** The place of one widget. */
    view(modelId: string): string;
  };
}

const WIDGET_STATE = "application/vnd.jupyter.widget-state+json";
const WIDGET_VIEW = "application/vnd.jupyter.widget-view+json";
const PLOTLY = "application/vnd.plotly.v1+json";

/**
 * One self-contained page of a notebook: pictures inlined, no request to anywhere, light and dark. Code, names and texts are
 * escaped; HTML of outputs and Markdown is cleaned of everything that could run.
 */
export async function notebookToHtml(notebook: Notebook, options: NotebookToHtmlOptions = {}): Promise<string> {
  const page = new Page(notebook, options);
  const cells: string[] = [];
  for (const cell of notebook.cells) cells.push(await page.cell(cell));
  const title = options.title ?? firstHeading(notebook) ?? "Notebook";
  return [
    "<!doctype html>",
    '<html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    `<title>${escapeUTF8(title)}</title>`,
    `<style>${NOTEBOOK_STYLE}</style>`,
    page.head(),
    `</head><body><main>`,
    cells.join("\n"),
    `</main>${await page.scripts()}</body></html>`,
    "",
  ].join("\n");
}

class Page {
  readonly #figures: unknown[] = [];
  readonly #widgetState: unknown;

  constructor(
    notebook: Notebook,
    readonly options: NotebookToHtmlOptions,
  ) {
    this.#widgetState = (notebook.metadata.widgets as Record<string, unknown> | undefined)?.[WIDGET_STATE];
  }

  head(): string {
    return this.#widgetState && this.options.widgets ? this.options.widgets.head(this.#widgetState) : "";
  }

  async cell(cell: Cell): Promise<string> {
    if (cell.cell_type === "raw") return "";
    if (cell.cell_type === "markdown") return `<section class="text">${await this.#markdown(cell.source)}</section>`;
    if (!cell.source.trim()) return "";
    const number = cell.execution_count ?? " ";
    const outputs: string[] = [];
    for (const output of cell.outputs) outputs.push(`<div class="output">${await this.#output(output)}</div>`);
    return [
      `<section class="code"><div class="count">[${number}]</div>`,
      `<pre class="source"><code>${highlight(cell.source)}</code></pre>`,
      ...outputs,
      "</section>",
    ].join("");
  }

  async scripts(): Promise<string> {
    if (this.#figures.length === 0) return "";
    const plotly = new TextDecoder().decode(await files.asset("export/plotly.min.js"));
    const figures = JSON.stringify(this.#figures).replaceAll("<", "\\u003c");
    return [
      `<script>${plotly.replace(/<(\/script|!--)/gi, "<\\$1")}</script>`,
      `<script>for (const [i, { data, layout, config }] of ${figures}.entries())`,
      ' Plotly.newPlot("figure-" + i, data, layout, { responsive: true, displaylogo: false, ...config });</script>',
    ].join("");
  }

  async #output(output: Output): Promise<string> {
    if (output.output_type === "stream") {
      return `<pre class="${output.name === "stderr" ? "stderr" : "stdout"}">${terminalTextHtml(output.text)}</pre>`;
    }
    if (output.output_type === "error")
      return `<pre class="error">${terminalTextHtml(output.traceback.join("\n"))}</pre>`;
    return this.#bundle(output.data);
  }

  /** The richest representation that a page can show. */
  async #bundle(data: Record<string, unknown>): Promise<string> {
    const view = data[WIDGET_VIEW] as { model_id?: unknown } | undefined;
    if (typeof view?.model_id === "string" && this.#widgetState && this.options.widgets) {
      return this.options.widgets.view(view.model_id);
    }
    if (data[PLOTLY]) {
      this.#figures.push(data[PLOTLY]);
      return `<div class="figure" id="figure-${this.#figures.length - 1}"></div>`;
    }
    if (data["text/html"] !== undefined) return this.#clean(textOf(data["text/html"]));
    if (data["image/svg+xml"] !== undefined) {
      const encoded = toBase64(new TextEncoder().encode(textOf(data["image/svg+xml"])));
      return `<img alt="" src="data:image/svg+xml;base64,${encoded}">`;
    }
    for (const type of ["image/png", "image/jpeg", "image/gif", "image/webp"]) {
      if (data[type] === undefined) continue;
      const alt = escapeUTF8(textOf(data["text/plain"] ?? "").slice(0, 300));
      return `<img alt="${alt}" src="data:${type};base64,${textOf(data[type]).replace(/[^A-Za-z0-9+/=]/g, "")}">`;
    }
    if (data["text/markdown"] !== undefined) return this.#markdown(textOf(data["text/markdown"]));
    const text = data["text/latex"] ?? data["text/plain"] ?? data["application/json"] ?? "";
    return `<pre>${terminalTextHtml(textOf(text))}</pre>`;
  }

  #clean(html: string): Promise<string> {
    return cleanHtml(html, this.options.folder);
  }

  #markdown(source: string): Promise<string> {
    return this.#clean(marked.parse(source, { async: false }));
  }
}

function firstHeading({ cells }: Notebook): string | undefined {
  for (const { cell_type, source } of cells) {
    const heading = cell_type === "markdown" ? /^#+\s+(.+)$/m.exec(source)?.[1] : undefined;
    if (heading) return heading.replace(/[*_`]/g, "");
  }
  return undefined;
}
