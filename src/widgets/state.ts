import { toBase64 } from "../core/bytes.js";
import { SightlineError } from "../core/errors.js";
import { kindOf } from "../core/kind-of.js";
import type { WidgetLike } from "./widget-types.js";

/** State of one widget as notebooks and pages store it: binary values in base64 beside the JSON. */
export interface SavedWidget {
  readonly model_name: string;
  readonly model_module: string;
  readonly model_module_version: string;
  readonly state: Readonly<Record<string, unknown>>;
  readonly buffers?: readonly {
    readonly path: readonly (string | number)[];
    readonly encoding: "base64";
    data: string;
  }[];
}

/** State of widgets as notebooks (`metadata.widgets`) and pages store it. */
export interface SavedState {
  readonly version_major: 2;
  readonly version_minor: 0;
  readonly state: Readonly<Record<string, SavedWidget>>;
}

/**
 * The state of widgets and of all that they are made of, so that their views move without a kernel.
 * @throws SightlineError `bad-config` for what is no list of widgets
 */
export async function savedState(widgets: Iterable<WidgetLike>): Promise<SavedState> {
  const list = typeof widgets?.[Symbol.iterator] === "function" ? [...widgets] : undefined;
  if (!list?.every((widget) => typeof widget?.saved === "function")) {
    throw new SightlineError("bad-config", `not a list of widgets: ${kindOf(widgets)}`, {
      received: widgets,
      expected: "widgets, such as [viewer, slider]",
    });
  }
  const state: Record<string, SavedWidget> = {};
  const add = async (widget: WidgetLike): Promise<void> => {
    if (Object.hasOwn(state, widget.modelId)) return;
    await widget.prepare();
    const wire = widget.saved();
    const { model, module, version } = widget.classes;
    state[widget.modelId] = {
      model_name: model,
      model_module: module,
      model_module_version: version,
      state: wire.state,
      buffers: wire.buffers.map((bytes, i) => ({
        path: wire.buffer_paths[i],
        encoding: "base64",
        data: toBase64(bytes),
      })),
    };
    for (const part of widget.references) await add(part);
  };
  for (const widget of list) await add(widget);
  return { version_major: 2, version_minor: 0, state };
}
