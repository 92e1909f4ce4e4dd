import { checkListener } from "../widget-checks.js";
import { control, type DescriptionTraits, described } from "./control.js";

/** Traits of {@link Checkbox}. */
export interface CheckboxTraits extends DescriptionTraits {
  /** Whether it is ticked. */
  value: boolean;
  /** Whether it is indented to stand below other controls. */
  indent: boolean;
  /** Whether it is grey and cannot be used. */
  disabled: boolean;
}

/** Traits of {@link ToggleButton}. */
export interface ToggleButtonTraits extends DescriptionTraits {
  /** Whether it is pressed. */
  value: boolean;
  /** Whether it is grey and cannot be used. */
  disabled: boolean;
  /** Its colour: "", "primary", "success", "info", "warning" or "danger". */
  button_style: string;
  /** Name of a Font Awesome 5 icon, without "fa-"; empty for none. */
  icon: string;
}

/** Traits of {@link Button}. */
export interface ButtonTraits {
  /** Its text. */
  description: string;
  /** Whether it is grey and cannot be used. */
  disabled: boolean;
  /** Name of a Font Awesome 5 icon, without "fa-"; empty for none. */
  icon: string;
  /** Its colour. */
  button_style: "" | "primary" | "success" | "info" | "warning" | "danger";
}

/** A box to tick. */
export const Checkbox = control<CheckboxTraits>({
  model: "Checkbox",
  style: "CheckboxStyle",
  defaults: { ...described, value: false, indent: true, disabled: false },
});
export type Checkbox = InstanceType<typeof Checkbox>;

/** A button that stays pressed. */
export const ToggleButton = control<ToggleButtonTraits>({
  model: "ToggleButton",
  style: "ToggleButtonStyle",
  defaults: { ...described, value: false, disabled: false, button_style: "", icon: "" },
});
export type ToggleButton = InstanceType<typeof ToggleButton>;

const ButtonBase = control<ButtonTraits>({
  model: "Button",
  style: "ButtonStyle",
  defaults: { description: "", disabled: false, icon: "", button_style: "" },
});

/** A button. */
export class Button extends ButtonBase {
  /** Calls a function at every click; returns how to stop that. */
  onClick(listener: () => void | Promise<void>): () => void {
    checkListener(listener, "onClick");
    return this.onMessage((content) => {
      if ((content as { event?: unknown } | null)?.event === "click") return listener();
    });
  }
}
