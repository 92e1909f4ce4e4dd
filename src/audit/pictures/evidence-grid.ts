import { massInside } from "../../evaluate/relevance-mass.js";
import type { SaliencyMap } from "../../explanation/saliency-map.js";

/** Evidence is measured on a grid of so many cells a side. */
export const EVIDENCE_GRID = 40;

/** The positive evidence of a map on the grid, [EVIDENCE_GRID · EVIDENCE_GRID]; undefined where there is none. */
export function evidenceOf(map: SaliencyMap): Float32Array | undefined {
  const evidence = map.resize(EVIDENCE_GRID, EVIDENCE_GRID).data.map((value) => Math.max(0, value));
  return evidence.some((value) => value > 0) ? evidence : undefined;
}

/** Share of the evidence in the strongest tenth of the cells. */
export function concentration(evidence: Float32Array): number {
  const sorted = evidence.toSorted();
  const sum = (values: Float32Array) => values.reduce((total, value) => total + value, 0);
  return sum(sorted.subarray(-Math.round(sorted.length / 10))) / sum(sorted);
}

const BORDER = Uint8Array.from({ length: EVIDENCE_GRID * EVIDENCE_GRID }, (_, i) => {
  const [x, y] = [i % EVIDENCE_GRID, Math.floor(i / EVIDENCE_GRID)];
  return Math.min(x, y, EVIDENCE_GRID - 1 - x, EVIDENCE_GRID - 1 - y) < EVIDENCE_GRID / 10 ? 1 : 0;
});

/** Share of the evidence on an object. @param cells how much of each cell the object covers, 0…1 */
export function coveredShare(evidence: Float32Array, cells: Float32Array): number {
  let [covered, total] = [0, 0];
  for (let i = 0; i < evidence.length; i++) {
    covered += evidence[i] * cells[i];
    total += evidence[i];
  }
  return covered / total;
}

/** Share of the evidence in the outer tenth on each side. */
export const borderShare = (evidence: Float32Array) => massInside(evidence, BORDER);
