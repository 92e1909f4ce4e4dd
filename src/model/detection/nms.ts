import { iou } from "../../core/box.js";
import type { Detection } from "./types.js";

export interface NmsOptions {
  /** Boxes of one label that overlap more (IoU, 0…1) are the same object. */
  readonly overlap: number;
  /** Objects kept at most. */
  readonly limit: number;
}

/**
 * Greedy non-maximum suppression, label by label: the most confident box goes first and removes those of its label that
 * overlap it too much.
 * @returns most confident first; equal scores stay in their order
 */
export function suppress(objects: readonly Detection[], { overlap, limit }: NmsOptions): Detection[] {
  const order = [...objects].sort((a, b) => b.score - a.score);
  const kept: Detection[] = [];
  for (const candidate of order) {
    if (kept.length >= limit) break;
    const covered = kept.some(({ label, box }) => label === candidate.label && iou(box, candidate.box) > overlap);
    if (!covered) kept.push(candidate);
  }
  return kept;
}
