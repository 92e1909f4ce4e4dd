import type { Overview } from "../../../src/explorer/types.js";
import { oneLine, plural, probability } from "../../../src/render/format.js";
import { axis, Chart, CONTROL, SERIES } from "../charts.js";
import { h } from "../dom.js";
import type { Comm } from "../model.js";
import { Scope } from "../view.js";
import { interval, table } from "./tables.js";

const HEIGHT = 280;

/** Where charts live until others take their place. They load their code by themselves: there is no kernel to ask. */
export class ChartScope extends Scope {
  readonly comm: Comm = { on() {}, off() {}, send() {} };

  constructor(around: Scope) {
    super();
    around.signal.addEventListener("abort", this.leave, { signal: this.signal });
  }
}

/** Whether answers of some confidence are right as often, and how confident the answers are. */
export function calibrationSection(scope: ChartScope, { calibration, confidence }: Overview): HTMLElement[] {
  if (!calibration) return [];
  const chart = (label: string) => new Chart(scope, { label, height: HEIGHT });
  const histogram = chart("How many answers have which confidence, right and wrong ones");
  drawHistogram(histogram, confidence);
  const spread = h("section", { "aria-label": "Confidence" }, h("h4", {}, "How confident it is"), histogram.el);
  const { ece, eceInterval, eceNull, resamples, confidence: mean, accuracy, bins, classes } = calibration;
  if (ece === null || !eceInterval || eceNull === null || mean === null || accuracy === null) return [spread];
  const reliability = chart("How often answers of some confidence are right");
  drawReliability(reliability, bins);
  const rows = classes.map((one) => [
    oneLine(one.prediction),
    one.pictures.toLocaleString("en"),
    probability(one.confidence ?? 0),
    probability(one.accuracy ?? 0),
    interval(one.interval),
    probability(one.ece ?? 0),
  ]);
  const verdict = `Its answers have a mean confidence of ${probability(mean)} and are right ${probability(accuracy)} of the time.`;
  return [
    h(
      "section",
      { "aria-label": "Calibration" },
      h("h4", {}, "Whether its confidence is to be believed"),
      h("p", {}, `${verdict} Expected calibration error ${probability(ece)} (${interval(eceInterval)}).`),
      h(
        "p",
        { class: "sl-caption" },
        `Null: answers that are right exactly as often as their confidence says reach ${probability(eceNull)} on as many pictures.`,
      ),
      reliability.el,
      h(
        "p",
        { class: "sl-caption" },
        `${plural(calibration.pictures, "picture")}; 15 bins of equal width, Wilson's intervals; of the error, 95 % of ${resamples.toLocaleString("en")} draws of the pictures.`,
      ),
      h(
        "details",
        {},
        h("summary", {}, "By answer"),
        table(["answer", "pictures", "confidence", "right", "95 %", "error"], rows),
      ),
    ),
    spread,
  ];
}

/** @param names what the two axes have */
export function drawReliability(
  chart: Chart,
  bins: NonNullable<Overview["calibration"]>["bins"],
  names: readonly [x: string, y: string] = ["confidence", "share that is right"],
): void {
  const diagonal = {
    x: [0, 1],
    y: [0, 1],
    mode: "lines",
    line: { color: CONTROL, dash: "dash", width: 1 },
    hoverinfo: "skip",
  };
  const points = {
    x: bins.map(({ confidence }) => confidence),
    y: bins.map(({ accuracy }) => accuracy),
    mode: "markers",
    marker: { color: SERIES[0], size: bins.map(({ pictures }) => 5 + 3 * Math.log10(pictures)) },
    error_y: {
      type: "data",
      symmetric: false,
      array: bins.map(({ accuracy, interval: [, high] }) => high - accuracy),
      arrayminus: bins.map(({ accuracy, interval: [low] }) => accuracy - low),
      thickness: 1,
      width: 0,
    },
    text: bins.map(({ pictures }) => plural(pictures, "picture")),
    hovertemplate: `${names[0]} %{x:.2f}, ${names[1]} %{y:.2f}<br>%{text}<extra></extra>`,
  };
  chart.draw([diagonal, points], {
    xaxis: axis(names[0], { range: [0, 1.02] }),
    yaxis: axis(names[1], { range: [0, 1.05] }),
  });
}

function drawHistogram(chart: Chart, { right, wrong, unknown }: Overview["confidence"]): void {
  const bars = (name: string, counts: readonly number[], color: string) => ({
    type: "bar",
    name,
    x: counts.map((_, i) => (i + 0.5) / counts.length),
    y: counts,
    marker: { color },
    hovertemplate: `%{y} ${name}, confidence about %{x:.2f}<extra></extra>`,
  });
  const known = [bars("right", right, SERIES[0]), bars("wrong", wrong, SERIES[1])];
  const all = [...known, bars("of unknown truth", unknown, CONTROL)];
  const traces = all.filter(({ y }) => y.some((count) => count > 0));
  chart.draw(traces, {
    barmode: "stack",
    bargap: 0.05,
    showlegend: traces.length > 1,
    legend: { orientation: "h", y: 1.12, x: 0 },
    xaxis: axis("confidence", { range: [0, 1] }),
    yaxis: axis("pictures"),
  });
}
