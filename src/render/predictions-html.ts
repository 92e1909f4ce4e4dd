import { escapeUTF8 } from "entities";
import { displaySymbol, ROWS_TYPE } from "../core/display.js";
import type { Prediction } from "../model/types.js";
import { oneLine, probability } from "./format.js";

/** A table of predictions for a notebook: each class with its probability and a bar behind the number. */
export function predictionsHtml(predictions: readonly Prediction[]): string {
  const rows = predictions.map(({ label, probability: p }) => {
    const share = Math.round(100 * Math.min(1, Math.max(0, p)));
    const bar = "background:var(--jp-brand-color1,#1976d2);opacity:.25;position:absolute;inset:2px auto 2px 0";
    return (
      `<tr><th scope="row" style="text-align:left;font-weight:normal;padding:2px 16px 2px 0">${escapeUTF8(oneLine(label))}</th>` +
      `<td style="position:relative;min-width:160px;text-align:left;font-variant-numeric:tabular-nums;padding:2px 6px" title="${p}">` +
      `<span aria-hidden="true" style="${bar};width:${share}%"></span>` +
      `<span style="position:relative">${escapeUTF8(probability(p))}</span></td></tr>`
    );
  });
  return (
    '<table class="sightline-predictions" style="border-collapse:collapse">' +
    `<thead hidden><tr><th scope="col">class</th><th scope="col">probability</th></tr></thead><tbody>${rows.join("")}</tbody></table>`
  );
}

/** The same list, which shows itself in a notebook as a table with bars. */
export function presentPredictions(predictions: Prediction[]): Prediction[] {
  const bundle = () => ({
    "text/html": predictionsHtml(predictions),
    [ROWS_TYPE]: predictions,
    "text/plain": predictions.map(({ label, probability }) => `${label} ${probability.toFixed(2)}`).join("\n"),
  });
  return Object.defineProperty(predictions, displaySymbol, { value: bundle });
}
