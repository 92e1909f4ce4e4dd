import { SightlineError } from "../core/errors.js";
import { checkRange } from "../methods/pixel-gradients.js";
import type { Trial } from "./metric-context.js";

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

/** What an option can be: one of some words, or a number within bounds. */
export type Limit = readonly string[] | { readonly from: number; readonly to: number; readonly whole?: boolean };

/** A metric: its static facts and its function. One file each; the registry lists them. */
export interface Metric<Options extends object> {
  readonly name: string;
  /** Half a sentence for tables and tooltips. */
  readonly summary: string;
  readonly better: "higher" | "lower";
  readonly needs: readonly MetricNeed[];
  /**
   * What stands in for the map in the null: "ranks" where only the order of the pixels counts (nulls are then shared
   * by all maps of a picture), "values" where values count (nulls take the map's own), "none" where a map that does
   * not come from the model has no meaning.
   */
  readonly nulls: "ranks" | "values" | "none";
  /** Whether measuring costs forward passes. */
  readonly passes: boolean;
  readonly source: string;
  /** Every option; `undefined` where the picture decides. */
  readonly defaults: Options;
  readonly limits: Readonly<Record<keyof Options, Limit | undefined>>;
  measure(trial: Trial, options: Options): Promise<Outcome> | Outcome;
}

/** A metric with its options' type kept; what each metric's file exports. */
export function metric<Options extends object>(definition: Metric<Options>): Metric<Options> {
  return definition;
}

/** @throws SightlineError `bad-config` when an option is outside of its limits */
export function checkLimits({ name, limits }: Metric<object>, options: object): void {
  for (const [key, limit] of Object.entries<Limit | undefined>(limits)) {
    const value: unknown = options[key as keyof object];
    if (limit === undefined || value === undefined) continue;
    if ("from" in limit) checkRange(`${name}'s ${key}`, value as number, limit.from, limit.to, limit.whole);
    else if (!limit.includes(value as string)) {
      throw new SightlineError("bad-config", `${name}'s ${key} is ${value}`, {
        received: value,
        expected: limit.join(", "),
      });
    }
  }
}
