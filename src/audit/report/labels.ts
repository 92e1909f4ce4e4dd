import { isSightlineError } from "../../core/errors.js";
import { plural, probability } from "../../render/format.js";
import type { Audit } from "../audit.js";
import type { LabelMeasures } from "../labels/label-measures.js";
import { cells, table } from "./html.js";

/** Rows of a table; of more, those of the most pictures. */
const MOST = 100;
const MOST_EXCHANGES = 12;

const share = (value: number | null, [low, high]: readonly [number, number]) =>
  value === null ? "–" : `${probability(value)} (${probability(low)} to ${probability(high)})`;

/** How well independent labels are found; nothing where classes exclude each other. */
export async function labelsHtml(audit: Audit): Promise<string> {
  const measures = await labelsOf(audit);
  if (!measures || measures.exact.known === 0) return "";
  const { exact, labels, exchanges, meanAveragePrecision: mean } = measures;
  const shown = labels.toSorted((a, b) => b.pictures - a.pictures).slice(0, MOST);
  const rows = shown.map((one) =>
    cells(
      one.label,
      one.pictures,
      one.pictures - one.right,
      one.seen - one.right,
      share(one.recall, one.recallInterval),
      share(one.precision, one.precisionInterval),
      share(one.averagePrecision, one.averagePrecisionInterval),
      one.calibration.ece === null ? "–" : probability(one.calibration.ece),
    ),
  );
  const head = [
    "label",
    "pictures",
    "missed",
    "mistaken",
    "recall (95 %)",
    "precision (95 %)",
    "average precision (95 %)",
    "calibration error",
  ];
  const more =
    labels.length > shown.length
      ? `<p>${plural(labels.length - shown.length, "label")} of fewer pictures: labels.json.</p>`
      : "";
  return `<h2>Labels</h2>
<p>The labels are independent. Exactly the true ones are seen, at .5 or above, in ${exact.right} of ${exact.known} pictures (${share(exact.rate, exact.interval)}).${mean === null ? "" : ` Mean average precision ${probability(mean)}.`}</p>
${table(head, rows)}${more}${exchangesHtml(exchanges)}`;
}

function exchangesHtml(exchanges: LabelMeasures["exchanges"]): string {
  if (exchanges.length === 0) return "";
  const rows = exchanges
    .slice(0, MOST_EXCHANGES)
    .map(({ missed, mistaken, pictures }) => cells(missed, mistaken, pictures));
  return `<p>What is missed where something else is seen that is not there:</p>${table(["missed", "seen instead", "pictures"], rows)}`;
}

async function labelsOf(audit: Audit): Promise<LabelMeasures | undefined> {
  try {
    return await audit.labels();
  } catch (error) {
    if (isSightlineError(error) && error.code === "bad-config") return undefined;
    throw error;
  }
}
