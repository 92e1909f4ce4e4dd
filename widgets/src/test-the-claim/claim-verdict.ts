import type { ClaimEntry } from "../../../src/widgets/traits/index.js";
import { h } from "../dom.js";
import { change } from "../score-bars.js";

const percent = (value: number) => `${Math.round(value * 100)} %`;

/** The answer to a test: the probability before and after and regions elsewhere, to be read from the back row; the claim. */
export function claimVerdict(entry: ClaimEntry): HTMLElement[] {
  const { target } = entry;
  return [
    h(
      "p",
      { class: "sl-change" },
      h("span", { class: "sl-change-label" }, target.label),
      " ",
      change(target.probability + entry.change, target.probability),
    ),
    h("p", { class: "sl-claim-rank" }, rankOf(entry)),
    h("p", { class: "sl-sentence" }, claimOf(entry)),
  ];
}

function claimOf({ action, claimed, area, change: difference, target }: ClaimEntry): string {
  const kept = target.probability > 0 ? (target.probability + difference) / target.probability : 0;
  const lost = difference > 0 ? "the probability rises" : `${percent(1 - kept)} of the probability is gone`;
  const outcome = action === "keep" ? `alone it keeps ${percent(kept)} of the probability` : `without it ${lost}`;
  return `The map puts ${percent(claimed)} of its evidence on this ${percent(area)} of the picture; ${outcome}.`;
}

function rankOf({ chance, controls }: ClaimEntry): string {
  if (chance === null) return "Comparing with random regions …";
  const asMuch = Math.round(chance * (controls.length + 1)) - 1;
  return `${asMuch} of ${controls.length} regions of the same shape elsewhere do as much.`;
}
