import { STATE_MIME, VIEW_MIME } from "../../src/widgets/mime.js";

/** What JupyterLab and Notebook hand to an extension with each notebook that opens. */
interface NotebookPanel {
  readonly isDisposed: boolean;
  readonly content: {
    readonly rendermime: {
      getFactory(type: string): { createRenderer(options: { mimeType: string }): WidgetRenderer } | undefined;
    };
  };
}

type SavedWidgets = Readonly<Record<string, { readonly state?: Readonly<Record<string, unknown>> }>>;

interface NotebookContext {
  readonly model: { getMetadata(key: string): SavedWidgets | undefined };
  readonly sessionContext: { readonly ready: Promise<void> };
}

/** The widget manager's renderer; it alone leads to the manager of a notebook. */
interface WidgetRenderer {
  readonly _manager?: { readonly promise: Promise<WidgetManager> };
  dispose(): void;
}

interface WidgetManager {
  has_model(id: string): boolean;
  restoreWidgets(model: NotebookContext["model"]): Promise<void>;
}

/** Milliseconds that the widget manager has before it is asked again. */
const PATIENCE = 10_000;

/** How often it is asked again. */
const TIMES = 6;

/**
 * Sees to it that a notebook's saved widgets come back. The widget manager first asks the kernel which widgets that has;
 * where the answer is lost, because the kernel was late or started anew meanwhile, it gives up without a word, or counts
 * itself restored without what the notebook saved, and "Loading widget…" stays for ever. Then it is asked again.
 */
export const restoreAgain = {
  createNew(panel: NotebookPanel, context: NotebookContext): void {
    void watch(panel, context);
  },
};

async function watch(panel: NotebookPanel, { model, sessionContext }: NotebookContext): Promise<void> {
  await sessionContext.ready;
  for (let times = 0; times < TIMES; times++) {
    await new Promise((done) => setTimeout(done, PATIENCE));
    const saved = Object.keys(model.getMetadata("widgets")?.[STATE_MIME]?.state ?? {});
    if (panel.isDisposed || saved.length === 0) return;
    const manager = await managerOf(panel);
    if (manager && saved.every((id) => manager.has_model(id))) return;
    void manager?.restoreWidgets(model);
  }
}

async function managerOf({ content }: NotebookPanel): Promise<WidgetManager | undefined> {
  const renderer = content.rendermime.getFactory(VIEW_MIME)?.createRenderer({ mimeType: VIEW_MIME });
  const manager = await Promise.race([renderer?._manager?.promise, new Promise<undefined>((none) => setTimeout(none))]);
  renderer?.dispose();
  return manager;
}
