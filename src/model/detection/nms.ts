import type { BoxCorners, Detection } from "./types.js";

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
export function suppress(found: readonly Detection[], { overlap, limit }: NmsOptions): Detection[] {
  const order = [...found].sort((a, b) => b.score - a.score);
  const kept: Detection[] = [];
  for (const candidate of order) {
    if (kept.length >= limit) break;
    const covered = kept.some(({ label, box }) => label === candidate.label && iou(box, candidate.box) > overlap);
    if (!covered) kept.push(candidate);
  }
  return kept;
}

/** Intersection over union of two boxes, 0…1. */
export function iou(a: BoxCorners, b: BoxCorners): number {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  if (width <= 0 || height <= 0) return 0;
  const area = ([x1, y1, x2, y2]: BoxCorners) => (x2 - x1) * (y2 - y1);
  return (width * height) / (area(a) + area(b) - width * height);
}
