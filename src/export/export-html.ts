import { files } from "#platform/files";
import { SightlineError } from "../core/errors.js";
import { kindOf } from "../core/kind-of.js";
import type { WidgetLike } from "../widgets/widget-types.js";
import type { ExportOptions } from "./export-page.js";

export type { ExportOptions };

/**
 * Writes a notebook as it was run, or widgets, as one page that works from a file with the network off: whatever needs
 * no kernel moves.
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
  if (typeof what !== "string" && (typeof what !== "object" || what === null)) {
    throw new SightlineError("bad-config", `nothing to export: ${kindOf(what)}`, {
      received: what,
      expected: "the path of a notebook, or widgets",
    });
  }
  const { notebookPage, widgetPage } = await import("./export-page.js");
  const page = typeof what === "string" ? await notebookPage(what, options) : await widgetPage([what].flat(), options);
  await files.writeFileAtomic(path, page);
}
