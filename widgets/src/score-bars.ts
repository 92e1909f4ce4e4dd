import { probability } from "../../src/render/format.js";
import { h } from "./dom.js";

/** Bars of classes: label, probability, and the probability before where there is one. */
export function scoreBars(
  rows: readonly { readonly label: string; readonly probability: number; readonly before?: number }[],
): HTMLElement {
  return h(
    "ol",
    { class: "sl-scores" },
    ...rows.map(({ label, probability: now, before }) => {
      const row = h(
        "li",
        {},
        h("span", { class: "sl-score-label" }, label),
        h(
          "span",
          { class: "sl-number" },
          before === undefined ? probability(now) : `${probability(before)} → ${probability(now)}`,
        ),
      );
      row.style.setProperty("--now", `${Math.round(now * 1000) / 10}%`);
      row.style.setProperty("--before", `${Math.round((before ?? now) * 1000) / 10}%`);
      return row;
    }),
  );
}
