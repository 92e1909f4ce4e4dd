import { IJupyterWidgetRegistry } from "@jupyter-widgets/base";
import * as sightline from "./jupyter.js";
import { keepKeys } from "./keys.js";

/** The plugin of JupyterLab and Notebook: makes the widgets known to the widget manager, and keys reach all widgets. */
export const plugin = {
  id: "sightline:widgets",
  description: "Sightline's widgets",
  autoStart: true,
  requires: [IJupyterWidgetRegistry],
  activate(_app: unknown, registry: IJupyterWidgetRegistry): void {
    keepKeys();
    registry.registerWidget({
      name: sightline.MODULE_NAME,
      version: sightline.MODULE_VERSION,
      exports: () => ({ ...sightline }) as never,
    });
  },
};
