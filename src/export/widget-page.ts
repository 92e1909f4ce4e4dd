import { displaySymbol } from "../core/display.js";
import { escapeHtml } from "../widgets/fallback.js";
import { STATE_MIME, VIEW_MIME } from "../widgets/mime.js";
import { browserFile } from "../widgets/sightline-widget.js";
import type { SavedState } from "../widgets/state.js";
import type { WidgetLike } from "../widgets/widget-types.js";

/** Code as it may stand in a script element. */
function script(code: string, attributes = ""): string {
  return `<script${attributes}>${code.replace(/<(\/script|!--)/gi, "<\\$1")}</script>`;
}

/** JSON as it may stand in a script element. */
function data(mime: string, value: unknown): string {
  return `<script type="${mime}">${JSON.stringify(value).replaceAll("<", "\\u003c")}</script>`;
}

/**
 * What the head of a page needs for its widgets to move without a kernel or a network: the module loader, Jupyter's
 * widget manager, our views, the charts (run when first used), and the widgets' state.
 */
export function widgetHead(state: SavedState): string {
  const text = (file: Parameters<typeof browserFile>[0]) => new TextDecoder().decode(browserFile(file));
  return [
    script(text("require.js")),
    script(text("embed-amd.js")),
    script(text("amd.js").replace("define([", 'define("sightline",[')),
    script(text("plotly.js"), ' type="text/plain" id="sightline-plotly"'),
    data(STATE_MIME, state),
  ].join("\n");
}

/** The place of a widget's view in a page. */
export function widgetView(modelId: string): string {
  return data(VIEW_MIME, { version_major: 2, version_minor: 0, model_id: modelId });
}

/** What a page without JavaScript shows of a widget. */
export async function widgetFallback(widget: WidgetLike): Promise<string> {
  const bundle = await widget[displaySymbol]();
  const picture = bundle["image/png"];
  if (typeof picture === "string") return `<img alt="" src="data:image/png;base64,${escapeHtml(picture)}">`;
  const html = bundle["text/html"];
  return typeof html === "string" ? html : `<pre>${escapeHtml(String(bundle["text/plain"] ?? ""))}</pre>`;
}
