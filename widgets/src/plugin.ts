import { IJupyterWidgetRegistry } from "@jupyter-widgets/base";
import { foldTagged } from "./class-mode/folded.js";
import { isNotebook, toggleClassMode } from "./class-mode/notebook.js";
import * as sightline from "./jupyter.js";
import { keepKeys } from "./keys.js";
import { restoreAgain } from "./restore-again.js";

/** Versions that notebooks were saved with whose widgets these views show as well. */
const EARLIER = ["0.1.0"];

interface Application {
  readonly docRegistry: {
    addWidgetExtension(factory: string, extension: typeof restoreAgain | typeof foldTagged): unknown;
  };
  readonly shell: { readonly currentWidget: unknown };
  readonly commands: {
    addCommand(id: string, options: Readonly<Record<string, unknown>>): unknown;
    addKeyBinding(options: { command: string; keys: readonly string[]; selector: string }): unknown;
  };
}

interface Palette {
  addItem(item: { command: string; category: string }): unknown;
}

const CLASS_MODE = "sightline:class-mode";

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

/**
 * The command that shows a notebook one step a screen, and what is folded in notebooks.
 * @param palette token of JupyterLab's command palette, where the page has one
 */
export const classModePlugin = (palette: object | undefined) => ({
  id: "sightline:class-mode",
  description: "A notebook one step a screen, for a class; answers and notes folded in it until they are asked for",
  autoStart: true,
  optional: palette ? [palette] : [],
  activate({ commands, docRegistry, shell }: Application, list: Palette | null | undefined): void {
    docRegistry.addWidgetExtension("Notebook", foldTagged);
    commands.addCommand(CLASS_MODE, {
      label: "Class Mode",
      caption: "Show the notebook one step a screen",
      isEnabled: () => isNotebook(shell.currentWidget),
      execute: () => (isNotebook(shell.currentWidget) ? toggleClassMode(shell.currentWidget) : undefined),
    });
    commands.addKeyBinding({ command: CLASS_MODE, keys: ["Accel Alt C"], selector: ".jp-Notebook" });
    list?.addItem({ command: CLASS_MODE, category: "Sightline" });
  },
});
