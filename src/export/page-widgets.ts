import { files } from "#platform/files";
import { STATE_MIME, VIEW_MIME } from "../widgets/mime.js";
import type { SavedState } from "../widgets/state.js";
import { jsonScript, type PageScripts } from "./page-scripts.js";
import { printableCharts } from "./print-charts.js";
import { type CleanHtml, safeWidgets } from "./saved-widgets.js";
import { REFERENCE, type Untangled } from "./untangle-widgets.js";

/** Makes HTML that may stand in the page of what a notebook stores. */
export interface Cleaner {
  html: CleanHtml;
  /** @param view makes the place of a view; undefined for one that the page cannot show */
  outputs(outputs: unknown, view: (view: unknown) => string | undefined): Promise<string>;
}

/** Views that a page shows, those inside of others counted; more would not open. */
const MOST_VIEWS = 20_000;

/** The widgets of a page that has no kernel. */
export class PageWidgets {
  #shown = 0;

  /** @param state of widgets, as notebooks store it */
  static async of(state: unknown, cleaner: Cleaner): Promise<PageWidgets> {
    const { widgets, extents } = await safeWidgets(state, cleaner.html);
    const ready = new Map(widgets);
    for (const [id, widget] of widgets) {
      if (widget.model_name !== "OutputModel") continue;
      const { outputs, views, ...state } = widget.state;
      const held = new Set((views as string[]).map((reference) => reference.slice(REFERENCE.length)));
      const html = await cleaner.outputs(outputs, (view) => (held.has(idOf(view) ?? "") ? placeOf(view) : undefined));
      ready.set(id, { ...widget, state: { ...state, html } });
    }
    return new PageWidgets({ widgets: ready, extents });
  }

  private constructor(private readonly untangled: Untangled) {}

  /**
   * What the head of a page needs for its widgets to move without a kernel or a network: views, Jupyter's controls and a
   * widget manager, the charts (run when first used), and the widgets' state.
   */
  async head(scripts: PageScripts): Promise<string> {
    if (this.#shown === 0) return "";
    const state: SavedState = {
      version_major: 2,
      version_minor: 0,
      state: Object.fromEntries(this.untangled.widgets),
    };
    return [
      `<style>${await packed("saved-page.css")}</style>`,
      scripts.run(await packed("saved-page.js")),
      scripts.keep(utf8(await files.asset("widgets/browser/plotly.js")), "sightline-plotly"),
      jsonScript(STATE_MIME, state),
      printableCharts(scripts),
      "",
    ].join("\n");
  }

  /** The place of a widget's view; undefined for a widget that is not there. */
  view(view: unknown): string | undefined {
    const extent = this.untangled.extents.get(idOf(view) ?? "");
    if (!extent || this.#shown + extent.views > MOST_VIEWS) return undefined;
    this.#shown += extent.views;
    return placeOf(view);
  }
}

function idOf(view: unknown): string | undefined {
  const id = (view as { model_id?: unknown } | null)?.model_id;
  return typeof id === "string" ? id : undefined;
}

/** The place of a view, as it is stored in an output. */
const placeOf = (view: unknown) => jsonScript(VIEW_MIME, { version_major: 2, version_minor: 0, model_id: idOf(view) });

const utf8 = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const packed = async (name: string) => utf8(await files.unpackedAsset(`widgets/browser/${name}`));
