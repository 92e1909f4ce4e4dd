import { h } from "./dom.js";
import type { View } from "./view.js";

/** Why a widget does not answer, in one sentence that says what to do. */
export interface Notice {
  readonly text: string;
  /** Whether what is shown may be out of date, so that it is dimmed. */
  readonly stale: boolean;
}

/** The line of a widget's {@link Notice}. @param widget is marked `data-stale` where its answer is */
export function noticeLine(widget: HTMLElement, say: () => Notice | undefined): { el: HTMLElement; update(): void } {
  const el = h("p", { class: "sl-notice", role: "status", hidden: true });
  return {
    el,
    update() {
      const notice = say();
      el.hidden = notice === undefined;
      el.textContent = notice?.text ?? "";
      widget.toggleAttribute("data-stale", notice?.stale ?? false);
    },
  };
}

/**
 * The notice that no kernel listens, if none does.
 * @param todo what needs one: "test more"
 */
export function kernelNotice({ kernel }: Pick<View<object>, "kernel">, todo: string): Notice | undefined {
  if (kernel === "live") return undefined;
  if (kernel === "lost") return { text: `The kernel is gone: run the cell again to ${todo}.`, stale: true };
  return { text: `This is a picture of what was found, without its kernel: run the cell to ${todo}.`, stale: false };
}

/**
 * The notice that no kernel listens, if none does; else what went wrong, in the page's words or the kernel's.
 * @param stale whether what is shown is out of date then
 */
export function messageNotice(
  view: Pick<View<{ message: string }>, "kernel" | "get">,
  todo: string,
  { said = "", stale = false }: { readonly said?: string; readonly stale?: boolean } = {},
): Notice | undefined {
  const text = said || view.get("message");
  return kernelNotice(view, todo) ?? (text ? { text, stale } : undefined);
}
