import type { Limits } from "../core/options.js";
import type { MetricContext } from "./metric-context.js";

/** Points of a curve: `x` the share of pixels changed, 0…1, `y` the score there. */
export interface Curve {
  readonly x: readonly number[];
  readonly y: readonly number[];
}

/** What a metric found. */
export interface Outcome {
  readonly value: number;
  /** What the value is made of, or stands beside it. */
  readonly parts?: Readonly<Record<string, number>>;
  readonly curve?: Curve;
  readonly notes?: readonly string[];
}

/** "region": a mask or boxes of the object; "rerun": the method itself, to explain changed pictures or models. */
export type MetricNeed = "region" | "rerun";

/** A metric: its static facts and its function. One file each; the registry lists them. */
export interface Metric<Options extends object> {
  readonly name: string;
  /** Half a sentence for tables and tooltips. */
  readonly summary: string;
  readonly better: "higher" | "lower";
  readonly needs: readonly MetricNeed[];
  /**
   * What stands in for the map in the random baseline: "ranks" where only the order of the pixels counts (the same
   * random maps then serve all maps of a picture), "values" where values count (random maps take the map's own), "none"
   * where a map that does not come from the model has no meaning.
   */
  readonly nulls: "ranks" | "values" | "none";
  /** Whether measuring costs forward passes. */
  readonly passes: boolean;
  readonly source: string;
  /** Every option; `undefined` where the picture decides. */
  readonly defaults: Options;
  readonly limits: Limits<Options>;
  measure(context: MetricContext, options: Options): Promise<Outcome> | Outcome;
}

/** A metric with its options' type kept; what each metric's file exports. */
export function metric<Options extends object>(definition: Metric<Options>): Metric<Options> {
  return definition;
}
