import { probability } from "../../render/format.js";
import type { FindingsFile, Measured } from "../findings.js";
import { cells, table, text } from "./html.js";

/** Findings beside what chance gives, and what was not looked for. */
export function flaggedHtml({ findings, searches }: FindingsFile): string {
  const rows = findings.map(({ kind, claim, count, effect, null: baseline }) =>
    cells(claim, kind.replaceAll("-", " "), count, measure(effect), measure(baseline)),
  );
  const found =
    rows.length > 0
      ? table(["claim", "kind", "pictures", "measured (95 %)", "where nothing is"], rows)
      : "<p>Nothing.</p>";
  const missing = searches.filter(({ looked }) => !looked);
  const unlooked = missing.map(({ of, note }) => `<li>${text(`${of} were not looked for: ${note}`)}</li>`).join("");
  return found + (unlooked === "" ? "" : `<ul class="facts">${unlooked}</ul>`);
}

const measure = ({ value, interval: [low, high] }: Measured) =>
  `${probability(value)} (${probability(low)} to ${probability(high)})`;
