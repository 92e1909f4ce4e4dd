import { didYouMean } from "../../core/errors.js";
import { isIndex } from "../trait-values.js";
import type { TraitProblem } from "../widget-types.js";
import { Control, type ControlOptions, type DescriptionTraits, described } from "./control.js";

/** What a selection offers: values that name themselves, or pairs of a label and a value. */
export type Choices<Value> = readonly Value[] | readonly (readonly [label: string, value: Value])[];

/** Traits of {@link Dropdown}. */
export interface SelectionTraits<Value> extends DescriptionTraits {
  /** The values to choose from. */
  options: Choices<Value>;
  /** The chosen value; undefined for none. */
  value: Value | undefined;
  /** Position of the chosen value; null for none. */
  index: number | null;
  /** How the values are shown, made of `options`. */
  _options_labels: readonly string[];
  /** Whether it is grey and cannot be used. */
  disabled: boolean;
}

/** Traits of {@link ToggleButtons}. */
export interface ToggleButtonsTraits<Value> extends SelectionTraits<Value> {
  /** Shown while the pointer rests on a button: one for each value. */
  tooltips: readonly string[];
  /** Names of Font Awesome 5 icons, without "fa-": one for each value. */
  icons: readonly string[];
  /** Colour of the buttons: "", "primary", "success", "info", "warning" or "danger". */
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
        check: checkChoice,
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
        check: checkChoice,
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

/** Labels that an error lists. */
const LISTED = 12;

/** A value that is offered, or an index of one. */
function checkChoice<Value>(
  { options, value, index }: Readonly<SelectionTraits<Value>>,
  changed: ReadonlySet<keyof SelectionTraits<Value>>,
): TraitProblem<SelectionTraits<Value>> | undefined {
  const choices = pairs(options);
  if (changed.has("value") && value !== undefined && !choices.some(([, offered]) => Object.is(offered, value))) {
    const names = choices.map(([, offered]) => String(offered));
    const listed = names.length > LISTED ? `${names.slice(0, LISTED).join(", ")}, …` : names.join(", ");
    return {
      trait: "value",
      expected: listed ? `one of ${listed}` : "options",
      next: didYouMean(String(value), names),
    };
  }
  if (changed.has("index") && index !== null && !isIndex(index, choices.length)) {
    return { trait: "index", expected: `a whole number from 0 to ${choices.length - 1}, or null` };
  }
  return undefined;
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
