import { marked, type Token, type Tokens } from "marked";
import { toBase64 } from "../core/bytes.js";
import { escapeHtml, htmlPage } from "../core/html.js";
import {
  ANSWER_TAG,
  type Cell,
  type CodeCell,
  EXERCISE_TAG,
  NOTES_TAG,
  type Notebook,
  type Output,
  parseOutputs,
  textOf,
} from "../kernel/notebook-file.js";
import { STATE_MIME, VIEW_MIME } from "../widgets/mime.js";
import { classScript } from "./class-script.js";
import { cleanHtml } from "./clean-html.js";
import { highlight } from "./highlight.js";
import type { Attachments } from "./inline-pictures.js";
import { NOTEBOOK_STYLE } from "./notebook-style.js";
import { PageScripts } from "./page-scripts.js";
import { PageWidgets } from "./page-widgets.js";
import { PlotlyFigures } from "./plotly-figures.js";
import { terminalTextHtml } from "./terminal-text.js";

export interface NotebookToHtmlOptions {
  /** Title of the page; the first heading by default. */
  title?: string;
  /** Where pictures that the notebook's text names are looked for, to be inlined; without it they are left out. */
  folder?: string;
  /** Opens one step a screen, with the notes for whoever presents; without it notes are left out. Default false. */
  classMode?: boolean;
}

const PLOTLY = "application/vnd.plotly.v1+json";

/**
 * One self-contained page of a notebook: pictures inlined, no request to anywhere, light and dark. What is tagged `answer`
 * is folded, and so are the rules of exercises; notes are for class mode alone. Code, names and texts are escaped; HTML of outputs, Markdown and widgets is cleaned of everything that could run; of widgets there are ours and
 * Jupyter's own.
 */
export async function notebookToHtml(notebook: Notebook, options: NotebookToHtmlOptions = {}): Promise<string> {
  const page = new NotebookPage(options.folder, options.classMode);
  await page.readWidgets(notebook);
  const cells: string[] = [];
  for (const cell of notebook.cells) cells.push(await page.cell(cell));
  const heading = firstHeading(notebook);
  const title = options.title ?? heading ?? "Notebook";
  const header = title === heading ? "" : `<h1>${escapeHtml(title)}</h1>\n`;
  const head = await page.head();
  const again = options.classMode ? CLASS_BUTTON : "";
  const figures = await page.figures.script(page.scripts);
  return htmlPage({
    title,
    style: NOTEBOOK_STYLE,
    head,
    body: `${again}<main>\n${header}${cells.filter(Boolean).join("\n")}\n</main>${figures}`,
    scripts: page.scripts.hashes,
  });
}

const CLASS_BUTTON = `<button type="button" class="class-mode" hidden>Class mode</button>`;

/** Makes the place of a widget's view; undefined for one that the page cannot show. */
type PlaceView = (view: unknown) => string | undefined;

class NotebookPage {
  readonly scripts = new PageScripts();
  readonly figures = new PlotlyFigures();
  #widgets: PageWidgets | undefined;

  constructor(
    readonly folder: string | undefined,
    readonly classMode = false,
  ) {}

  async readWidgets({ metadata }: Notebook): Promise<void> {
    const state = (metadata.widgets as Record<string, unknown> | undefined)?.[STATE_MIME];
    this.#widgets = await PageWidgets.of(state, {
      html: (source) => cleanHtml(source, { folder: this.folder }),
      outputs: (outputs, view) => this.#outputsOfWidget(outputs, view),
    });
  }

  async head(): Promise<string> {
    const widgets = (await this.#widgets?.head(this.scripts)) ?? "";
    return this.classMode ? `${widgets}${this.scripts.run(classScript())}\n` : widgets;
  }

  async cell(cell: Cell): Promise<string> {
    if (cell.cell_type === "raw" || !cell.source.trim()) return "";
    const tags = cell.metadata.tags ?? [];
    if (tags.includes(NOTES_TAG)) return this.#notes(cell);
    const attributes = tags.length > 0 ? ` data-tags="${escapeHtml(tags.join(" "))}"` : "";
    const content = cell.cell_type === "markdown" ? await this.#text(cell) : await this.#code(cell, tags);
    const isAnswer = tags.includes(ANSWER_TAG);
    const shown = isAnswer ? `<details class="sl-answer"><summary>Answer</summary>${content}</details>` : content;
    return `<section class="${cell.cell_type === "markdown" ? "text" : "code"}"${attributes}>${shown}</section>`;
  }

  #text({ source, attachments }: Extract<Cell, { cell_type: "markdown" | "raw" }>): Promise<string> {
    return this.#markdown(source, attachments as Attachments | undefined);
  }

  async #code({ source, execution_count, outputs }: CodeCell, tags: readonly string[]): Promise<string> {
    const code = `<div class="count">[${execution_count ?? " "}]</div><pre class="source"><code>${highlight(source)}</code></pre>`;
    const folds = tags.includes(EXERCISE_TAG);
    const parts = [folds ? `<details class="rules"><summary>Rules of the exercises</summary>${code}</details>` : code];
    for (const output of outputs) parts.push(`<div class="output">${await this.#output(output)}</div>`);
    return parts.join("");
  }

  /** For the presenter's window: the page itself never shows them. */
  async #notes(cell: Cell): Promise<string> {
    if (!this.classMode || cell.cell_type !== "markdown") return "";
    return `<section class="notes" data-tags="${NOTES_TAG}" hidden><template>${await this.#text(cell)}</template></section>`;
  }

  async #output(output: Output, place: PlaceView = (view) => this.#widgets?.view(view)): Promise<string> {
    if (output.output_type === "stream") {
      return `<pre class="${output.name === "stderr" ? "stderr" : "stdout"}">${terminalTextHtml(output.text)}</pre>`;
    }
    if (output.output_type === "error") {
      return `<pre class="error">${terminalTextHtml(output.traceback.join("\n"))}</pre>`;
    }
    const { [VIEW_MIME]: view, [PLOTLY]: plotly, ...data } = output.data as Record<string, unknown>;
    const widget = view ? place(view) : undefined;
    if (widget) return `<div class="widget">${widget}</div>`;
    const figure = plotly ? this.figures.place(plotly) : undefined;
    if (figure) return figure;
    const still = await this.#still(data);
    if (view) return `${still}<p class="note">A picture of a widget: run the notebook to work with it.</p>`;
    if (plotly)
      return `${still}<p class="note">This map is drawn from the network, which a saved page does not ask.</p>`;
    return still;
  }

  /** What an Output widget holds. Its charts are left to their other representations. */
  async #outputsOfWidget(outputs: unknown, place: PlaceView): Promise<string> {
    const parts: string[] = [];
    for (const output of parseOutputs(outputs)) {
      if ("data" in output) delete (output.data as Record<string, unknown>)[PLOTLY];
      parts.push(`<div class="output">${await this.#output(output, place)}</div>`);
    }
    return parts.join("");
  }

  /** The richest representation that needs no script. */
  async #still(data: Readonly<Record<string, unknown>>): Promise<string> {
    if (data["text/html"] !== undefined) return this.#clean(textOf(data["text/html"]));
    if (data["image/svg+xml"] !== undefined) {
      const encoded = toBase64(new TextEncoder().encode(textOf(data["image/svg+xml"])));
      return `<img alt="" src="data:image/svg+xml;base64,${encoded}">`;
    }
    for (const type of ["image/png", "image/jpeg", "image/gif", "image/webp"]) {
      if (data[type] === undefined) continue;
      const alt = escapeHtml(textOf(data["text/plain"] ?? "").slice(0, 300));
      return `<img alt="${alt}" src="data:${type};base64,${textOf(data[type]).replace(/[^A-Za-z0-9+/=]/g, "")}">`;
    }
    if (data["text/markdown"] !== undefined) return this.#markdown(textOf(data["text/markdown"]));
    const text = data["text/latex"] ?? data["text/plain"] ?? data["application/json"] ?? "";
    return `<pre>${terminalTextHtml(textOf(text))}</pre>`;
  }

  async #clean(html: string, attachments?: Attachments): Promise<string> {
    return `<div class="foreign">${await cleanHtml(html, { folder: this.folder, attachments })}</div>`;
  }

  #markdown(source: string, attachments?: Attachments): Promise<string> {
    return this.#clean(marked.parse(source, { async: false }), attachments);
  }
}

/** The text of the first heading. */
function firstHeading({ cells }: Notebook): string | undefined {
  for (const cell of cells) {
    if (cell.cell_type !== "markdown") continue;
    const heading = marked.lexer(cell.source).find((token) => token.type === "heading");
    if (heading) return plainText((heading as Tokens.Heading).tokens).trim() || undefined;
  }
  return undefined;
}

function plainText(tokens: readonly Token[]): string {
  return tokens
    .map((token) => ("tokens" in token && token.tokens ? plainText(token.tokens) : "text" in token ? token.text : ""))
    .join("");
}
