import { toBase64 } from "../../src/core/bytes.js";
import { splitBuffers } from "../../src/widgets/buffers.js";
import { STATE_MIME, VIEW_MIME } from "../../src/widgets/mime.js";
import type { SavedWidget } from "../../src/widgets/state.js";

interface State {
  readonly version_major: number;
  readonly version_minor: number;
  readonly state: Readonly<Record<string, object>>;
}

/** What the widget manager of an open notebook has in JupyterLab and Notebook; managers of other places have no context. */
interface NotebookManager {
  readonly context?: {
    readonly saveState: { connect(slot: (sender: unknown, state: string) => void): void };
    readonly model: {
      getMetadata(key: string): Record<string, State> | undefined;
      setMetadata(key: string, value: object): void;
      readonly sharedModel: { readonly cells: readonly { toJSON(): { readonly outputs?: unknown } }[] };
    };
  };
  /** State of the widgets whose kernel lives. */
  get_state_sync?(options: { drop_defaults: boolean }): State;
  /** Every widget on the page, by its id. */
  readonly _modelsSync?: ReadonlyMap<string, PageModel>;
}

/** A widget on the page, ours or another one. */
interface PageModel {
  readonly comm_live: boolean;
  get(name: string): unknown;
  get_state(dropDefaults: boolean): Record<string, unknown>;
  serialize(state: Record<string, unknown>): Record<string, unknown>;
}

const stored = new WeakSet<object>();

/**
 * Saves widgets with their notebook, so that it shows them when it is opened again. JupyterLab does so only when a setting
 * is on that is off by default, and then forgets widgets of an earlier kernel; here the state of every widget that an output
 * shows is kept as it is on the page, and of nothing else.
 */
export function saveWithNotebook(widgetManager: object): void {
  const manager = widgetManager as NotebookManager;
  const { context } = manager;
  if (!context?.saveState || !manager.get_state_sync || stored.has(manager)) return;
  stored.add(manager);
  const { model } = context;
  let known: Readonly<Record<string, object>> = {};
  const remember = () => {
    known = { ...known, ...model.getMetadata("widgets")?.[STATE_MIME]?.state };
  };
  remember();
  context.saveState.connect((_, phase) => {
    const live = phase === "started" ? manager.get_state_sync?.({ drop_defaults: true }) : undefined;
    if (!live) return;
    remember();
    known = shownOf(
      { ...known, ...withoutKernel(manager), ...live.state },
      model.sharedModel.cells.map((cell) => cell.toJSON().outputs),
    );
    model.setMetadata("widgets", { ...model.getMetadata("widgets"), [STATE_MIME]: { ...live, state: known } });
  });
}

/** State of the widgets whose kernel is gone, as the reader has moved them since. */
function withoutKernel({ _modelsSync: models = new Map() }: NotebookManager): Record<string, SavedWidget> {
  const gone = [...models].filter(([, model]) => !model.comm_live);
  return Object.fromEntries(gone.map(([id, model]) => [id, savedModel(model)]));
}

/** A widget as notebooks store it. */
function savedModel(model: PageModel): SavedWidget {
  const { state, buffer_paths, buffers } = splitBuffers(model.serialize(model.get_state(true)));
  const text = (name: string) => String(model.get(name));
  return {
    model_name: text("_model_name"),
    model_module: text("_model_module"),
    model_module_version: text("_model_module_version"),
    state,
    ...(buffers.length > 0 && {
      buffers: buffers.map((bytes, i) => ({
        path: buffer_paths[i],
        encoding: "base64" as const,
        data: toBase64(bytes),
      })),
    }),
  };
}

/** The widgets that outputs show, and those that these are made of. */
export function shownOf(all: Readonly<Record<string, object>>, outputs: unknown): Record<string, object> {
  const found: Record<string, object> = {};
  const take = (id: string): void => {
    if (Object.hasOwn(found, id) || !Object.hasOwn(all, id)) return;
    found[id] = all[id];
    walk((all[id] as { state?: unknown }).state);
  };
  const walk = (value: unknown): void => {
    if (typeof value === "string") {
      if (value.startsWith("IPY_MODEL_")) take(value.slice("IPY_MODEL_".length));
    } else if (typeof value === "object" && value !== null && !ArrayBuffer.isView(value)) {
      for (const [key, part] of Object.entries(value)) {
        if (key === VIEW_MIME) take(String((part as { model_id?: unknown } | null)?.model_id));
        else walk(part);
      }
    }
  };
  walk(outputs);
  return found;
}
