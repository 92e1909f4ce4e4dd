import { contours } from "d3-contour";
import { resizeMap } from "../image/resize-map.js";
import type { RawImage } from "../image/types.js";
import { boxMean } from "./box-mean.js";
import { colourTable, LEVELS } from "./colour-maps.js";
import type { Look } from "./config.js";
import type { PreparedMap, Range } from "./prepared-map.js";

/** A closed line, points as fractions of width and height. */
export interface Ring {
  readonly points: readonly (readonly [x: number, y: number])[];
  /** Its height on the scale, 0…1; the inner lines are the higher ones. */
  readonly level: number;
  /** Around evidence against the class. */
  readonly against: boolean;
}

/** Cells along the longer side of the grid that contours are taken from. */
const GRID = 160;

/** Heights of the lines, as shares of the highest point of the smoothed map. */
const LINES = [0.3, 0.5, 0.8];

/** Rings around less than this share of the picture are specks. */
const SPECK = 0.002;

/**
 * Contours of a clipped map. Maps finer than the grid (gradients of every pixel) are averaged down to it and smoothed
 * by a Gaussian of 2 % of the longer side, or their lines would be dust; coarser ones are interpolated.
 */
export function outlines(map: PreparedMap, { polarity }: Pick<Look, "polarity">, range: Range): Ring[] {
  const sides = polarity === "both" && map.source.signed ? [false, true] : [polarity === "negative"];
  const grid = gridOf(map);
  const fields = sides.map((against) => ({ against, field: clippedField(map, range, against, grid) }));
  const top = fields.reduce((high, { field }) => field.reduce((a, b) => Math.max(a, b), high), 0);
  if (top === 0) return [];
  const trace = contours().size([grid.width, grid.height]);
  return fields.flatMap(({ field, against }) => {
    const values = Array.from(field);
    return LINES.flatMap((level) =>
      worthDrawing(trace.contour(values, level * top).coordinates.flat(), grid).map((ring) => ({
        level,
        against,
        points: ring.map(([x, y]) => [x / grid.width, y / grid.height] as const),
      })),
    );
  });
}

/** All rings but the specks; the largest where there is nothing else. */
function worthDrawing(rings: number[][][], grid: Grid): number[][][] {
  const least = SPECK * grid.width * grid.height;
  const large = rings.filter((ring) => area(ring) >= least);
  if (large.length > 0 || rings.length === 0) return large;
  return [rings.reduce((a, b) => (area(b) > area(a) ? b : a))];
}

function area(ring: readonly (readonly number[])[]): number {
  let twice = 0;
  for (let i = 1; i < ring.length; i++) twice += ring[i - 1][0] * ring[i][1] - ring[i][0] * ring[i - 1][1];
  return Math.abs(twice) / 2;
}

interface Grid {
  readonly width: number;
  readonly height: number;
}

function gridOf({ width, height }: PreparedMap): Grid {
  const scale = GRID / Math.max(width, height);
  return { width: Math.max(2, Math.round(width * scale)), height: Math.max(2, Math.round(height * scale)) };
}

/** The map between the two ends of its scale, 0…1, on the grid. */
function clippedField(map: PreparedMap, { low, high }: Range, against: boolean, grid: Grid): Float32Array {
  const { source, values, width, height } = map;
  const sign = against ? -1 : 1;
  const clip = (value: number) => {
    const strength = sign * value;
    if (!(strength > low) || (source.signed && strength <= 0)) return 0;
    return strength >= high ? 1 : (strength - low) / (high - low);
  };
  if (source.width >= grid.width || source.height >= grid.height) {
    return blur(boxMean(source.data.map(clip), source.width, source.height, grid.width, grid.height), grid);
  }
  if (source.regions) return blur(boxMean(values.map(clip), width, height, grid.width, grid.height), grid);
  return resizeMap(source.data, source.width, source.height, grid.width, grid.height).map(clip);
}

/** Gaussian of 2 % of the grid's longer side, edges clamped. */
function blur(data: Float32Array, { width, height }: Grid): Float32Array {
  const sigma = 0.02 * GRID;
  const reach = Math.ceil(3 * sigma);
  const kernel = Array.from({ length: 2 * reach + 1 }, (_, i) => Math.exp(-((i - reach) ** 2) / (2 * sigma ** 2)));
  const total = kernel.reduce((sum, weight) => sum + weight);
  const along = (from: Float32Array, lines: number, stride: number, length: number, step: number) => {
    const to = new Float32Array(from.length);
    for (let line = 0; line < lines; line++) {
      for (let i = 0; i < length; i++) {
        let sum = 0;
        for (let k = -reach; k <= reach; k++) {
          sum += kernel[k + reach] * from[line * stride + Math.min(length - 1, Math.max(0, i + k)) * step];
        }
        to[line * stride + i * step] = sum / total;
      }
    }
    return to;
  };
  return along(along(data, height, width, width, 1), width, 1, height, width);
}

/** Draws the contours of a map into RGBA pixels that hold what lies below; `mask_black` shows the picture inside them. */
export function strokeOutlines(
  map: PreparedMap,
  picture: RawImage,
  look: Look,
  range: Range,
  out: Uint8ClampedArray,
): void {
  const { width, height } = map;
  const rings = outlines(map, look, range);
  if (look.overlay === "mask_black") reveal(rings, picture, out);
  const colours = colourTable(look.colourMap, look.polarity);
  const thickness = Math.max(1.5, Math.max(width, height) / 180);
  const brush = new Brush(width, height, out);
  brush.draw(rings, thickness + 2, [0, 0, 0], 0.35);
  for (const level of LINES) {
    for (const against of [false, true]) {
      const lines = rings.filter((ring) => ring.level === level && ring.against === against);
      const half = look.polarity === "both" && against ? LEVELS + 1 : 0;
      const at = (half + Math.round((0.25 + 0.75 * level) * LEVELS)) * 3;
      brush.draw(lines, thickness, colours.subarray(at, at + 3), 1);
    }
  }
}

/** Draws closed lines with smooth edges into RGBA pixels; what runs along the border is left out. */
class Brush {
  /** How much of each pixel the lines of one stroke cover, 0…1; zero between strokes. */
  readonly #cover: Float32Array;
  readonly #touched: Int32Array;

  constructor(
    readonly width: number,
    readonly height: number,
    readonly out: Uint8ClampedArray,
  ) {
    this.#cover = new Float32Array(width * height);
    this.#touched = new Int32Array(width * height);
  }

  draw(rings: readonly Ring[], thickness: number, colour: ArrayLike<number>, strength: number): void {
    const { width, height, out } = this;
    const cover = this.#cover;
    const touched = this.#touched;
    const reach = thickness / 2 + 0.5;
    const onBorder = (a: number, b: number) => (a <= 0 && b <= 0) || (a >= 1 && b >= 1);
    let count = 0;
    for (const { points } of rings) {
      for (let i = 1; i < points.length; i++) {
        const [au, av] = points[i - 1];
        const [bu, bv] = points[i];
        if (onBorder(au, bu) || onBorder(av, bv)) continue;
        const [ax, ay, dx, dy] = [au * width - 0.5, av * height - 0.5, (bu - au) * width, (bv - av) * height];
        const length = dx * dx + dy * dy || 1;
        const left = Math.max(0, Math.ceil(ax + Math.min(0, dx) - reach));
        const right = Math.min(width - 1, Math.floor(ax + Math.max(0, dx) + reach));
        const bottom = Math.min(height - 1, Math.floor(ay + Math.max(0, dy) + reach));
        for (let y = Math.max(0, Math.ceil(ay + Math.min(0, dy) - reach)); y <= bottom; y++) {
          for (let x = left; x <= right; x++) {
            const along = Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / length));
            const [u, v] = [x - ax - along * dx, y - ay - along * dy];
            const covered = Math.min(1, reach - Math.sqrt(u * u + v * v));
            const at = y * width + x;
            if (covered <= cover[at]) continue;
            if (cover[at] === 0) touched[count++] = at;
            cover[at] = covered;
          }
        }
      }
    }
    for (let i = 0; i < count; i++) {
      const at = touched[i];
      const share = cover[at] * strength;
      for (let c = 0; c < 3; c++) out[at * 4 + c] += share * (colour[c] - out[at * 4 + c]);
      cover[at] = 0;
    }
  }
}

/** Copies the picture into the pixels inside the outermost lines (even–odd rule along each row). */
function reveal(rings: readonly Ring[], { width, height, data }: RawImage, out: Uint8ClampedArray): void {
  for (const against of [false, true]) {
    const outer = rings.filter((ring) => ring.level === LINES[0] && ring.against === against);
    for (let y = 0; y < height; y++) {
      const crossings = outer.flatMap(({ points }) => crossingsOf(points, (y + 0.5) / height)).sort((a, b) => a - b);
      for (let i = 0; i + 1 < crossings.length; i += 2) {
        const end = Math.round(crossings[i + 1] * width);
        for (let x = Math.round(crossings[i] * width); x < end; x++) {
          for (let c = 0; c < 3; c++) out[(y * width + x) * 4 + c] = data[(y * width + x) * 3 + c];
        }
      }
    }
  }
}

/** Where a closed line crosses a row. */
function crossingsOf(points: Ring["points"], y: number): number[] {
  const crossings: number[] = [];
  for (let i = 1; i < points.length; i++) {
    const [[ax, ay], [bx, by]] = [points[i - 1], points[i]];
    if (ay <= y !== by <= y) crossings.push(ax + ((y - ay) / (by - ay)) * (bx - ax));
  }
  return crossings;
}
