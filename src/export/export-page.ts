import { files } from "#platform/files";
import { displaySymbol } from "../core/display.js";
import { escapeHtml, htmlPage } from "../core/html.js";
import { readNotebook } from "../kernel/notebook-file.js";
import { savedState } from "../widgets/state.js";
import type { WidgetLike } from "../widgets/widget-types.js";
import { cleanHtml } from "./clean-html.js";
import { notebookToHtml } from "./notebook-page.js";
import { PageScripts } from "./page-scripts.js";
import { PageWidgets } from "./page-widgets.js";

/** Options of {@link exportHtml}. */
export interface ExportOptions {
  /** Title of the page; a notebook's first heading when absent. */
  title?: string;
  /**
   * A notebook's page opens one step a screen, with the notes for whoever presents. Default false: the same page as a
   * handout, without notes.
   */
  classMode?: boolean;
}

/** The page of a notebook as it was run. */
export async function notebookPage(file: string, { title, classMode }: ExportOptions): Promise<string> {
  return notebookToHtml(await readNotebook(file), { title, classMode, folder: files.dirname(file) });
}

/** A page of widgets alone. */
export async function widgetPage(
  widgets: readonly WidgetLike[],
  { title = "Sightline" }: ExportOptions,
): Promise<string> {
  const html = (source: string) => cleanHtml(source);
  const page = await PageWidgets.of(await savedState(widgets), { html, outputs: async () => "" });
  const places: string[] = [];
  for (const widget of widgets) {
    const place = page.view({ model_id: widget.modelId }) ?? "";
    places.push(`<div class="widget">${place}<noscript>${await stillOf(widget)}</noscript></div>`);
  }
  const scripts = new PageScripts();
  const head = await page.head(scripts);
  const body = `<h1>${escapeHtml(title)}</h1>\n${places.join("\n")}`;
  return htmlPage({ title, head, body, style: STYLE, scripts: scripts.hashes });
}

const STYLE = ".widget{margin-bottom:24px;overflow-x:auto}@media print{.widget{break-inside:avoid;overflow:visible}}";

/** What a page without JavaScript shows of a widget. */
async function stillOf(widget: WidgetLike): Promise<string> {
  const bundle = await widget[displaySymbol]();
  const picture = bundle["image/png"];
  if (typeof picture === "string") return `<img alt="" src="data:image/png;base64,${escapeHtml(picture)}">`;
  const html = bundle["text/html"];
  return typeof html === "string" ? cleanHtml(html) : `<pre>${escapeHtml(String(bundle["text/plain"] ?? ""))}</pre>`;
}
