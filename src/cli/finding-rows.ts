import type { Finding, Measured } from "../audit/index.js";
import { probability } from "../render/format.js";
import type { Rows } from "./terminal.js";

/** Findings as rows of a table. */
export const findingRows = (findings: readonly Finding[]): Rows =>
  findings.map(({ kind, label, effect, null: baseline, count, claim }) => ({
    finding: kind,
    class: label ?? "",
    pictures: count,
    effect: measure(effect),
    null: measure(baseline),
    claim,
  }));

/** Pairs that a terminal shows. */
const MOST_PAIRS = 10;

/** Pictures that leak, each with the one in another split. */
export function leakRows(findings: readonly Finding[]): Rows {
  const leak = findings.find(({ kind }) => kind === "leak");
  const pairs = leak?.pictures.map((leaks, i) => ({ leaks, "is the same as": leak.others?.[i] ?? "" })) ?? [];
  const seen = new Set<string>();
  const once = pairs.filter((pair) => {
    seen.add(pair.leaks);
    return !seen.has(pair["is the same as"]);
  });
  return once.slice(0, MOST_PAIRS);
}

const measure = ({ value, interval: [low, high] }: Measured) =>
  `${probability(value)} (${probability(low)} to ${probability(high)})`;
