import { probability } from "../../render/format.js";
import type { Finding, FindingsFile, Measured } from "../findings.js";
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
  const leak = findings.find(({ kind }) => kind === "leak");
  const missing = searches.filter(({ looked }) => !looked);
  const unlooked = missing.map(({ of, note }) => `<li>${text(`${of} were not looked for: ${note}`)}</li>`).join("");
  return found + (leak ? pairsHtml(leak) : "") + (unlooked === "" ? "" : `<ul class="facts">${unlooked}</ul>`);
}

/** Pairs that the report names. */
const MOST_PAIRS = 20;

/** Pictures that leak, each with the one in another split. */
function pairsHtml({ pictures, others = [], count }: Finding): string {
  const rows = pictures.slice(0, MOST_PAIRS).map((path, i) => cells(path, others[i] ?? ""));
  const some =
    count > rows.length
      ? ` The first ${rows.length} of ${count}; findings.json and the table hygiene have the others.`
      : "";
  return `<p>Pictures that are in two splits.${some}</p>${table(["picture", "the same in another split"], rows)}`;
}

const measure = ({ value, interval: [low, high] }: Measured) =>
  `${probability(value)} (${probability(low)} to ${probability(high)})`;
