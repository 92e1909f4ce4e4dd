import { contours } from "d3-contour";
import type { Rgb } from "./colour-maps.js";

/** A closed line in pixels of the picture, x and y in turn. */
export type Contour = Float32Array;

interface Field {
  readonly values: Float32Array;
  readonly width: number;
  readonly height: number;
}

/** Closed lines around the values beyond a level: above it for side 1, below it for side −1. */
export function contoursOf({ values, width, height }: Field, level: number, side: number): Contour[] {
  const field = Array.from(values, (value) => (Number.isFinite(value) ? side * value : Number.NEGATIVE_INFINITY));
  const { coordinates } = contours().size([width, height]).contour(field, side * level);
  return coordinates.flat().map((ring) => Float32Array.from(ring.flat()));
}

/** Draws closed lines, smooth-edged, into RGBA pixels; the border of the picture is not drawn. */
export function strokeContours(
  lines: readonly Contour[],
  width: number,
  height: number,
  colour: Rgb,
  out: Uint8ClampedArray,
): void {
  const half = Math.max(0.75, Math.min(width, height) / 280);
  const edge = 0.51;
  for (const line of lines) {
    for (let i = 0; i + 3 < line.length; i += 2) {
      const [ax, ay, bx, by] = [line[i], line[i + 1], line[i + 2], line[i + 3]];
      const outside = (a: number, b: number, size: number) =>
        (a < edge && b < edge) || (a > size - edge && b > size - edge);
      if (outside(ax, bx, width) || outside(ay, by, height)) continue;
      strokeSegment(ax - 0.5, ay - 0.5, bx - 0.5, by - 0.5, half, width, height, colour, out);
    }
  }
}

function strokeSegment(
  ax: number,
  ay: number,
  bx: number,
  by: number,
  half: number,
  width: number,
  height: number,
  [red, green, blue]: Rgb,
  out: Uint8ClampedArray,
): void {
  const reach = half + 0.5;
  const left = Math.max(0, Math.ceil(Math.min(ax, bx) - reach));
  const right = Math.min(width - 1, Math.floor(Math.max(ax, bx) + reach));
  const top = Math.max(0, Math.ceil(Math.min(ay, by) - reach));
  const bottom = Math.min(height - 1, Math.floor(Math.max(ay, by) + reach));
  const [dx, dy] = [bx - ax, by - ay];
  const length = dx * dx + dy * dy;
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      const along = length > 0 ? Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / length)) : 0;
      const cover = reach - Math.hypot(x - ax - along * dx, y - ay - along * dy);
      if (cover <= 0) continue;
      const a = Math.min(1, cover);
      const o = (y * width + x) * 4;
      out[o] += a * (red - out[o]);
      out[o + 1] += a * (green - out[o + 1]);
      out[o + 2] += a * (blue - out[o + 2]);
    }
  }
}
