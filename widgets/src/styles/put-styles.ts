import { h } from "../dom.js";
import { styles } from "./index.js";

/** Puts the style sheet into the page, or into the shadow tree that a host uses. */
export function putStyles(el: HTMLElement): void {
  const root = el.getRootNode();
  const home = root instanceof ShadowRoot ? root : document.head;
  if (home.querySelector("style[data-sightline]")) return;
  const sheet = h("style", { "data-sightline": true });
  sheet.textContent = styles;
  home.append(sheet);
}
