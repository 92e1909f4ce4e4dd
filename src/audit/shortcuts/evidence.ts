import { resizeMap } from "../../image/resize-map.js";
import type { StoredMap } from "../types.js";
import type { Shortcut } from "./types.js";

/** Evidence is compared on a grid of so many cells a side. */
const GRID = 32;
/** Side of the common region, in cells: a quarter of the picture. */
const BOX = 8;
/** Maps are clustered at this size, as evidence that is slightly displaced is the same. */
const COARSE = 8;

/** The positive evidence of a map, [GRID · GRID]. */
export const evidenceOf = ({ data, width, height }: StoredMap): Float32Array =>
  resizeMap(data, width, height, GRID, GRID).map((value) => Math.max(0, value));

/** The evidence summed over larger cells, [COARSE · COARSE]. */
export function coarse(evidence: Float32Array): Float32Array {
  const step = GRID / COARSE;
  const small = new Float32Array(COARSE * COARSE);
  evidence.forEach((value, i) => {
    small[Math.floor(Math.floor(i / GRID) / step) * COARSE + Math.floor((i % GRID) / step)] += value;
  });
  return small;
}

export function meanEvidence(all: readonly Float32Array[]): Float32Array {
  const mean = new Float32Array(GRID * GRID);
  for (const evidence of all) for (let i = 0; i < mean.length; i++) mean[i] += evidence[i] / all.length;
  return mean;
}

/**
 * The box that holds most of the evidence, and how much of it.
 * @param side of the box, in cells
 */
export function hottestBox(evidence: Float32Array, side = BOX): { box: Shortcut["box"]; share: number } {
  const total = evidence.reduce((sum, value) => sum + value, 0);
  let best = { x: 0, y: 0, sum: -1 };
  for (let y = 0; y + side <= GRID; y++) {
    for (let x = 0; x + side <= GRID; x++) {
      let sum = 0;
      for (let v = y; v < y + side; v++) for (let u = x; u < x + side; u++) sum += evidence[v * GRID + u];
      if (sum > best.sum) best = { x, y, sum };
    }
  }
  const box = { x: best.x / GRID, y: best.y / GRID, width: side / GRID, height: side / GRID };
  return { box, share: total > 0 ? best.sum / total : 0 };
}
