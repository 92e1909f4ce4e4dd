import { duration } from "../../src/render/format.js";
import type { WireProgress } from "../../src/widgets/traits/index.js";
import { button, h } from "./dom.js";

/** How far work is, and the button that ends it. */
export interface WorkBar {
  readonly el: HTMLElement;
  /** @param progress nothing where no work is under way */
  update(title: string, progress: WireProgress | null): void;
}

export function workBar(oncancel: () => void): WorkBar {
  const text = h("span", { class: "sl-number" });
  const bar = h("progress", { class: "sl-progress" });
  const cancel = button("Cancel", () => {
    cancel.disabled = true;
    oncancel();
  });
  const el = h("div", { class: "sl-work", hidden: true }, h("div", { class: "sl-work-text" }, text, bar), cancel);
  return {
    el,
    update(title, progress) {
      if (el.hidden) cancel.disabled = false;
      el.hidden = progress === null;
      if (!progress) return;
      text.textContent = `${title}${progressInWords(progress)}`;
      fillBar(bar, progress);
      bar.setAttribute("aria-label", title);
    },
  };
}

/** " · 300 of 4,000 · 12 s left", as far as it is known. */
export function progressInWords({ done, total, left }: WireProgress): string {
  const count = total > 0 ? ` · ${done.toLocaleString("en")} of ${total.toLocaleString("en")}` : "";
  return left === null ? count : `${count} · ${duration(left)} left`;
}

/** Fills a bar; where nothing is known it moves without an end. */
export function fillBar(bar: HTMLProgressElement, { done, total }: Pick<WireProgress, "done" | "total">): void {
  bar.max = Math.max(1, total);
  if (total > 0) bar.value = done;
  else bar.removeAttribute("value");
}
