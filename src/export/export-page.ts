import { files } from "#platform/files";
import { readNotebook } from "../kernel/notebook-file.js";
import { escapeHtml } from "../widgets/fallback.js";
import { type SavedState, savedState } from "../widgets/state.js";
import type { WidgetLike } from "../widgets/widget-types.js";
import { notebookToHtml } from "./notebook-page.js";
import { widgetFallback, widgetHead, widgetView } from "./widget-page.js";

/** Options of {@link exportHtml}. */
export interface ExportOptions {
  /** Title of the page; a notebook's first heading when absent. */
  title?: string;
}

/** The page of a notebook as it was run. */
export async function notebookPage(file: string, { title }: ExportOptions): Promise<string> {
  return notebookToHtml(await readNotebook(file), {
    title,
    folder: files.dirname(file),
    widgets: { head: (state) => widgetHead(state as SavedState), view: widgetView },
  });
}

/** A page of widgets alone. */
export async function widgetPage(
  widgets: readonly WidgetLike[],
  { title = "Sightline" }: ExportOptions,
): Promise<string> {
  const state = await savedState(widgets);
  const places = await Promise.all(
    widgets.map(
      async (widget) => `<div>${widgetView(widget.modelId)}<noscript>${await widgetFallback(widget)}</noscript></div>`,
    ),
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>body{margin:16px;font-family:system-ui,sans-serif}body>div{margin-bottom:24px}</style>
${widgetHead(state)}
</head>
<body>
${places.join("\n")}
</body>
</html>
`;
}
