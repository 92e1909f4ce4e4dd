import { Widget, type WidgetClasses, type WidgetLike, type WidgetSpec } from "./widget.js";

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
      },
      options,
    );
  }
}

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
  layout: Layout;
  tooltip: string | null;
  tabbable: boolean | null;
  _dom_classes: readonly string[];
}

/** How a widget on the page is made: traits of {@link BoxTraits} are added. */
export function boxTraits(): BoxTraits {
  return { layout: new Layout(), tooltip: null, tabbable: null, _dom_classes: [] };
}

interface ControlSpec<Traits extends object> {
  readonly model: string;
  readonly view?: string;
  readonly classes?: WidgetClasses;
  readonly defaults: Traits;
  readonly local?: readonly (keyof Traits)[];
  readonly guarded?: readonly (keyof Traits)[];
  readonly style?: string;
  refine?: WidgetSpec<Traits>["refine"];
}

type WithBox<Traits extends object> = Traits & BoxTraits;

/** What a control can be given: its traits, the box, and the style. */
export type ControlOptions<Traits extends object> = Partial<Traits & BoxTraits> & { style?: StyleTraits };

/** A standard control of Jupyter (`@jupyter-widgets/controls` 2.0), its traits as properties. */
export class Control<Traits extends object> extends Widget<WithBox<Traits>> {
  constructor(spec: ControlSpec<Traits>, { style, ...options }: ControlOptions<Traits> = {}) {
    const { model, view = model, defaults, local, guarded = [], refine } = spec;
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

function control<Traits extends object>(spec: ControlSpec<Traits>): ControlClass<Traits> {
  const named = {
    [spec.model]: class extends Control<Traits> {
      constructor(options?: ControlOptions<Traits>) {
        super(spec, options);
      }
    },
  };
  return named[spec.model] as unknown as ControlClass<Traits>;
}

export interface DescriptionTraits {
  description: string;
  description_allow_html: boolean;
}

export interface NumberTraits extends DescriptionTraits {
  value: number;
  min: number;
  max: number;
}

export interface SliderTraits extends NumberTraits {
  step: number;
  orientation: string;
  readout: boolean;
  readout_format: string;
  /** Report while the handle moves, not only when it is let go. */
  continuous_update: boolean;
  behavior: string;
  disabled: boolean;
}

export interface LogSliderTraits extends SliderTraits {
  base: number;
}

export interface RangeSliderTraits extends Omit<SliderTraits, "value"> {
  value: readonly [number, number];
}

export interface ProgressTraits extends NumberTraits {
  bar_style: "" | "success" | "info" | "warning" | "danger";
  orientation: string;
}

export interface CheckboxTraits extends DescriptionTraits {
  value: boolean;
  indent: boolean;
  disabled: boolean;
}

export interface ToggleButtonTraits extends DescriptionTraits {
  value: boolean;
  disabled: boolean;
  button_style: string;
  icon: string;
}

export interface TextTraits extends DescriptionTraits {
  value: string;
  placeholder: string;
  continuous_update: boolean;
  disabled: boolean;
}

export interface LabelTraits extends DescriptionTraits {
  value: string;
  placeholder: string;
}

export interface NumberTextTraits extends DescriptionTraits {
  value: number;
  step: number | null;
  continuous_update: boolean;
  disabled: boolean;
}

export interface ButtonTraits {
  description: string;
  disabled: boolean;
  icon: string;
  button_style: "" | "primary" | "success" | "info" | "warning" | "danger";
}

export interface ChildrenTraits {
  children: readonly WidgetLike[];
  box_style: string;
}

export interface PagesTraits extends ChildrenTraits {
  titles: readonly string[];
  selected_index: number | null;
}

export interface ImageTraits {
  value: Uint8Array;
  format: string;
  width: string;
  height: string;
}

const described: DescriptionTraits = { description: "", description_allow_html: false };
const slider = {
  ...described,
  orientation: "horizontal",
  readout: true,
  continuous_update: true,
  behavior: "drag-tap",
  disabled: false,
};
const clamp = (value: number, { min, max }: { min: number; max: number }) => Math.min(max, Math.max(min, value));
const clampNumber = (traits: NumberTraits) => ({ value: clamp(traits.value, traits) });
const clampWhole = (traits: NumberTraits) => ({ value: clamp(Math.round(traits.value), traits) });
const clampRange =
  (round: (value: number) => number) =>
  (traits: RangeSliderTraits): Partial<RangeSliderTraits> => {
    const [low, high] = traits.value.map((value) => clamp(round(value), traits)).sort((a, b) => a - b);
    return { value: [low, high] };
  };

/** A whole number on a slider. */
export const IntSlider = control<SliderTraits>({
  model: "IntSlider",
  style: "SliderStyle",
  defaults: { ...slider, value: 0, min: 0, max: 100, step: 1, readout_format: "d" },
  refine: clampWhole,
});
export type IntSlider = InstanceType<typeof IntSlider>;

/** A number on a slider. */
export const FloatSlider = control<SliderTraits>({
  model: "FloatSlider",
  style: "SliderStyle",
  defaults: { ...slider, value: 0, min: 0, max: 100, step: 0.1, readout_format: ".2f" },
  refine: clampNumber,
});
export type FloatSlider = InstanceType<typeof FloatSlider>;

/** A positive number on a logarithmic slider; `min` and `max` are exponents of `base`. */
export const FloatLogSlider = control<LogSliderTraits>({
  model: "FloatLogSlider",
  style: "SliderStyle",
  defaults: { ...slider, value: 1, base: 10, min: 0, max: 4, step: 0.1, readout_format: ".3g" },
  refine: ({ value, base, min, max }) => ({ value: clamp(value, { min: base ** min, max: base ** max }) }),
});
export type FloatLogSlider = InstanceType<typeof FloatLogSlider>;

/** Two whole numbers on a slider with two handles. */
export const IntRangeSlider = control<RangeSliderTraits>({
  model: "IntRangeSlider",
  style: "SliderStyle",
  defaults: { ...slider, value: [0, 1], min: 0, max: 100, step: 1, readout_format: "d" },
  refine: clampRange(Math.round),
});
export type IntRangeSlider = InstanceType<typeof IntRangeSlider>;

/** Two numbers on a slider with two handles. */
export const FloatRangeSlider = control<RangeSliderTraits>({
  model: "FloatRangeSlider",
  style: "SliderStyle",
  defaults: { ...slider, value: [0, 1], min: 0, max: 100, step: 0.1, readout_format: ".2f" },
  refine: clampRange((value) => value),
});
export type FloatRangeSlider = InstanceType<typeof FloatRangeSlider>;

export const IntProgress = control<ProgressTraits>({
  model: "IntProgress",
  view: "Progress",
  style: "ProgressStyle",
  defaults: { ...described, value: 0, min: 0, max: 100, bar_style: "", orientation: "horizontal" },
  refine: clampWhole,
});
export type IntProgress = InstanceType<typeof IntProgress>;

export const FloatProgress = control<ProgressTraits>({
  model: "FloatProgress",
  view: "Progress",
  style: "ProgressStyle",
  defaults: { ...described, value: 0, min: 0, max: 100, bar_style: "", orientation: "horizontal" },
  refine: clampNumber,
});
export type FloatProgress = InstanceType<typeof FloatProgress>;

export const IntText = control<NumberTextTraits>({
  model: "IntText",
  style: "DescriptionStyle",
  defaults: { ...described, value: 0, step: 1, continuous_update: false, disabled: false },
  refine: ({ value }) => ({ value: Math.round(value) }),
});
export type IntText = InstanceType<typeof IntText>;

export const FloatText = control<NumberTextTraits>({
  model: "FloatText",
  style: "DescriptionStyle",
  defaults: { ...described, value: 0, step: null, continuous_update: false, disabled: false },
});
export type FloatText = InstanceType<typeof FloatText>;

export const Checkbox = control<CheckboxTraits>({
  model: "Checkbox",
  style: "CheckboxStyle",
  defaults: { ...described, value: false, indent: true, disabled: false },
});
export type Checkbox = InstanceType<typeof Checkbox>;

export const ToggleButton = control<ToggleButtonTraits>({
  model: "ToggleButton",
  style: "ToggleButtonStyle",
  defaults: { ...described, value: false, disabled: false, button_style: "", icon: "" },
});
export type ToggleButton = InstanceType<typeof ToggleButton>;

export const Text = control<TextTraits>({
  model: "Text",
  style: "TextStyle",
  defaults: { ...described, value: "", placeholder: "\u200b", continuous_update: true, disabled: false },
});
export type Text = InstanceType<typeof Text>;

export const Textarea = control<TextTraits>({
  model: "Textarea",
  style: "TextStyle",
  defaults: { ...described, value: "", placeholder: "\u200b", continuous_update: true, disabled: false },
});
export type Textarea = InstanceType<typeof Textarea>;

/** Plain text, shown as it is. */
export const Label = control<LabelTraits>({
  model: "Label",
  style: "LabelStyle",
  defaults: { ...described, value: "", placeholder: "\u200b" },
});
export type Label = InstanceType<typeof Label>;

/** Markup, which the front end sanitizes; escape what comes from outside all the same. */
export const HTML = control<LabelTraits>({
  model: "HTML",
  style: "HTMLStyle",
  defaults: { ...described, value: "", placeholder: "\u200b" },
});
export type HTML = InstanceType<typeof HTML>;

const children: ChildrenTraits = { children: [], box_style: "" };

/** Widgets side by side. */
export const HBox = control<ChildrenTraits>({
  model: "HBox",
  defaults: children,
  guarded: ["children"],
});
export type HBox = InstanceType<typeof HBox>;

/** Widgets one below the other. */
export const VBox = control<ChildrenTraits>({
  model: "VBox",
  defaults: children,
  guarded: ["children"],
});
export type VBox = InstanceType<typeof VBox>;

/** Widgets in a grid; `layout.grid_template_columns` says how many columns. */
export const GridBox = control<ChildrenTraits>({
  model: "GridBox",
  defaults: children,
  guarded: ["children"],
});
export type GridBox = InstanceType<typeof GridBox>;

/** Widgets on pages with titles. */
export const Tab = control<PagesTraits>({
  model: "Tab",
  defaults: { ...children, titles: [], selected_index: null },
  guarded: ["children"],
  refine: firstPage,
});
export type Tab = InstanceType<typeof Tab>;

/** Widgets under titles that fold. */
export const Accordion = control<PagesTraits>({
  model: "Accordion",
  defaults: { ...children, titles: [], selected_index: null },
  guarded: ["children"],
});
export type Accordion = InstanceType<typeof Accordion>;

function firstPage({ children: pages, selected_index: index }: PagesTraits): Partial<PagesTraits> {
  return index === null && pages.length > 0 ? { selected_index: 0 } : {};
}

/** Encoded picture bytes. */
export const Image = control<ImageTraits>({
  model: "Image",
  defaults: { value: new Uint8Array(0), format: "png", width: "", height: "" },
  guarded: ["value"],
});
export type Image = InstanceType<typeof Image>;

const ButtonBase = control<ButtonTraits>({
  model: "Button",
  style: "ButtonStyle",
  defaults: { description: "", disabled: false, icon: "", button_style: "" },
});

/** A button. */
export class Button extends ButtonBase {
  /** Calls a function at every click; returns how to stop that. */
  onClick(listener: () => void | Promise<void>): () => void {
    return this.onMessage((content) => {
      if ((content as { event?: unknown } | null)?.event === "click") return listener();
    });
  }
}

/** What a selection offers: values that name themselves, or pairs of a label and a value. */
export type Choices<Value> = readonly Value[] | readonly (readonly [label: string, value: Value])[];

export interface SelectionTraits<Value> extends DescriptionTraits {
  options: Choices<Value>;
  value: Value | undefined;
  index: number | null;
  _options_labels: readonly string[];
  disabled: boolean;
}

export interface ToggleButtonsTraits<Value> extends SelectionTraits<Value> {
  tooltips: readonly string[];
  icons: readonly string[];
  button_style: string;
}

/** One of several values, chosen in a drop-down list. */
export class Dropdown<Value = string> extends Control<SelectionTraits<Value>> {
  declare options: Choices<Value>;
  declare value: Value | undefined;
  declare index: number | null;
  declare description: string;
  declare disabled: boolean;

  constructor(options: ControlOptions<SelectionTraits<Value>> = {}) {
    super(
      {
        model: "Dropdown",
        style: "DescriptionStyle",
        defaults: selection<Value>(),
        local: ["options", "value"],
        guarded: ["_options_labels"],
        refine: choose,
      },
      options,
    );
  }
}

/** One of several values, each a button. */
export class ToggleButtons<Value = string> extends Control<ToggleButtonsTraits<Value>> {
  declare options: Choices<Value>;
  declare value: Value | undefined;
  declare index: number | null;
  declare description: string;
  declare disabled: boolean;

  constructor(options: ControlOptions<ToggleButtonsTraits<Value>> = {}) {
    super(
      {
        model: "ToggleButtons",
        style: "ToggleButtonsStyle",
        defaults: { ...selection<Value>(), tooltips: [], icons: [], button_style: "" },
        local: ["options", "value"],
        guarded: ["_options_labels"],
        refine: choose,
      },
      options,
    );
  }
}

function selection<Value>(): SelectionTraits<Value> {
  return { ...described, options: [], value: undefined, index: null, _options_labels: [], disabled: false };
}

function pairs<Value>(options: Choices<Value>): (readonly [string, Value])[] {
  return options.map((option) =>
    Array.isArray(option) && option.length === 2
      ? [String(option[0]), option[1] as Value]
      : [String(option), option as Value],
  );
}

/** Keeps value, index and labels in agreement: what was changed decides; the first is chosen where nothing is. */
function choose<Value>(
  traits: Readonly<SelectionTraits<Value>>,
  changed: ReadonlySet<keyof SelectionTraits<Value>>,
): Partial<SelectionTraits<Value>> {
  const choices = pairs(traits.options);
  const byValue = choices.findIndex(([, value]) => Object.is(value, traits.value));
  const byIndex = traits.index !== null && Number.isInteger(traits.index) && choices[traits.index] ? traits.index : -1;
  const byChange = changed.has("index") && !changed.has("value") && byIndex >= 0 ? byIndex : byValue;
  const index = byChange >= 0 ? byChange : choices.length > 0 ? 0 : null;
  return {
    _options_labels: choices.map(([label]) => label),
    index,
    value: index === null ? undefined : choices[index][1],
  };
}
