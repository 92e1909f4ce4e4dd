import * as base from "@jupyter-widgets/base";
import { widgetsRange, widgetsVersion } from "../../src/core/version.js";
import type { Model } from "./model.js";
import { saveWithNotebook } from "./notebook-state.js";
import { render } from "./views.js";

export const MODULE_NAME = "sightline";
export const MODULE_VERSION = widgetsVersion;

/** The model of every view: traits as they are, binary values not copied. */
export class SightlineModel extends base.DOMWidgetModel {
  override defaults() {
    return {
      ...super.defaults(),
      _model_name: "SightlineModel",
      _model_module: MODULE_NAME,
      _model_module_version: widgetsRange,
      _view_name: "SightlineView",
      _view_module: MODULE_NAME,
      _view_module_version: widgetsRange,
    };
  }

  override initialize(
    attributes: base.IBackboneModelOptions,
    options: Parameters<base.DOMWidgetModel["initialize"]>[1],
  ): void {
    super.initialize(attributes, options);
    saveWithNotebook(options.widget_manager);
  }

  /** JupyterLab keeps every comm that was ever opened; without its listeners it keeps no model with it. */
  override close(commClosed = false): Promise<void> {
    const { comm } = this;
    const closed = super.close(commClosed);
    comm?.on_close(() => {});
    comm?.on_msg(() => {});
    return closed;
  }

  /** Jupyter's default copies by way of JSON, which would lose binary values. */
  override serialize(state: Record<string, unknown>): ReturnType<base.DOMWidgetModel["serialize"]> {
    const names = ["layout", "style"];
    const references = Object.fromEntries(Object.entries(state).filter(([name]) => names.includes(name)));
    return { ...state, ...super.serialize(references) } as ReturnType<base.DOMWidgetModel["serialize"]>;
  }
}

export class SightlineView extends base.DOMWidgetView {
  #leave: (() => void) | undefined;
  #left = false;

  override async render(): Promise<void> {
    super.render();
    const leave = await render({ model: this.model as unknown as Model, el: this.el });
    if (this.#left) leave();
    else this.#leave = leave;
  }

  override remove(): void {
    this.#left = true;
    this.#leave?.();
    this.#leave = undefined;
    super.remove();
  }
}
