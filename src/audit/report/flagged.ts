import { plural, probability } from "../../render/format.js";
import type { Audit } from "../audit.js";
import { type Finding, type FindingKind, type FindingsFile, type Measured, notLookedFor } from "../findings.js";
import { cells, table, text } from "./html.js";
import type { Place, Thumbnails } from "./thumbnails.js";

/** Findings beside what chance gives, and what was not looked for. */
export function flaggedHtml({ findings, searches }: FindingsFile, pairs: PairPictures, small: Thumbnails): string {
  const rows = findings.map(({ kind, claim, count, effect, null: baseline }) =>
    cells(claim, kind.replaceAll("-", " "), count, measure(effect), measure(baseline)),
  );
  const found =
    rows.length > 0
      ? table(["claim", "kind", "pictures", "measured (95 %)", "where nothing is"], rows)
      : "<p>Nothing.</p>";
  const unlooked = notLookedFor(searches)
    .map((missing) => `<li>${text(missing)}</li>`)
    .join("");
  const paired = findings.map((finding) => pairsHtml(finding, pairs, small)).join("");
  return found + paired + (unlooked === "" ? "" : `<ul class="facts">${unlooked}</ul>`);
}

/** Pairs that the report names. */
const MOST_PAIRS = 20;

/** Pictures of pairs by their paths. */
export type PairPictures = ReadonlyMap<string, Place>;

/** Where the pictures are that stand beside each other in the report. */
export async function pairPictures(audit: Audit, { findings }: FindingsFile): Promise<PairPictures> {
  const paths = findings.flatMap(({ pictures, others }) =>
    others ? [...pictures.slice(0, MOST_PAIRS), ...others.slice(0, MOST_PAIRS)] : [],
  );
  if (paths.length === 0) return new Map();
  const places = paths.map((_, i) => `$${i + 1}`).join(", ");
  const rows = (await audit.query(
    `select path, shard, map_row from results where error is null and path in (${places})`,
    paths,
  )) as unknown as Place[];
  return new Map(rows.map((row) => [row.path, row]));
}

const PAIRS: Partial<Record<FindingKind, readonly [what: string, other: string]>> = {
  leak: ["Pictures that are in two splits.", "the same in another split"],
  "conflicting-labels": ["Pictures that are the same and have different labels.", "the same with another label"],
  duplicates: ["Pictures that are the same.", "the same again"],
};

/** Pictures that are the same, beside each other. */
function pairsHtml({ kind, pictures, others, count }: Finding, pairs: PairPictures, small: Thumbnails): string {
  const [what, other] = PAIRS[kind] ?? [];
  if (!others || !what || !other) return "";
  const shown = (path: string | undefined) => {
    const place = pairs.get(path ?? "");
    return `${place ? small.html(place) : ""}<div class="q">${text(path ?? "")}</div>`;
  };
  const rows = pictures
    .slice(0, MOST_PAIRS)
    .map((path, i) => `<tr><td>${shown(path)}</td><td>${shown(others[i])}</td></tr>`);
  const some =
    count > rows.length
      ? ` The first ${rows.length} of ${count}; findings.json and the table hygiene have the others.`
      : "";
  return `<details open><summary>${what}</summary><p>${plural(count, "picture")}.${some}</p><div class="p">${table(["picture", other], rows)}</div></details>`;
}

const measure = ({ value, interval: [low, high] }: Measured) =>
  `${probability(value)} (${probability(low)} to ${probability(high)})`;
