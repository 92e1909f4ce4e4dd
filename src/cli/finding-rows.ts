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

const measure = ({ value, interval: [low, high] }: Measured) =>
  `${probability(value)} (${probability(low)} to ${probability(high)})`;
