import type { ClaimAction, ClaimEntry } from "../../../src/widgets/traits/index.js";
import { choice, select, slider } from "../fields.js";
import type { RegionEditor, Tool } from "./region-editor.js";

export type Background = "map" | "picture";

export interface ClaimFieldsOptions {
  readonly editor: RegionEditor;
  onaction(action: ClaimAction): void;
  onfill(fill: ClaimEntry["fill"]): void;
  onbackground(background: Background): void;
}

/** What is drawn with, what is done with it, and on what. */
export function claimFields({ editor, onaction, onfill, onbackground }: ClaimFieldsOptions): HTMLElement[] {
  const tool = choice({
    label: "Draw with",
    choices: [
      ["rectangle", "rectangle"],
      ["brush", "brush"],
      ["segment", "segment"],
    ],
    value: editor.tool,
    onchange: (value) => {
      editor.tool = value as Tool;
      brush.el.hidden = value !== "brush";
    },
  });
  const action = choice({
    label: "And then",
    choices: [
      ["hide", "hide it"],
      ["keep", "keep only it"],
      ["move", "move it"],
    ],
    value: editor.action,
    onchange: (value) => onaction(value as ClaimAction),
  });
  const fill = select({
    label: "Fill with",
    choices: [
      ["blur", "the picture blurred"],
      ["black", "black"],
      ["mean", "its mean colour"],
      ["noise", "noise"],
    ],
    value: "blur",
    onchange: (value) => onfill(value as ClaimEntry["fill"]),
  });
  const brush = slider({
    label: "Size of the brush",
    min: 0.02,
    max: 0.25,
    step: 0.01,
    value: editor.brush,
    text: (value) => `${Math.round(value * 100)} %`,
    oninput: (value) => {
      editor.brush = value;
    },
  });
  brush.el.hidden = editor.tool !== "brush";
  const background = select({
    label: "Draw on",
    choices: [
      ["map", "the map"],
      ["picture", "the picture"],
    ],
    value: "map",
    onchange: (value) => onbackground(value as Background),
  });
  return [tool.el, action.el, fill.el, brush.el, background.el];
}
