import { announcer, button, h } from "./dom.js";
import { noticeLine } from "./notice.js";
import type { View } from "./view.js";

/** The trait that says where an answer is held back; see `HeldTraits` of the kernel's half. */
export interface HeldTraits {
  readonly held: unknown;
}

/** Whether what a widget shows is still held back. */
export function isHeld(view: View<HeldTraits>): boolean {
  return view.get("held") === "kernel" || view.get("held") === "page";
}

/**
 * In place of a widget whose answer is held back: a button that reveals it. The kernel is asked for what it has not
 * sent; in a page without one the answer is there, folded.
 */
export function heldView(view: View<HeldTraits>, onreveal: () => void): void {
  const folded = view.get("held") === "page";
  const said = announcer();
  const reveal = button(
    "Reveal",
    () => {
      if (folded) {
        onreveal();
        return;
      }
      reveal.disabled = true;
      said.say("Coming …");
      view.request({ type: "reveal" });
    },
    { class: "sl-button sl-held-reveal" },
  );
  const el = h("div", { class: "sl-held" });
  const notice = noticeLine(el, () =>
    folded || view.live
      ? undefined
      : { text: "The answer was held back and its kernel is gone: run the cell again to reveal it.", stale: false },
  );
  const refresh = () => {
    reveal.disabled = !folded && !view.live;
    notice.update();
  };
  el.append(h("p", { class: "sl-held-text" }, "What do you expect to see? Say it first."), reveal, notice.el, said.el);
  view.watchKernel(refresh);
  refresh();
  view.el.replaceChildren(el);
}
