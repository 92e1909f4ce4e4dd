import { metric } from "./metric.js";

/** Share of positive evidence inside a region, 0…1; 0 where there is no positive evidence. */
export function massInside(values: Float32Array, region: Uint8Array): number {
  let inside = 0;
  let total = 0;
  for (let i = 0; i < values.length; i++) {
    const value = Math.max(0, values[i]);
    total += value;
    if (region[i]) inside += value;
  }
  return total > 0 ? inside / total : 0;
}

/**
 * Relevance mass accuracy: the share of positive evidence on the object. Arras et al., Information Fusion 2022, eq. 3.
 * 0 where there is none; a constant map above 0 has the object's share of the picture.
 */
export const relevanceMass = metric<object>({
  name: "relevance-mass",
  summary: "share of the positive evidence that lies on the object",
  better: "higher",
  needs: ["region"],
  nulls: "values",
  passes: false,
  source: "Arras, Osman & Samek, CLEVR-XAI, Information Fusion 2022",
  defaults: {},
  limits: {},
  measure: ({ map, region }) => ({ value: massInside(map.values, region) }),
});
