import { h } from "../dom.js";
import { type Pixels, paintCanvas } from "../pictures.js";

/** A thing to choose, with its picture. */
interface Item {
  readonly name: string;
  readonly pixels: Pixels;
}

/** A strip of small pictures of which one is pressed. */
export function picker(
  label: string,
  onpick: (at: number) => void,
): { readonly el: HTMLElement; show(items: readonly Item[]): void; press(at: number): void } {
  const strip = h("div", { class: "sl-sticker-strip", role: "group", "aria-label": label });
  return {
    el: h("div", { class: "sl-field" }, h("span", { class: "sl-label" }, label), strip),
    show(items) {
      strip.replaceChildren(
        ...items.map(({ name, pixels }, at) => {
          const canvas = paintCanvas(pixels);
          canvas.setAttribute("aria-hidden", "true");
          return h(
            "button",
            {
              type: "button",
              class: "sl-button sl-sticker-pick",
              title: name,
              "aria-label": name,
              onclick: () => onpick(at),
            },
            canvas,
          );
        }),
      );
    },
    press(at) {
      for (const [i, each] of [...strip.children].entries()) each.setAttribute("aria-pressed", String(i === at));
    },
  };
}
