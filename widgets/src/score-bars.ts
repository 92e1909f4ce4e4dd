import { probability } from "../../src/render/format.js";
import { h } from "./dom.js";

export interface ScoreRow {
  readonly label: string;
  readonly probability: number;
  /** The probability before, where it is known. */
  readonly before?: number;
}

/** Bars of classes: label, probability, and a mark at the probability before where there is one. */
export function scoreBars(rows: readonly ScoreRow[]): HTMLElement {
  return h("ol", { class: "sl-scores" }, ...rows.map(scoreRow));
}

function scoreRow({ label, probability: now, before }: ScoreRow): HTMLElement {
  const bar = h("span", { class: "sl-score-bar" }, before !== undefined && h("span", { class: "sl-score-before" }));
  bar.style.setProperty("--now", percent(now));
  if (before !== undefined) bar.style.setProperty("--before", percent(before));
  return h("li", {}, h("span", { class: "sl-score-label", title: label }, label), bar, change(now, before));
}

/** ".39 → .22", or the probability alone where nothing is known of before; the full values on hover. */
export function change(now: number, before?: number): HTMLElement {
  const values = before === undefined ? [now] : [before, now];
  return h(
    "span",
    { class: "sl-number", title: values.join(" → ") },
    values.map((value) => probability(value)).join(" → "),
  );
}

const percent = (value: number) => `${Math.round(Math.min(1, Math.max(0, value)) * 1000) / 10}%`;
