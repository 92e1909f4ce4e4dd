export * from "./boxes.js";
export {
  Button,
  type ButtonTraits,
  Checkbox,
  type CheckboxTraits,
  ToggleButton,
  type ToggleButtonTraits,
} from "./buttons.js";
export {
  type BoxTraits,
  boxTraits,
  Control,
  type ControlClass,
  type ControlOptions,
  type ControlSpec,
  type DescriptionTraits,
  type StyleTraits,
  type WithBox,
} from "./control.js";
export * from "./image.js";
export { Layout, type LayoutTraits } from "./layout.js";
export * from "./numbers.js";
export {
  type Choices,
  Dropdown,
  type SelectionTraits,
  ToggleButtons,
  type ToggleButtonsTraits,
} from "./selection.js";
export * from "./text.js";
