import { metric } from "./metric.js";
import { rankInside } from "./relevance-rank.js";

/**
 * Intersection over union of the object with the map's largest values, as many as the object has pixels: no threshold
 * has to be chosen. With K pixels each, an overlap of k gives k / (2K − k). Values tied at the border share the places
 * that are left; negative values rank like others.
 */
export const iou = metric<object>({
  name: "iou",
  summary: "overlap of the object with as many of the largest values",
  better: "higher",
  needs: ["region"],
  nulls: "ranks",
  passes: false,
  source: "intersection over union (Jaccard index) at the mask's area",
  defaults: {},
  limits: {},
  measure({ map, region }) {
    const overlap = rankInside(map.values, region);
    return { value: overlap / (2 - overlap) };
  },
});
