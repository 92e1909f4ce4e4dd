import { IJupyterWidgetRegistry } from "@jupyter-widgets/base";
import * as sightline from "./jupyter.js";
import { keepKeys } from "./keys.js";
import { restoreAgain } from "./restore-again.js";

interface Application {
  readonly docRegistry: { addWidgetExtension(factory: string, extension: typeof restoreAgain): unknown };
}

/**
 * The plugin of JupyterLab and Notebook: makes the widgets known to the widget manager, lets keys reach all widgets, and
 * sees to it that saved ones come back.
 */
export const plugin = {
  id: "sightline:widgets",
  description: "Sightline's widgets",
  autoStart: true,
  requires: [IJupyterWidgetRegistry],
  activate({ docRegistry }: Application, registry: IJupyterWidgetRegistry): void {
    keepKeys();
    docRegistry.addWidgetExtension("Notebook", restoreAgain);
    registry.registerWidget({
      name: sightline.MODULE_NAME,
      version: sightline.MODULE_VERSION,
      exports: () => ({ ...sightline }) as never,
    });
  },
};
