import type { SavedWidget } from "../widgets/state.js";

type Traits = Readonly<Record<string, unknown>>;

/** Traits that hold other widgets. */
const HOLDERS = ["children", "source", "target", "buttons", "axes", "views"];
const LOOKS = { layout: /^LayoutModel$/, style: /StyleModel$/ };
/** Before the id of a widget that another one holds. */
export const REFERENCE = "IPY_MODEL_";
const MISSING = "missing";
const TOO_MANY = "too-many";

/** Widgets inside of each other, and views that a widget comes to with all that it holds. */
const DEEPEST = 40;
const MOST_VIEWS = 5_000;

export interface Extent {
  readonly height: number;
  readonly views: number;
}

export interface Untangled {
  readonly widgets: ReadonlyMap<string, SavedWidget>;
  readonly extents: ReadonlyMap<string, Extent>;
}

/**
 * Widgets of which each can be made: those that hold themselves would wait for themselves for ever, those that hold each
 * other many times over would fill the memory, and those that are not there cannot be held.
 * @param placeholder what stands where a widget is left out
 */
export function untangle(
  widgets: ReadonlyMap<string, SavedWidget>,
  placeholder: (what: string) => SavedWidget,
): Untangled {
  const untangled = new Map<string, SavedWidget>();
  const extents = new Map<string, Extent>();
  const path = new Set<string>();
  const reason = (id: string) => {
    if (!widgets.has(id)) return MISSING;
    return path.has(id) || path.size + (extents.get(id)?.height ?? 1) > DEEPEST ? TOO_MANY : undefined;
  };

  const visit = (id: string): Extent => {
    const known = extents.get(id);
    if (known) return known;
    path.add(id);
    let [height, views] = [1, 1];
    const hold = (value: unknown): unknown[] => {
      if (Array.isArray(value)) return [value.flatMap(hold)];
      if (typeof value !== "string" || !value.startsWith(REFERENCE)) return [value];
      const held = value.slice(REFERENCE.length);
      const extent = reason(held) === undefined ? visit(held) : { height: 1, views: 1 };
      if (views > MOST_VIEWS) return [];
      views += extent.views;
      if (views > MOST_VIEWS) return [REFERENCE + TOO_MANY];
      height = Math.max(height, 1 + extent.height);
      const instead = reason(held);
      return [instead === undefined ? value : REFERENCE + instead];
    };
    const widget = widgets.get(id) as SavedWidget;
    const state: Record<string, unknown> = withLooks(widget.state, widgets);
    for (const trait of HOLDERS) if (trait in state) [state[trait]] = hold(state[trait]);
    path.delete(id);
    untangled.set(id, { ...widget, state });
    const extent = { height, views };
    extents.set(id, extent);
    return extent;
  };

  for (const id of widgets.keys()) visit(id);
  untangled.set(MISSING, placeholder("it is not in the notebook"));
  untangled.set(TOO_MANY, placeholder("it holds itself, or too many others"));
  return { widgets: untangled, extents };
}

/** Layouts and styles are widgets of their own; without theirs a widget looks as it does by default. */
function withLooks(state: Traits, widgets: ReadonlyMap<string, SavedWidget>): Record<string, unknown> {
  const looks = Object.entries(LOOKS).flatMap(([trait, model]) => {
    const id = String(state[trait]).slice(REFERENCE.length);
    return model.test(widgets.get(id)?.model_name ?? "") ? [[trait, state[trait]] as const] : [];
  });
  const { layout, style, ...others } = state;
  return { ...others, ...Object.fromEntries(looks) };
}
