import type { TraitProblem } from "../widget-types.js";
import { control, type DescriptionTraits, described } from "./control.js";

/** Traits of every control of a number within bounds. */
export interface NumberTraits extends DescriptionTraits {
  /** The number. */
  value: number;
  /** The least that it can be. */
  min: number;
  /** The most that it can be. */
  max: number;
}

/** Traits of {@link IntSlider} and {@link FloatSlider}. */
export interface SliderTraits extends NumberTraits {
  /** How far one step moves it. */
  step: number;
  /** "horizontal" or "vertical". */
  orientation: string;
  /** Whether the value stands beside the slider. */
  readout: boolean;
  /** How it stands there, in d3-format's language, such as ".2f". */
  readout_format: string;
  /** Report while the handle moves, not only when it is let go. */
  continuous_update: boolean;
  /** What the handle answers to, as noUiSlider names it: "drag-tap", "drag", "tap" and others. */
  behavior: string;
  /** Whether it is grey and cannot be used. */
  disabled: boolean;
}

/** Traits of {@link FloatLogSlider}; `min` and `max` are exponents of `base`. */
export interface LogSliderTraits extends SliderTraits {
  /** What the exponents are of. */
  base: number;
}

/** Traits of {@link IntRangeSlider} and {@link FloatRangeSlider}. */
export interface RangeSliderTraits extends Omit<SliderTraits, "value"> {
  /** The lower and the upper number. */
  value: readonly [number, number];
}

/** Traits of {@link IntProgress} and {@link FloatProgress}. */
export interface ProgressTraits extends NumberTraits {
  /** Its colour. */
  bar_style: "" | "success" | "info" | "warning" | "danger";
  /** "horizontal" or "vertical". */
  orientation: string;
}

/** Traits of {@link IntText} and {@link FloatText}. */
export interface NumberTextTraits extends DescriptionTraits {
  /** The number. */
  value: number;
  /** How far the arrows move it; null for any. */
  step: number | null;
  /** Report at each key, not only when the field is left. */
  continuous_update: boolean;
  /** Whether it is grey and cannot be used. */
  disabled: boolean;
}

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

type Limits = Pick<NumberTraits, "min" | "max">;

/** Limits in their order. */
function checkLimits({ min, max }: Limits): TraitProblem<Limits> | undefined {
  return min > max ? { trait: "min", expected: `at most max, ${max}` } : undefined;
}

function checkSlider(traits: Limits & { step: number }): TraitProblem<Limits & { step: number }> | undefined {
  return traits.step > 0 ? checkLimits(traits) : { trait: "step", expected: "a number above 0" };
}

function checkRangeSlider(traits: RangeSliderTraits): TraitProblem<RangeSliderTraits> | undefined {
  return traits.value.length === 2 ? checkSlider(traits) : { trait: "value", expected: "two numbers" };
}

function checkLogSlider(traits: LogSliderTraits): TraitProblem<LogSliderTraits> | undefined {
  const { base, min, max } = traits;
  if (!(base > 1)) return { trait: "base", expected: "a number above 1" };
  const outside = (
    [
      ["min", min],
      ["max", max],
    ] as const
  ).find(([, power]) => !Number.isFinite(base ** power));
  if (outside) return { trait: outside[0], expected: `an exponent of ${base} that gives a finite number` };
  return checkSlider(traits);
}

function checkStep({ step }: NumberTextTraits): TraitProblem<NumberTextTraits> | undefined {
  const fits = step === null || (Number.isFinite(step) && step > 0);
  return fits ? undefined : { trait: "step", expected: "a number above 0, or null" };
}

/**
 * A whole number on a slider.
 * @example
 * const slider = new IntSlider({ value: 70, min: 0, max: 100, description: "percentile" });
 * slider.observe("value", (value) => console.log(value));
 * slider.value = 80;
 */
export const IntSlider = control<SliderTraits>({
  model: "IntSlider",
  style: "SliderStyle",
  defaults: { ...slider, value: 0, min: 0, max: 100, step: 1, readout_format: "d" },
  check: checkSlider,
  refine: clampWhole,
});
export type IntSlider = InstanceType<typeof IntSlider>;

/** A number on a slider. */
export const FloatSlider = control<SliderTraits>({
  model: "FloatSlider",
  style: "SliderStyle",
  defaults: { ...slider, value: 0, min: 0, max: 100, step: 0.1, readout_format: ".2f" },
  check: checkSlider,
  refine: clampNumber,
});
export type FloatSlider = InstanceType<typeof FloatSlider>;

/** A positive number on a logarithmic slider; `min` and `max` are exponents of `base`. */
export const FloatLogSlider = control<LogSliderTraits>({
  model: "FloatLogSlider",
  style: "SliderStyle",
  defaults: { ...slider, value: 1, base: 10, min: 0, max: 4, step: 0.1, readout_format: ".3g" },
  check: checkLogSlider,
  refine: ({ value, base, min, max }) => ({ value: clamp(value, { min: base ** min, max: base ** max }) }),
});
export type FloatLogSlider = InstanceType<typeof FloatLogSlider>;

/** Two whole numbers on a slider with two handles. */
export const IntRangeSlider = control<RangeSliderTraits>({
  model: "IntRangeSlider",
  style: "SliderStyle",
  defaults: { ...slider, value: [0, 1], min: 0, max: 100, step: 1, readout_format: "d" },
  check: checkRangeSlider,
  refine: clampRange(Math.round),
});
export type IntRangeSlider = InstanceType<typeof IntRangeSlider>;

/** Two numbers on a slider with two handles. */
export const FloatRangeSlider = control<RangeSliderTraits>({
  model: "FloatRangeSlider",
  style: "SliderStyle",
  defaults: { ...slider, value: [0, 1], min: 0, max: 100, step: 0.1, readout_format: ".2f" },
  check: checkRangeSlider,
  refine: clampRange((value) => value),
});
export type FloatRangeSlider = InstanceType<typeof FloatRangeSlider>;

/** A bar that fills from `min` to `max`, in whole numbers. */
export const IntProgress = control<ProgressTraits>({
  model: "IntProgress",
  view: "Progress",
  style: "ProgressStyle",
  defaults: { ...described, value: 0, min: 0, max: 100, bar_style: "", orientation: "horizontal" },
  check: checkLimits,
  refine: clampWhole,
});
export type IntProgress = InstanceType<typeof IntProgress>;

/** A bar that fills from `min` to `max`. */
export const FloatProgress = control<ProgressTraits>({
  model: "FloatProgress",
  view: "Progress",
  style: "ProgressStyle",
  defaults: { ...described, value: 0, min: 0, max: 100, bar_style: "", orientation: "horizontal" },
  check: checkLimits,
  refine: clampNumber,
});
export type FloatProgress = InstanceType<typeof FloatProgress>;

/** A field for a whole number. */
export const IntText = control<NumberTextTraits>({
  model: "IntText",
  style: "DescriptionStyle",
  defaults: { ...described, value: 0, step: 1, continuous_update: false, disabled: false },
  check: checkStep,
  refine: ({ value }) => ({ value: Math.round(value) }),
});
export type IntText = InstanceType<typeof IntText>;

/** A field for a number. */
export const FloatText = control<NumberTextTraits>({
  model: "FloatText",
  style: "DescriptionStyle",
  defaults: { ...described, value: 0, step: null, continuous_update: false, disabled: false },
  check: checkStep,
});
export type FloatText = InstanceType<typeof FloatText>;
