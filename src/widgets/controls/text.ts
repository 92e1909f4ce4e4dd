import { control, type DescriptionTraits, described } from "./control.js";

/** Traits of {@link Text} and {@link Textarea}. */
export interface TextTraits extends DescriptionTraits {
  /** The text. */
  value: string;
  /** Shown while the field is empty. */
  placeholder: string;
  /** Report at each key, not only when the field is left. */
  continuous_update: boolean;
  /** Whether it is grey and cannot be used. */
  disabled: boolean;
}

/** Traits of {@link Label} and {@link HTML}. */
export interface LabelTraits extends DescriptionTraits {
  /** What is shown. */
  value: string;
  /** Shown while `value` is empty. */
  placeholder: string;
}

/** A field for a line of text. */
export const Text = control<TextTraits>({
  model: "Text",
  style: "TextStyle",
  defaults: { ...described, value: "", placeholder: "\u200b", continuous_update: true, disabled: false },
});
export type Text = InstanceType<typeof Text>;

/** A field for several lines of text. */
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
