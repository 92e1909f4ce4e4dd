import { dirname } from "node:path";
import { notebookToHtml } from "./kernel/runner/html.js";
import { readNotebook } from "./kernel/runner/notebook-file.js";
import { escapeHtml } from "./widgets/fallback.js";
import { widgetFallback, widgetHead, widgetView } from "./widgets/page.js";
import { type SavedState, savedState } from "./widgets/state.js";
import type { WidgetLike } from "./widgets/widget.js";
import { writeWhole } from "./write-whole.js";

export interface ExportOptions {
  /** Title of the page; a notebook's first heading when absent. */
  title?: string;
}

/**
 * Writes a notebook as it was run, or widgets, as one page that works from a file with the network off: whatever needs
 * no kernel moves.
 * @param what path of a notebook, or widgets
 * @throws SightlineError `bad-notebook`, `file-not-found`, `write-failed`
 */
export async function exportHtml(
  what: string | WidgetLike | readonly WidgetLike[],
  path: string,
  options: ExportOptions = {},
): Promise<void> {
  const page = typeof what === "string" ? await notebookPage(what, options) : await widgetPage([what].flat(), options);
  await writeWhole(path, page);
}

async function notebookPage(file: string, { title }: ExportOptions): Promise<string> {
  return notebookToHtml(await readNotebook(file), {
    title,
    folder: dirname(file),
    widgets: { head: (state) => widgetHead(state as SavedState), view: widgetView },
  });
}

async function widgetPage(widgets: readonly WidgetLike[], { title = "Sightline" }: ExportOptions): Promise<string> {
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
<style>body{margin:16px;font-family:system-ui,sans-serif}</style>
${widgetHead(state)}
</head>
<body>
${places.join("\n")}
</body>
</html>
`;
}
