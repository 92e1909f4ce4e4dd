import type { ExplanationData } from "../explanation/explanation-data.js";
import type { ExplainedTarget } from "../explanation/parts.js";
import type { SaliencyMap } from "../explanation/saliency-map.js";
import { type ResolvedConfig, resolveConfig, type VisualizationConfig } from "./config.js";
import { emptiness, Percentiles, prepareMap, type Range } from "./prepared-map.js";

/** One map to be drawn. */
export interface MapItem {
  readonly explanation: ExplanationData;
  readonly target: ExplainedTarget;
  readonly map: SaliencyMap;
  readonly config: ResolvedConfig;
  /** Maps of one group have one scale. */
  readonly group: string;
}

export function mapItems(explanation: ExplanationData, config: VisualizationConfig, position: number): MapItem[] {
  const { provenance, defaults, artifacts } = explanation;
  const signed = explanation.map().signed;
  const resolved = resolveConfig(config, { method: provenance.method, signed, defaults });
  const targets = resolved.targets ?? explanation.targets.map(({ index }) => index);
  return targets
    .map((target) => {
      const at = explanation.indexOf(target);
      return {
        explanation,
        target: explanation.targets[at],
        map: explanation.map(target),
        config: resolved,
        group: resolved.separateScales ? `${position} ${at}` : `${provenance.method} ${provenance.score} ${signed}`,
      };
    })
    .filter(({ map }) => artifacts.length === 0 || map.data.some((value) => value !== 0));
}

/** The size of the scores behind a map, for telling evidence from rounding. */
export function scoreScale(
  { provenance }: ExplanationData,
  { probability }: Pick<ExplainedTarget, "probability">,
): number {
  return { probability, logit: 0.01, none: 0 }[provenance.score];
}

/** One range for each group of maps, of those that say anything. */
export function sharedRanges(items: readonly MapItem[]): Map<string, Range> {
  const ranges = new Map<string, Range>();
  for (const group of new Set(items.map((item) => item.group))) {
    const members = items.filter((item) => item.group === group);
    const withEvidence = members.filter(({ map, explanation, target, config }) => {
      const prepared = prepareMap(map, { width: 1, height: 1 }, { scale: scoreScale(explanation, target) });
      return emptiness(prepared, config.polarity) === undefined;
    });
    const maps = (withEvidence.length > 0 ? withEvidence : members).map(({ map }) => map);
    ranges.set(group, new Percentiles(maps).range(members[0].config));
  }
  return ranges;
}
