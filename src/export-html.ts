import { writeFile } from "node:fs/promises";
import { SightlineError } from "./errors.js";
import { escapeHtml } from "./widgets/fallback.js";
import { widgetFallback, widgetHead, widgetView } from "./widgets/page.js";
import { savedState } from "./widgets/state.js";
import type { WidgetLike } from "./widgets/widget.js";

export interface ExportOptions {
  /** Title of the page. */
  title?: string;
}

/**
 * Writes widgets as one page that works from a file with the network off: whatever needs no kernel moves.
 * @returns the page's markup
 * @throws SightlineError `write-failed`
 */
export async function exportHtml(
  widgets: WidgetLike | readonly WidgetLike[],
  path: string,
  { title = "Sightline" }: ExportOptions = {},
): Promise<string> {
  const all: readonly WidgetLike[] = Array.isArray(widgets) ? widgets : [widgets as WidgetLike];
  const state = await savedState(all);
  const places = await Promise.all(
    all.map(async (widget) => `<div>${widgetView(widget.modelId)}<noscript>${await widgetFallback(widget)}</noscript></div>`),
  );
  const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>:root{color-scheme:light dark}body{margin:16px;font-family:system-ui,sans-serif}</style>
${widgetHead(state)}
</head>
<body>
${places.join("\n")}
</body>
</html>
`;
  try {
    await writeFile(path, page);
  } catch (cause) {
    throw new SightlineError("write-failed", `the page could not be written to ${path}`, { received: path, cause });
  }
  return page;
}
