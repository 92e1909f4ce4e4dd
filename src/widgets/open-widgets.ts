import { type WidgetComm, whenHosted } from "../core/widget-host.js";
import type { BufferPath } from "./buffers.js";
import type { WidgetLike } from "./widget-types.js";

const open = new Map<string, WidgetLike>();

/** The widgets that the front end can see now, by the ids of their comms. */
export function openWidgets(): ReadonlyMap<string, WidgetLike> {
  return open;
}

/** Notes that a widget has a comm. */
export function noteOpen(id: string, widget: WidgetLike): void {
  open.set(id, widget);
}

export function noteClosed(id: string): void {
  open.delete(id);
}

whenHosted((host) => {
  host.onCell((cell) => {
    for (const widget of [...open.values()]) widget.release(cell);
  });
  host.onComm("jupyter.widget.control", (comm) => {
    comm.onMessage(({ data }) => {
      if ((data as { method?: unknown } | null)?.method === "request_states") sendStates(comm);
    });
  });
});

/** The answer to `request_states`: all widgets in one message, as a front end wants them after a reload. */
function sendStates(comm: WidgetComm): void {
  const buffers: Uint8Array[] = [];
  const buffer_paths: BufferPath[] = [];
  const states: Record<string, unknown> = {};
  for (const [id, widget] of open) {
    const { classes } = widget;
    const wire = widget.wire();
    states[id] = {
      model_name: classes.model,
      model_module: classes.module,
      model_module_version: classes.version,
      state: wire.state,
    };
    for (const path of wire.buffer_paths) buffer_paths.push([id, "state", ...path]);
    buffers.push(...wire.buffers);
  }
  comm.send({ method: "update_states", states, buffer_paths }, { buffers });
}
