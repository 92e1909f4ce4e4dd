import { STATE_MIME, VIEW_MIME } from "../../src/widgets/mime.js";

/** What JupyterLab and Notebook hand to an extension with each notebook that opens. */
interface NotebookPanel {
  readonly isDisposed: boolean;
  readonly content: {
    readonly rendermime: {
      getFactory(type: string): { createRenderer(options: { mimeType: string }): WidgetRenderer } | undefined;
    };
    readonly widgets: readonly { readonly outputArea?: OutputArea }[];
  };
}

interface OutputArea {
  /** One for each output: its prompt and its renderer. */
  readonly widgets: readonly { readonly widgets?: readonly Partial<WidgetRenderer>[] }[];
  readonly model: { get(index: number): { readonly data: Readonly<Record<string, unknown>> } | undefined };
}

type SavedWidgets = Readonly<Record<string, { readonly state?: Readonly<Record<string, unknown>> }>>;

interface NotebookContext {
  readonly model: { getMetadata(key: string): SavedWidgets | undefined };
  readonly sessionContext: { readonly ready: Promise<void> };
}

/** The widget manager's renderer; it alone leads to the manager of a notebook. */
interface WidgetRenderer {
  readonly mimeType: string;
  readonly node: HTMLElement;
  readonly _manager?: { readonly promise: Promise<WidgetManager> };
  removeClass(name: string): void;
  renderModel(output: { readonly data: Readonly<Record<string, unknown>> }): Promise<void>;
  dispose(): void;
}

interface WidgetManager {
  has_model(id: string): boolean;
  restoreWidgets(model: NotebookContext["model"]): Promise<void>;
}

/** Milliseconds between two looks at what is there. */
const INTERVAL = 2000;

/** How often it is looked. */
const TIMES = 30;

/** After how many looks the widget manager is asked again. */
const PATIENCE = 5;

/**
 * Sees to it that a notebook's saved widgets come back. The widget manager first asks the kernel which widgets that has;
 * where the answer is lost, because the kernel was late or started anew meanwhile, it gives up without a word, or counts
 * itself restored without what the notebook saved, and "Loading widget…" or "model not found" stays for ever. Then it is
 * asked again, and what could not be shown is shown.
 */
export const restoreAgain = {
  createNew(panel: NotebookPanel, context: NotebookContext): void {
    void watch(panel, context);
  },
};

async function watch(panel: NotebookPanel, { model, sessionContext }: NotebookContext): Promise<void> {
  await sessionContext.ready;
  for (let times = 1; times <= TIMES; times++) {
    await new Promise((done) => setTimeout(done, INTERVAL));
    const saved = Object.keys(model.getMetadata("widgets")?.[STATE_MIME]?.state ?? {});
    if (panel.isDisposed || saved.length === 0) return;
    const missed = await showMissed(panel, model);
    const manager = await settled(managerOf(panel));
    if (manager && missed === 0 && saved.every((id) => manager.has_model(id))) return;
    if (times % PATIENCE === 0) void manager?.restoreWidgets(model);
  }
}

/**
 * Shows outputs that were given up as "model not found", as soon as their manager has the model; until then it is asked
 * for it. The renderer itself never tries again.
 * @returns how many there were
 */
async function showMissed({ content }: NotebookPanel, model: NotebookContext["model"]): Promise<number> {
  let missed = 0;
  for (const { outputArea } of content.widgets) {
    for (const [i, { widgets = [] }] of (outputArea?.widgets ?? []).entries()) {
      const renderer = widgets.find(({ mimeType }) => mimeType === VIEW_MIME) as WidgetRenderer | undefined;
      const data = outputArea?.model.get(i)?.data;
      if (!renderer || !data || !/model not found$/.test(renderer.node.textContent ?? "")) continue;
      missed += 1;
      const manager = await settled(renderer._manager?.promise);
      const { model_id } = data[VIEW_MIME] as { model_id: string };
      if (manager?.has_model(model_id)) {
        renderer.removeClass("jupyter-widgets");
        await renderer.renderModel({ data });
      } else void manager?.restoreWidgets(model);
    }
  }
  return missed;
}

function managerOf({ content }: NotebookPanel): Promise<WidgetManager> | undefined {
  const renderer = content.rendermime.getFactory(VIEW_MIME)?.createRenderer({ mimeType: VIEW_MIME });
  const manager = renderer?._manager?.promise;
  renderer?.dispose();
  return manager;
}

/** What a promise has come to by now. */
const settled = <T>(promise: Promise<T> | undefined): Promise<T | undefined> =>
  Promise.race([promise, new Promise<undefined>((none) => setTimeout(none))]);
