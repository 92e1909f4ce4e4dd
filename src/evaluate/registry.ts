import { didYouMean, SightlineError } from "../core/errors.js";
import { kindOf } from "../core/kind-of.js";
import { adcc } from "./adcc.js";
import { averageDrop } from "./average-drop.js";
import { completeness } from "./completeness.js";
import { complexity } from "./complexity.js";
import { cost } from "./cost.js";
import { deletion } from "./deletion.js";
import { infidelity } from "./infidelity.js";
import { insertion } from "./insertion.js";
import { iou } from "./iou.js";
import { irof } from "./irof.js";
import type { Metric } from "./metric.js";
import { pointing } from "./pointing.js";
import { relevanceMass } from "./relevance-mass.js";
import { relevanceRank } from "./relevance-rank.js";
import { road } from "./road.js";
import { sanity } from "./sanity.js";
import { sensitivityMax } from "./sensitivity-max.js";
import { srg } from "./srg.js";
import { stability } from "./stability.js";

/** Every metric by its name. A new one is a file and a line here. */
export const METRICS = {
  insertion,
  deletion,
  srg,
  road,
  irof,
  "average-drop": averageDrop,
  adcc,
  pointing,
  iou,
  "relevance-mass": relevanceMass,
  "relevance-rank": relevanceRank,
  infidelity,
  completeness,
  complexity,
  stability,
  "sensitivity-max": sensitivityMax,
  sanity,
  cost,
} as const;

/** Name of a metric. */
export type MetricName = keyof typeof METRICS;

/** The options of a metric by its name. */
export type MetricOptions<Name extends MetricName> =
  (typeof METRICS)[Name] extends Metric<infer Options> ? Options : never;

/** Static facts of a metric, as tables and tools need them. */
export type MetricFacts = Omit<Metric<object>, "measure">;

/**
 * Static facts of every metric.
 * @example
 * metrics()
 *   .filter(({ needs }) => needs.includes("region"))
 *   .map(({ name }) => name);
 */
export function metrics(): MetricFacts[] {
  return Object.values(METRICS).map(({ measure: _, ...facts }) => ({ ...facts }));
}

/**
 * The metric of a name.
 * @throws SightlineError `unknown-option` with suggestions
 */
export function findMetric(name: string): Metric<Record<string, unknown>> {
  if (Object.hasOwn(METRICS, name)) return METRICS[name as MetricName] as unknown as Metric<Record<string, unknown>>;
  throw new SightlineError(
    "unknown-option",
    `unknown metric ${typeof name === "string" ? `'${name}'` : kindOf(name)}`,
    {
      received: name,
      expected: `one of ${Object.keys(METRICS).join(", ")}, agreement`,
      next: didYouMean(name, Object.keys(METRICS)),
    },
  );
}
