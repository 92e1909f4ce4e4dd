import { IJupyterWidgetRegistry } from "@jupyter-widgets/base";
import * as sightline from "./jupyter.js";
import { keepKeys } from "./keys.js";
import { restoreAgain } from "./restore-again.js";

/** Versions that notebooks were saved with whose widgets these views show as well. */
const EARLIER = ["0.1.0"];

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
    for (const version of [sightline.MODULE_VERSION, ...EARLIER]) {
      registry.registerWidget({ name: sightline.MODULE_NAME, version, exports: () => ({ ...sightline }) as never });
    }
  },
};
