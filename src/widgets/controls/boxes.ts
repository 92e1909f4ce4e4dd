import { Widget } from "../widget.js";
import type { TraitProblem, WidgetLike } from "../widget-types.js";
import { control } from "./control.js";

/** Traits of a box of widgets. */
export interface ChildrenTraits {
  /** The widgets in it, in their order. */
  children: readonly WidgetLike[];
  /** Its colour: "", "success", "info", "warning" or "danger". */
  box_style: string;
}

/** Traits of {@link Tab} and {@link Accordion}: boxes that show one child at a time. */
export interface PagesTraits extends ChildrenTraits {
  /** A title for each child. */
  titles: readonly string[];
  /** The child that is shown; null for none. */
  selected_index: number | null;
}

const children: ChildrenTraits = { children: [], box_style: "" };

function checkChildren(traits: ChildrenTraits): TraitProblem<ChildrenTraits> | undefined {
  if (traits.children.every((child) => child instanceof Widget)) return undefined;
  return { trait: "children", expected: "a list of widgets" };
}

/** Widgets side by side. */
export const HBox = control<ChildrenTraits>({
  model: "HBox",
  defaults: children,
  guarded: ["children"],
  check: checkChildren,
});
export type HBox = InstanceType<typeof HBox>;

/** Widgets one below the other. */
export const VBox = control<ChildrenTraits>({
  model: "VBox",
  defaults: children,
  guarded: ["children"],
  check: checkChildren,
});
export type VBox = InstanceType<typeof VBox>;

/** Widgets in a grid; `layout.grid_template_columns` says how many columns. */
export const GridBox = control<ChildrenTraits>({
  model: "GridBox",
  defaults: children,
  guarded: ["children"],
  check: checkChildren,
});
export type GridBox = InstanceType<typeof GridBox>;

/** Widgets on pages with titles. */
export const Tab = control<PagesTraits>({
  model: "Tab",
  defaults: { ...children, titles: [], selected_index: null },
  guarded: ["children"],
  check: checkChildren,
  refine: firstPage,
});
export type Tab = InstanceType<typeof Tab>;

/** Widgets under titles that fold. */
export const Accordion = control<PagesTraits>({
  model: "Accordion",
  defaults: { ...children, titles: [], selected_index: null },
  guarded: ["children"],
  check: checkChildren,
});
export type Accordion = InstanceType<typeof Accordion>;

function firstPage({ children: pages, selected_index: index }: PagesTraits): Partial<PagesTraits> {
  return index === null && pages.length > 0 ? { selected_index: 0 } : {};
}
