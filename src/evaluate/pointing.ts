import { metric } from "./metric.js";
import { massInside } from "./relevance-mass.js";

/**
 * Whether the largest value lies on the object or within `tolerance` pixels of it: 1 or 0, or, where several pixels
 * share the largest value, the share of them that do (so that a constant map points by chance).
 */
export function pointsAt(values: Float32Array, region: Uint8Array, width: number, tolerance: number): number {
  let top = Number.NEGATIVE_INFINITY;
  for (const value of values) top = Math.max(top, value);
  const height = values.length / width;
  const reach = Math.floor(tolerance);
  const hit = (pixel: number) => {
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    for (let dy = -reach; dy <= reach; dy++) {
      for (let dx = -reach; dx <= reach; dx++) {
        if (dx * dx + dy * dy > tolerance * tolerance) continue;
        const [px, py] = [x + dx, y + dy];
        if (px >= 0 && px < width && py >= 0 && py < height && region[py * width + px]) return true;
      }
    }
    return false;
  };
  let peaks = 0;
  let hits = 0;
  for (let i = 0; i < values.length; i++) {
    if (values[i] !== top) continue;
    peaks++;
    if (hit(i)) hits++;
  }
  return hits / peaks;
}

/**
 * The pointing game: does the map's maximum lie on the object, with a tolerance in pixels of the model's input? Zhang
 * et al., ECCV 2016. Pixels that share the maximum count in parts, so that a constant map points by chance; where all
 * values are negative the least negative one points. Its energy-based variant, the share of positive evidence inside (Wang et
 * al., Score-CAM, CVPRW 2020), stands beside it.
 */
export const pointing = metric<{ tolerance: number }>({
  name: "pointing",
  summary: "whether the map's maximum lies on the object",
  better: "higher",
  needs: ["region"],
  nulls: "ranks",
  passes: false,
  source: "Zhang et al., Excitation Backprop, ECCV 2016",
  defaults: { tolerance: 15 },
  limits: { tolerance: { from: 0, to: 1e4 } },
  measure: (context, { tolerance }) => ({
    value: pointsAt(context.map.values, context.region, context.width, tolerance),
    parts: { energy: massInside(context.map.values, context.region) },
  }),
});
