import { checkObject } from "../../core/checks.js";
import { Widget } from "../widget.js";
import type { WidgetClasses, WidgetSpec } from "../widget-types.js";
import { Layout } from "./layout.js";

/** Colours and sizes of a control; which keys it has depends on the control. */
export type StyleTraits = Readonly<Record<string, string | number | null>>;

class Style extends Widget<Record<string, string | number | null>> {
  constructor(model: string, options: StyleTraits = {}) {
    super({
      classes: {
        module: "@jupyter-widgets/controls",
        version: "2.0.0",
        model,
        view: "StyleView",
        viewModule: "@jupyter-widgets/base",
      },
      defaults: { ...options },
    });
  }
}

/** Traits of everything that has a place on the page. */
export interface BoxTraits {
  /** Size, margins and place of the box. */
  layout: Layout;
  /** Shown while the pointer rests on it; null for none. */
  tooltip: string | null;
  /** Whether the Tab key reaches it; null leaves it to the browser. */
  tabbable: boolean | null;
  /** CSS classes of its element. */
  _dom_classes: readonly string[];
}

/** How a widget on the page is made: traits of {@link BoxTraits} are added. */
export function boxTraits(): BoxTraits {
  return { layout: new Layout(), tooltip: null, tabbable: null, _dom_classes: [] };
}

/**
 * What makes a control of Jupyter's: the name of its model in the browser, its defaults, and which traits the front
 * end may set.
 */
export interface ControlSpec<Traits extends object> {
  readonly model: string;
  readonly view?: string;
  readonly classes?: WidgetClasses;
  readonly defaults: Traits;
  readonly local?: readonly (keyof Traits)[];
  readonly guarded?: readonly (keyof Traits)[];
  readonly style?: string;
  check?: WidgetSpec<Traits>["check"];
  refine?: WidgetSpec<Traits>["refine"];
}

/** The traits of a control and of the box that holds it. */
export type WithBox<Traits extends object> = Traits & BoxTraits;

/** What a control can be given: its traits, the box, and the style. */
export type ControlOptions<Traits extends object> = Partial<Traits & BoxTraits> & { style?: StyleTraits };

/** A standard control of Jupyter (`@jupyter-widgets/controls` 2.0), its traits as properties. */
export class Control<Traits extends object> extends Widget<WithBox<Traits>> {
  constructor(spec: ControlSpec<Traits>, given: ControlOptions<Traits> = {}) {
    checkObject(given, `the options of ${spec.model}`);
    const { style, ...options } = given;
    const { model, view = model, defaults, local, guarded = [], check, refine } = spec;
    const box = { ...boxTraits(), ...(spec.style && { style: new Style(`${spec.style}Model`, style) }) };
    super(
      {
        classes: spec.classes ?? {
          module: "@jupyter-widgets/controls",
          version: "2.0.0",
          model: `${model}Model`,
          view: `${view}View`,
        },
        defaults: { ...box, ...defaults },
        local,
        guarded: ["layout", ...(spec.style ? ["style"] : []), ...guarded] as never,
        check: check as WidgetSpec<WithBox<Traits>>["check"],
        refine: refine as WidgetSpec<WithBox<Traits>>["refine"],
      },
      options as Partial<WithBox<Traits>>,
    );
  }
}

/** A control class whose traits are properties of its instances. */
export interface ControlClass<Traits extends object> {
  new (options?: ControlOptions<Traits>): Control<Traits> & Traits;
}

/** Makes a control class of its facts. */
export function control<Traits extends object>(spec: ControlSpec<Traits>): ControlClass<Traits> {
  const named = {
    [spec.model]: class extends Control<Traits> {
      constructor(options?: ControlOptions<Traits>) {
        super(spec, options);
      }
    },
  };
  return named[spec.model] as unknown as ControlClass<Traits>;
}

/** Traits of every control with a label beside it. */
export interface DescriptionTraits {
  /** The label beside it. */
  description: string;
  /** Whether the label is read as markup, which the front end sanitizes. */
  description_allow_html: boolean;
}

export const described: DescriptionTraits = { description: "", description_allow_html: false };
