import { files } from "#platform/files";
import { checkKeys, checkText } from "../core/checks.js";
import { SightlineError } from "../core/errors.js";
import { kindOf } from "../core/kind-of.js";
import { BOOLEAN, checkOptions } from "../core/options.js";
import type { WidgetLike } from "../widgets/widget-types.js";
import type { ExportOptions } from "./export-page.js";

export type { ExportOptions };

/**
 * Writes a notebook as it was run, or widgets, as one page that works from a file with the network off: whatever needs
 * no kernel moves. In a notebook's page what is tagged `answer` is folded, and notes are left out but for class mode.
 * @param what path of a notebook, or widgets
 * @example
 * await exportHtml("lesson.ipynb", "lesson.html", { title: "What a classifier looks at" });
 * @throws SightlineError `bad-notebook`, `file-not-found`, `write-failed`
 */
export async function exportHtml(
  what: string | WidgetLike | readonly WidgetLike[],
  path: string,
  options: ExportOptions = {},
): Promise<void> {
  const widgets = (typeof what === "string" ? [] : [what].flat()) as readonly WidgetLike[];
  if (typeof what !== "string" && (widgets.length === 0 || !widgets.every(isWidget))) {
    throw new SightlineError("bad-config", `nothing to export: ${kindOf(what)}`, {
      received: what,
      expected: "the path of a notebook, or widgets",
    });
  }
  checkText(path, "the page's path", "the name of a file to write");
  checkKeys(options, ["title", "classMode"], "exportHtml");
  checkOptions("exportHtml", { classMode: BOOLEAN }, { classMode: options.classMode ?? false });
  const { notebookPage, widgetPage } = await import("./export-page.js");
  const page = typeof what === "string" ? await notebookPage(what, options) : await widgetPage(widgets, options);
  await files.writeFileAtomic(path, page);
}

const isWidget = (value: unknown) => typeof (value as Partial<WidgetLike> | null)?.wire === "function";
