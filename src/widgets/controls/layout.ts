import { Widget } from "../widget.js";
import type { TraitProblem } from "../widget-types.js";

/** CSS properties of a widget's box, as text ("50%", "300px"); what is left out is as the front end has it. */
export interface LayoutTraits {
  width: string | null;
  height: string | null;
  min_width: string | null;
  max_width: string | null;
  min_height: string | null;
  max_height: string | null;
  margin: string | null;
  padding: string | null;
  border: string | null;
  display: string | null;
  flex: string | null;
  flex_flow: string | null;
  align_items: string | null;
  justify_content: string | null;
  overflow: string | null;
  visibility: string | null;
  grid_template_columns: string | null;
  grid_gap: string | null;
}

const LAYOUT: LayoutTraits = {
  width: null,
  height: null,
  min_width: null,
  max_width: null,
  min_height: null,
  max_height: null,
  margin: null,
  padding: null,
  border: null,
  display: null,
  flex: null,
  flex_flow: null,
  align_items: null,
  justify_content: null,
  overflow: null,
  visibility: null,
  grid_template_columns: null,
  grid_gap: null,
};

function checkLayout(traits: LayoutTraits): TraitProblem<LayoutTraits> | undefined {
  const names = Object.keys(LAYOUT) as (keyof LayoutTraits)[];
  const trait = names.find((name) => traits[name] !== null && typeof traits[name] !== "string");
  return trait && { trait, expected: "a text such as '50%' or '300px', or null" };
}

/** The box of a widget. */
export class Layout extends Widget<LayoutTraits> {
  constructor(options: Partial<LayoutTraits> = {}) {
    super(
      {
        classes: {
          module: "@jupyter-widgets/base",
          version: "2.0.0",
          model: "LayoutModel",
          view: "LayoutView",
        },
        defaults: LAYOUT,
        check: checkLayout,
      },
      options,
    );
  }
}
