import type { Condition, LabelOverview } from "../../../src/explorer/types.js";
import { oneLine, plural, probability } from "../../../src/render/format.js";
import { Chart } from "../charts.js";
import { button, h } from "../dom.js";
import { type ChartScope, drawReliability } from "./calibration.js";
import { interval, table } from "./tables.js";

/** Rows that a table shows; of more, those of the most pictures. */
const MOST = 40;
const MOST_EXCHANGES = 12;
const HEIGHT = 280;

type See = (...conditions: readonly Condition[]) => Promise<void>;

/** A share with its interval, a dash where nothing was counted. */
const share = (value: number | null, range: readonly [number, number]) =>
  value === null ? "–" : `${probability(value)} (${interval(range)})`;

/** Whether a column of labels with `|` between them has one, in SQL. */
const holds = (column: "truth" | "missed" | "mistaken", label: string) =>
  `contains('|' || ${column} || '|', '|${label.replaceAll("'", "''")}|')`;

/** What there is to say of independent labels: how well each is found, what is missed for what, whether to believe it. */
export function labelSections(scope: ChartScope, overview: LabelOverview, see: See): HTMLElement[] {
  const { exact } = overview;
  const title = h("h4", {}, "How well each label is found");
  if (exact.rate === null) {
    const why = "No true labels are known: audit with --truth to see which are missed and which mistaken.";
    return [h("section", { "aria-label": "Labels" }, title, h("p", { class: "sl-note" }, why))];
  }
  return [foundSection(title, overview, see), exchangesSection(overview, see), believedSection(scope, overview)];
}

function foundSection(title: HTMLElement, { exact, labels, whole }: LabelOverview, see: See): HTMLElement {
  const ofWhole = new Map(whole.labels.map((one) => [one.label, one]));
  const where = (condition: string) => () => void see({ kind: "sql", where: condition });
  const count = (pictures: number, condition: string, what: string) =>
    pictures === 0
      ? "0"
      : button(pictures.toLocaleString("en"), where(condition), { class: "sl-x-link", "aria-label": what });
  const shown = [...labels].sort((a, b) => b.pictures - a.pictures).slice(0, MOST);
  const rows = shown.map((one) => {
    const { label, pictures, seen, right } = one;
    const { averagePrecision = null, averagePrecisionInterval = [0, 1] as const } = ofWhole.get(label) ?? {};
    const name = oneLine(label);
    return [
      button(name, where(holds("truth", label)), { class: "sl-x-link" }),
      pictures.toLocaleString("en"),
      count(
        pictures - right,
        holds("missed", label),
        `${plural(pictures - right, "picture")} in which ${name} is missed`,
      ),
      count(seen - right, holds("mistaken", label), `${plural(seen - right, "picture")} in which ${name} is mistaken`),
      share(one.recall, one.recallInterval),
      share(one.precision, one.precisionInterval),
      share(averagePrecision, averagePrecisionInterval),
    ];
  });
  const { known, right, rate, interval: range } = exact;
  const all = `Exactly the true labels are seen, at .5 or above, in ${right.toLocaleString("en")} of ${known.toLocaleString("en")} pictures: ${share(rate, range)}.`;
  const mean = whole.meanAveragePrecision;
  return h(
    "section",
    { "aria-label": "Labels" },
    title,
    h("p", {}, all, mean === null ? "" : ` Mean average precision ${probability(mean)}.`),
    table(
      ["label", "pictures", "missed", "mistaken", "recall (95 %)", "precision (95 %)", "average precision (95 %)"],
      rows,
    ),
    h(
      "p",
      { class: "sl-caption" },
      "Average precision is of all pictures of the audit. Press a number to see its pictures.",
    ),
    labels.length > shown.length &&
      h(
        "p",
        { class: "sl-caption" },
        `${plural(labels.length - shown.length, "label")} of fewer pictures are not shown.`,
      ),
  );
}

function exchangesSection({ exchanges }: LabelOverview, see: See): HTMLElement {
  const title = h("h4", {}, "What is missed where something else is seen");
  const rows = exchanges.slice(0, MOST_EXCHANGES).map(({ missed, mistaken, pictures }) => {
    const where = `${holds("missed", missed)} and ${holds("mistaken", mistaken)}`;
    return [
      oneLine(missed),
      oneLine(mistaken),
      button(pictures.toLocaleString("en"), () => void see({ kind: "sql", where }), {
        class: "sl-x-link",
        "aria-label": `${plural(pictures, "picture")} in which ${oneLine(missed)} is missed and ${oneLine(mistaken)} is seen`,
      }),
    ];
  });
  return h(
    "section",
    { "aria-label": "Exchanges" },
    title,
    rows.length > 0
      ? table(["missed", "seen instead", "pictures"], rows)
      : h("p", { class: "sl-note" }, "In no picture is one label missed and another mistaken."),
    exchanges.length > rows.length &&
      h(
        "p",
        { class: "sl-caption" },
        `${plural(exchanges.length - rows.length, "pair")} of fewer pictures are not shown.`,
      ),
  );
}

/** Whether pictures in which a label has some probability have it as often: the label is chosen. */
function believedSection(scope: ChartScope, { whole }: LabelOverview): HTMLElement {
  const labels = [...whole.labels].sort((a, b) => b.pictures - a.pictures);
  const chart = new Chart(scope, {
    label: "How often pictures in which a label has some probability have it",
    height: HEIGHT,
  });
  const draw = (one: LabelOverview["whole"]["labels"][number] | undefined) => {
    if (one) drawReliability(chart, one.calibration.bins, ["probability", "share that has it"]);
  };
  const choice = h(
    "select",
    { "aria-label": "Label of the diagram" },
    ...labels.map(({ label }, i) => h("option", { value: String(i) }, oneLine(label))),
  );
  choice.addEventListener("change", () => draw(labels[Number(choice.value)]), { signal: scope.signal });
  draw(labels[0]);
  const rows = labels
    .slice(0, MOST)
    .map(({ label, calibration: { confidence, accuracy, ece, eceInterval } }) => [
      oneLine(label),
      probability(confidence ?? 0),
      probability(accuracy ?? 0),
      ece === null ? "–" : eceInterval ? share(ece, eceInterval) : probability(ece),
    ]);
  return h(
    "section",
    { "aria-label": "Calibration" },
    h("h4", {}, "Whether its probabilities are to be believed"),
    h("p", {}, h("label", {}, "Label ", choice)),
    chart.el,
    h(
      "p",
      { class: "sl-caption" },
      `All ${plural(whole.exact.known, "picture")} of the audit whose labels are known; 15 bins of equal width, Wilson's intervals.`,
    ),
    table(["label", "mean probability", "share that has it", "expected calibration error (95 %)"], rows),
  );
}
