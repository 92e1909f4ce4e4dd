import { h } from "../dom.js";
import { select } from "../fields.js";
import { kernelNotice } from "../notice.js";
import type { View } from "../view.js";
import type { ViewerState, ViewerTraits } from "./viewer-state.js";

export interface MethodField {
  readonly el: HTMLElement;
  /** Offers what there is now. */
  update(): void;
}

/** Chooses between the explanations that are there, and asks the kernel for others. */
export function methodField(view: View<ViewerTraits>, state: ViewerState): MethodField {
  const note = h("p", { class: "sl-note", role: "status" });
  const methods = select({
    label: "Method",
    choices: state.methodChoices(),
    value: String(state.index),
    onchange: (value) => {
      const shown = Number(value);
      if (Number.isInteger(shown)) state.show(shown);
      else view.request({ type: "explain", method: value });
    },
  });
  const el = h("div", { class: "sl-asking" }, methods.el, note);
  const update = () => {
    const choices = state.methodChoices();
    methods.setChoices(choices);
    methods.set(view.get("work")?.method ?? String(state.index));
    const offers = (view.get("methods") ?? []).length > 0;
    const gone = offers ? kernelNotice(view, "explain by other methods") : undefined;
    note.textContent = view.get("message") || gone?.text || "";
    el.hidden = choices.length < 2 && !note.textContent;
  };
  view.watch(["message", "work", "shown"], update);
  view.watchKernel(update);
  update();
  return { el, update };
}
