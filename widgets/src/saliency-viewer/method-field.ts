import { h } from "../dom.js";
import { select } from "../fields.js";
import type { View } from "../view.js";
import type { ViewerState, ViewerTraits } from "./viewer-state.js";

/** Chooses between the explanations that are there, and asks the kernel for others. */
export function methodField(view: View<ViewerTraits>, state: ViewerState): HTMLElement {
  const asked = h("p", { class: "sl-note", role: "status" });
  const methods = select({
    label: "Method",
    choices: state.methodChoices(),
    value: String(state.index),
    onchange: (value) => {
      const shown = Number(value);
      if (Number.isInteger(shown)) {
        state.show(shown);
        return;
      }
      asked.textContent = "";
      view.request({ type: "explain", method: value });
    },
  });
  view.watch(["message"], () => {
    asked.textContent = view.get("message");
    if (asked.textContent) methods.set(String(state.index));
  });
  view.watchKernel(() => {
    methods.setChoices(state.methodChoices());
    methods.set(String(state.index));
  });
  return h("div", { class: "sl-asking" }, methods.el, asked);
}
