import { type Displayable, displaySymbol, type MimeBundle } from "../core/display.js";
import { SightlineError } from "../core/errors.js";
import type { Failure } from "../core/failures.js";
import { mean } from "../core/statistics.js";
import type { Prediction } from "../model/types.js";
import type { Agreement } from "./agreement.js";
import type { Curve, Outcome } from "./metric.js";
import { type Cell, figureOf, htmlTable, markdownTable, numberCell, type Table } from "./table.js";

/** What a metric says of random baseline maps. */
export interface RandomBaseline {
  /** One value for each random map of equal areas. */
  readonly regions: readonly number[];
  readonly mean: number;
  /** Chance that such a map does at least as well: (1 + how many did) / (1 + how many there were). */
  readonly chance: number;
  /** The value of a Gaussian in the middle of the picture. */
  readonly centre: number;
  /** Curves of the mean of the random maps and of the Gaussian, where the metric has curves. */
  readonly curves?: { readonly regions: Curve; readonly centre: Curve };
}

/** One metric of one map, beside its random baseline. */
export interface Measurement extends Outcome {
  readonly metric: string;
  readonly better: "higher" | "lower";
  readonly nulls?: RandomBaseline;
  /** Forward passes and time that measuring took, those of the random baseline included. */
  readonly passes: number;
  readonly milliseconds: number;
}

/** A metric that could not be measured on a map, and why. */
export interface MetricFailure extends Failure {
  readonly metric: string;
  readonly better: "higher" | "lower";
}

/** All that was measured on one map. */
export interface EvaluationRow {
  /** The method's name, numbered where it comes twice. */
  readonly name: string;
  readonly method: string;
  readonly target: Prediction;
  readonly measurements: readonly Measurement[];
  /** What could not be measured; absent where everything was. */
  readonly failures?: readonly MetricFailure[];
}

/** A Plotly figure: plain JSON. */
export interface PlotlyFigure {
  readonly data: readonly Readonly<Record<string, unknown>>[];
  readonly layout: Readonly<Record<string, unknown>>;
}

const ARROWS = { higher: "↑", lower: "↓" } as const;
const GREY = "#888888";
const axis = (title: string, range?: readonly [number, number]) => ({
  title: { text: title },
  gridcolor: "rgba(128,128,128,.2)",
  zeroline: false,
  ...(range && { range }),
});

/** Plain data of an {@link Evaluation}. */
export interface EvaluationJson {
  readonly image: string;
  readonly model: string;
  readonly seed: number;
  readonly rows: readonly EvaluationRow[];
  readonly agreement?: Agreement;
}

/** What {@link evaluate} found: one row a map, one measurement a metric, with a table and figures. Immutable. */
export class Evaluation implements Displayable {
  readonly image: string;
  readonly model: string;
  readonly seed: number;
  readonly rows: readonly EvaluationRow[];
  /** How alike the maps are, where several were given. */
  readonly agreement?: Agreement;

  constructor({ image, model, seed, rows, agreement }: EvaluationJson) {
    this.image = image;
    this.model = model;
    this.seed = seed;
    this.rows = rows;
    this.agreement = agreement;
    Object.freeze(this);
  }

  /**
   * One measurement; of the first map without a name.
   * @throws SightlineError `unknown-option` when it was not measured
   */
  get(metric: string, name: string = this.rows[0].name): Measurement {
    const row = this.rows.find((one) => one.name === name);
    const measurement = row?.measurements.find((one) => one.metric === metric);
    if (measurement) return measurement;
    const failure = row?.failures?.find((one) => one.metric === metric);
    throw new SightlineError("unknown-option", `no '${metric}' of '${name}' in this evaluation`, {
      received: { metric, name },
      expected: `${this.#metrics().join(", ")} of ${this.rows.map((row) => row.name).join(", ")}`,
      next: failure && `it could not be measured: ${failure.message}`,
    });
  }

  /** Plain data. */
  toJSON(): EvaluationJson {
    const { image, model, seed, rows, agreement } = this;
    return { image, model, seed, rows, agreement };
  }

  /** One row a map, one column a metric; small beside each value the mean of its random baseline and the chance of doing as well. */
  table(): Table {
    const tried = this.rows.flatMap(({ measurements, failures = [] }) => [...measurements, ...failures]);
    const better = new Map(tried.map((one) => [one.metric, one.better]));
    const metrics = [...better.keys()];
    const head = metrics.map((metric) => `${metric} ${ARROWS[better.get(metric) as "higher" | "lower"]}`);
    const { agreement } = this;
    return {
      head: ["method", "class", ...head, ...(agreement ? ["agreement"] : [])],
      rows: this.rows.map((row, i) => [
        { text: row.name },
        { text: row.target.label },
        ...metrics.map((metric) => cellOf(row, metric)),
        ...(agreement ? [numberCell(meanOfOthers(agreement.spearman[i], i))] : []),
      ]),
    };
  }

  /** The table as HTML. */
  html(): string {
    return htmlTable(this.table());
  }

  /** The table as Markdown. */
  markdown(): string {
    return markdownTable(this.table());
  }

  /**
   * A Plotly figure: the curves of a metric, the heat map of "agreement", or the values of a metric as bars, controls
   * in grey.
   * @throws SightlineError `unknown-option`
   */
  figure(name: string): PlotlyFigure {
    if (name === "agreement" && this.agreement) return agreementFigure(this.agreement);
    const measured = this.rows.flatMap((row) => {
      const one = row.measurements.find(({ metric }) => metric === name);
      return one ? [{ name: row.name, one }] : [];
    });
    if (measured.length === 0) this.get(name);
    return measured[0].one.curve ? curveFigure(name, measured) : barFigure(name, measured);
  }

  /** All figures by name. */
  figures(): Record<string, PlotlyFigure> {
    const names = [...this.#metrics(), ...(this.agreement ? ["agreement"] : [])];
    return Object.fromEntries(names.map((name) => [name, this.figure(name)]));
  }

  [displaySymbol](): MimeBundle {
    return { "text/html": this.html(), "text/plain": this.markdown() };
  }

  #metrics(): string[] {
    return [...new Set(this.rows.flatMap((row) => row.measurements.map(({ metric }) => metric)))];
  }
}

function cellOf({ measurements, failures }: EvaluationRow, metric: string): Cell {
  const failure = failures?.find((failed) => failed.metric === metric);
  if (failure) return { text: "failed", small: failure.message };
  const one = measurements.find((measured) => measured.metric === metric);
  if (!one) return { text: "" };
  const { value, nulls, parts } = one;
  if (one.metric === "cost") {
    return numberCell(value, parts && `${parts.backwardPasses} backward, ${Math.round(parts.milliseconds)} ms`);
  }
  if (!nulls) return numberCell(value);
  const { mean, centre, chance } = nulls;
  return numberCell(value, `random ${figureOf(mean)}, centre ${figureOf(centre)}, chance ${figureOf(chance)}`);
}

function meanOfOthers(row: readonly number[], self: number): number {
  return mean(row.filter((_, i) => i !== self));
}

type Named = readonly { readonly name: string; readonly one: Measurement }[];

function curveFigure(metric: string, measured: Named): PlotlyFigure {
  const line = (name: string, curve: Curve, style: object) => ({
    type: "scatter",
    mode: "lines",
    name,
    x: curve.x,
    y: curve.y,
    ...style,
  });
  const curves = measured[0].one.nulls?.curves;
  const controls = curves
    ? [
        line("random regions", curves.regions, { line: { color: GREY, dash: "dash" } }),
        line("centre", curves.centre, { line: { color: GREY, dash: "dot" } }),
      ]
    : [];
  return {
    data: [...measured.map(({ name, one }) => line(name, one.curve as Curve, {})), ...controls],
    layout: { xaxis: axis("share of pixels", [0, 1]), yaxis: axis(`score (${metric})`), legend: { orientation: "h" } },
  };
}

function barFigure(metric: string, measured: Named): PlotlyFigure {
  const names = measured.map(({ name }) => name);
  const control = (name: string, symbol: string, value: (baseline: RandomBaseline) => number) => ({
    type: "scatter",
    mode: "markers",
    name,
    x: names,
    y: measured.map(({ one }) => (one.nulls ? value(one.nulls) : null)),
    marker: { color: GREY, symbol, size: 10 },
  });
  const nulls = measured.some(({ one }) => one.nulls)
    ? [
        control("random regions", "line-ew-open", ({ mean }) => mean),
        control("centre", "circle-open", ({ centre }) => centre),
      ]
    : [];
  return {
    data: [{ type: "bar", name: metric, x: names, y: measured.map(({ one }) => one.value) }, ...nulls],
    layout: { xaxis: axis(""), yaxis: axis(metric), showlegend: nulls.length > 0 },
  };
}

function agreementFigure({ names, spearman }: Agreement): PlotlyFigure {
  const text = spearman.map((row) => row.map((value) => value.toFixed(2)));
  return {
    data: [
      {
        type: "heatmap",
        x: names,
        y: names,
        z: spearman,
        zmin: -1,
        zmax: 1,
        colorscale: "PuOr",
        text,
        texttemplate: "%{text}",
      },
    ],
    layout: { xaxis: axis(""), yaxis: { ...axis(""), autorange: "reversed" } },
  };
}
