/** Left, top, right and bottom, in pixels. */
export type BoxCorners = readonly [x1: number, y1: number, x2: number, y2: number];

/** Intersection over union of two boxes, 0…1. */
export function iou(a: BoxCorners, b: BoxCorners): number {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  if (width <= 0 || height <= 0) return 0;
  const area = ([x1, y1, x2, y2]: BoxCorners) => (x2 - x1) * (y2 - y1);
  return (width * height) / (area(a) + area(b) - width * height);
}
