import { probability } from "../../../src/render/format.js";
import { h } from "../dom.js";

/** Rows under a head; the first cell of a row names it. */
export function table(head: readonly string[], rows: readonly (readonly (Node | string)[])[]): HTMLElement {
  const line = ([name, ...cells]: readonly (Node | string)[]) =>
    h("tr", {}, h("th", { scope: "row" }, name), ...cells.map((cell) => h("td", {}, cell)));
  const titles = head.map((title) => h("th", { scope: "col" }, title));
  return h(
    "div",
    { class: "sl-x-scroll" },
    h("table", { class: "sl-x-table" }, h("thead", {}, h("tr", {}, ...titles)), h("tbody", {}, ...rows.map(line))),
  );
}

/** ".91 to .97" */
export const interval = ([low, high]: readonly [number, number]) => `${probability(low)} to ${probability(high)}`;
