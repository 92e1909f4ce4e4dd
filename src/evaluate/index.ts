export type { Baseline } from "../perturb/fill.js";
export { type Agreement, agreement } from "./agreement.js";
export { type CurveOptions, trapezoid } from "./curve.js";
export { type EvaluateOptions, evaluate, type MetricChoice } from "./evaluate.js";
export {
  Evaluation,
  type EvaluationJson,
  type EvaluationRow,
  type Measurement,
  type MetricFailure,
  type PlotlyFigure,
  type RandomBaseline,
  type RandomBaseline as Nulls,
} from "./evaluation.js";
export type { Mask } from "./ground-truth.js";
export type { InfidelityOptions } from "./infidelity.js";
export type { Curve, Metric, MetricNeed, Outcome } from "./metric.js";
export type { EvaluatedMap, MetricContext, MetricSetting, Rerun, Score } from "./metric-context.js";
export type { Estimate } from "./rank-statistics.js";
export { type RecommendOptions, recommend } from "./recommend.js";
export {
  type LeftOut,
  Recommendation,
  type RecommendationJson,
  type RecommendationRow,
  type Verdict,
} from "./recommendation.js";
export { type MetricFacts, type MetricName, type MetricOptions, metrics } from "./registry.js";
export type { RoadOptions } from "./road.js";
export type { SanityOptions } from "./sanity.js";
export type { SensitivityMaxOptions } from "./sensitivity-max.js";
export type { StabilityOptions } from "./stability.js";
export { type Summary, type SummaryEntry, summarise } from "./summary.js";
export type { Cell, Table } from "./table.js";
