import * as base from "@jupyter-widgets/base";
import { type IManagerState, ManagerBase } from "@jupyter-widgets/base-manager";
import * as controls from "@jupyter-widgets/controls";
import { Widget } from "@lumino/widgets";
import "@fortawesome/fontawesome-free/css/fontawesome.min.css";
import "@fortawesome/fontawesome-free/css/solid.min.css";
import "@jupyter-widgets/controls/css/labvariables.css";
import "@jupyter-widgets/controls/css/widgets-base.css";
import "@lumino/widgets/style/widget.css";
import "@lumino/widgets/style/tabbar.css";
import "@lumino/widgets/style/tabpanel.css";
import "@lumino/widgets/style/accordionpanel.css";
import "./saved-page.css";
import { SightlineModel, SightlineView } from "./jupyter.js";

const STATE = 'script[type="application/vnd.jupyter.widget-state+json"]';
const VIEW = 'script[type="application/vnd.jupyter.widget-view+json"]';

/** What stands where a widget cannot be shown; never the error itself, which may quote what the notebook says. */
class UnshownView extends base.DOMWidgetView {
  override render(): void {
    this.el.textContent = "This widget cannot be shown here.";
  }
}

/** Outputs, as the export made HTML of them. */
class OutputModel extends base.DOMWidgetModel {
  override defaults() {
    return { ...super.defaults(), _model_name: "OutputModel", _view_name: "OutputView", html: "" };
  }
}

class OutputView extends base.DOMWidgetView {
  override render(): void {
    super.render();
    this.el.classList.add("widget-output");
    this.el.innerHTML = String(this.model.get("html"));
    void showViews(this.model.widget_manager as unknown as PageManager, this.el);
  }
}

/** All that a page can make; there is no way to load anything else. */
const MODULES: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "@jupyter-widgets/base": { ...base, ErrorWidgetView: UnshownView },
  "@jupyter-widgets/controls": controls,
  "@jupyter-widgets/output": { OutputModel, OutputView },
  sightline: { SightlineModel, SightlineView },
};

type WidgetClass = typeof base.WidgetModel | typeof base.WidgetView;

/** A widget manager without a kernel, and without a loader of code. */
class PageManager extends ManagerBase {
  protected override async loadClass(className: string, moduleName: string): Promise<WidgetClass> {
    const found = Object.hasOwn(MODULES, moduleName) ? MODULES[moduleName] : {};
    if (Object.hasOwn(found, className)) return found[className] as WidgetClass;
    throw new Error(`no ${className} of ${moduleName} on this page`);
  }

  protected override loadViewClass(className: string, moduleName: string): Promise<typeof base.WidgetView> {
    return this.loadClass(className, moduleName).catch(() => UnshownView) as Promise<typeof base.WidgetView>;
  }

  protected override async _get_comm_info() {
    return {};
  }

  protected override async _create_comm() {
    const nothing = () => {};
    return {
      comm_id: "",
      target_name: "",
      on_close: nothing,
      on_msg: nothing,
      close: () => "",
      send: () => "",
      open: () => "",
    };
  }
}

const attached = new Set<Widget>();

async function showViews(manager: PageManager, element: ParentNode): Promise<void> {
  await Promise.all(
    [...element.querySelectorAll(VIEW)].map(async (place) => {
      const { model_id: id } = JSON.parse(place.textContent ?? "") as { model_id: string };
      const view = await manager.create_view(await manager.get_model(id));
      const holder = document.createElement("div");
      holder.className = "widget-subarea";
      place.replaceWith(holder);
      Widget.attach(view.luminoWidget, holder);
      attached.add(view.luminoWidget);
    }),
  );
}

async function showPage(): Promise<void> {
  for (const place of document.querySelectorAll(STATE)) {
    const manager = new PageManager();
    await manager.set_state(JSON.parse(place.textContent ?? "") as IManagerState);
    await showViews(manager, document);
  }
}

window.addEventListener("resize", () => {
  for (const widget of attached) widget.processMessage(Widget.ResizeMessage.UnknownSize);
});
if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", () => void showPage());
else void showPage();
