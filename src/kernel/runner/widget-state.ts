import type { Message } from "../protocol.js";

const WIDGET_TARGET = "jupyter.widget";

interface BufferEntry {
  path: (string | number)[];
  encoding: "base64";
  data: string;
}

interface WidgetModel {
  model_name: string;
  model_module: string;
  model_module_version: string;
  state: Record<string, unknown>;
  buffers?: BufferEntry[];
}

/** State of all widgets as a notebook stores it under `application/vnd.jupyter.widget-state+json`. */
export interface WidgetState {
  version_major: 2;
  version_minor: 0;
  state: Record<string, WidgetModel>;
}

const isPath = (value: unknown): value is BufferEntry["path"] =>
  Array.isArray(value) && value.length > 0 && value.every((key) => ["string", "number"].includes(typeof key));

/** Follows the comm messages of widgets, so that a saved notebook shows them without a kernel. */
export class WidgetRecorder {
  readonly #models = new Map<string, { state: Record<string, unknown>; buffers: Map<string, BufferEntry> }>();

  add({ header, content, buffers }: Message): void {
    const id = String(content.comm_id);
    const data = (content.data ?? {}) as { method?: string; state?: Record<string, unknown>; buffer_paths?: unknown };
    if (header.msg_type === "comm_close") this.#models.delete(id);
    if (header.msg_type === "comm_open" && content.target_name === WIDGET_TARGET) {
      this.#models.set(id, { state: {}, buffers: new Map() });
    } else if (header.msg_type !== "comm_msg" || data.method !== "update") return;
    const model = this.#models.get(id);
    if (!model) return;
    Object.assign(model.state, data.state);
    for (const key of Object.keys(data.state ?? {})) {
      for (const [name, { path }] of model.buffers) if (path[0] === key) model.buffers.delete(name);
    }
    // cells send what they like under a widget's name
    const paths: readonly unknown[] = Array.isArray(data.buffer_paths) ? data.buffer_paths : [];
    for (const [i, path] of paths.entries()) {
      if (!isPath(path) || !buffers[i]) continue;
      const encoded = Buffer.from(buffers[i]).toString("base64");
      model.buffers.set(JSON.stringify(path), { path, encoding: "base64", data: encoded });
    }
  }

  /** Ids of the widgets that hold their answer back from whoever listens. */
  get held(): string[] {
    return [...this.#models].filter(([, { state }]) => state.held === "kernel").map(([id]) => id);
  }

  /** The state now; undefined where there are no widgets. */
  get state(): WidgetState | undefined {
    if (this.#models.size === 0) return undefined;
    const models = [...this.#models].map(([id, { state, buffers }]) => [
      id,
      {
        model_name: String(state._model_name),
        model_module: String(state._model_module),
        model_module_version: String(state._model_module_version),
        state,
        ...(buffers.size > 0 && { buffers: [...buffers.values()] }),
      },
    ]);
    return { version_major: 2, version_minor: 0, state: Object.fromEntries(models) };
  }
}
