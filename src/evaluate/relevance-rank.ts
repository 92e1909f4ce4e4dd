import { topMembership } from "../core/ranks.js";
import { metric } from "./metric.js";

/** Share of the region that the map's largest values cover when there are as many of them as pixels in the region. */
export function rankInside(values: Float32Array, region: Uint8Array): number {
  const area = region.reduce((sum, inside) => sum + inside, 0);
  const member = topMembership(values, area);
  return region.reduce((sum, inside, i) => sum + inside * member[i], 0) / area;
}

/**
 * Relevance rank accuracy: of the K largest values, K the object's area, the share on it. Values tied
 * at the border share the places that are left; negative values rank like others. Arras et al. 2022, eq. 4.
 */
export const relevanceRank = metric<object>({
  name: "relevance-rank",
  summary: "share of the object's area that the largest values cover",
  better: "higher",
  needs: ["region"],
  nulls: "ranks",
  passes: false,
  source: "Arras, Osman & Samek, CLEVR-XAI, Information Fusion 2022",
  defaults: {},
  limits: {},
  measure: ({ map, region }) => ({ value: rankInside(map.values, region) }),
});
