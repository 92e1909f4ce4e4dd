/** A point in any unit; y grows downwards. */
export type Point = readonly [x: number, y: number];
/** Red, green, blue, 0…1. */
export type Colour = readonly [number, number, number];

/** Samples per pixel along each axis. */
const SCALE = 3;

/** The samples that lie inside a polygon (even–odd rule at sample centres), as indices into a grid of `side`². */
function* inside(polygon: readonly Point[], side: number): Generator<number> {
  const heights = polygon.map(([, y]) => y);
  const bottom = Math.min(side, Math.ceil(Math.max(...heights)));
  for (let row = Math.max(0, Math.floor(Math.min(...heights))); row < bottom; row++) {
    const y = row + 0.5;
    const crossings: number[] = [];
    for (let i = 0; i < polygon.length; i++) {
      const [x0, y0] = polygon[i];
      const [x1, y1] = polygon[(i + 1) % polygon.length];
      if (y0 <= y !== y1 <= y) crossings.push(x0 + ((y - y0) / (y1 - y0)) * (x1 - x0));
    }
    crossings.sort((a, b) => a - b);
    for (let i = 0; i + 1 < crossings.length; i += 2) {
      const end = Math.min(side, Math.ceil(crossings[i + 1] - 0.5));
      for (let x = Math.max(0, Math.ceil(crossings[i] - 0.5)); x < end; x++) yield row * side + x;
    }
  }
}

/** The samples that lie within `radius` of a closed polygon's line. */
function* along(polygon: readonly Point[], radius: number, side: number): Generator<number> {
  for (let i = 0; i < polygon.length; i++) {
    const [x0, y0] = polygon[i];
    const [x1, y1] = polygon[(i + 1) % polygon.length];
    const length = Math.max((x1 - x0) ** 2 + (y1 - y0) ** 2, 1e-12);
    const top = Math.max(0, Math.floor(Math.min(y0, y1) - radius));
    const bottom = Math.min(side, Math.ceil(Math.max(y0, y1) + radius));
    const left = Math.max(0, Math.floor(Math.min(x0, x1) - radius));
    const right = Math.min(side, Math.ceil(Math.max(x0, x1) + radius));
    for (let row = top; row < bottom; row++) {
      for (let column = left; column < right; column++) {
        const dx = column + 0.5 - x0;
        const dy = row + 0.5 - y0;
        const t = Math.min(1, Math.max(0, (dx * (x1 - x0) + dy * (y1 - y0)) / length));
        if ((dx - t * (x1 - x0)) ** 2 + (dy - t * (y1 - y0)) ** 2 <= radius ** 2) yield row * side + column;
      }
    }
  }
}

const scaled = (polygon: readonly Point[]): Point[] => polygon.map(([x, y]) => [x * SCALE, y * SCALE]);

/** Anti-aliased polygons on a square picture: nine samples a pixel. Coordinates are pixels, fractions allowed. */
export class Raster {
  readonly #side: number;
  readonly #samples: Float32Array;

  /** @param background [size, size, 3] values 0…1 */
  constructor(
    readonly size: number,
    background: Float32Array,
  ) {
    this.#side = size * SCALE;
    this.#samples = new Float32Array(this.#side * this.#side * 3);
    for (let row = 0; row < this.#side; row++) {
      for (let column = 0; column < this.#side; column++) {
        const from = (Math.floor(row / SCALE) * size + Math.floor(column / SCALE)) * 3;
        const to = (row * this.#side + column) * 3;
        for (let channel = 0; channel < 3; channel++) this.#samples[to + channel] = background[from + channel];
      }
    }
  }

  fill(polygon: readonly Point[], colour: Colour): void {
    for (const sample of inside(scaled(polygon), this.#side)) this.#paint(sample, colour);
  }

  /** Draws a polygon's closed line with round joins. @param width in pixels */
  stroke(polygon: readonly Point[], width: number, colour: Colour): void {
    for (const sample of along(scaled(polygon), (width * SCALE) / 2, this.#side)) this.#paint(sample, colour);
  }

  #paint(sample: number, colour: Colour): void {
    for (let channel = 0; channel < 3; channel++) this.#samples[sample * 3 + channel] = colour[channel];
  }

  /** The picture, [size, size, 3] values 0…1. */
  reduce(): Float32Array {
    const pixels = new Float32Array(this.size * this.size * 3);
    for (let sample = 0; sample < this.#side * this.#side; sample++) {
      const row = Math.floor(sample / this.#side / SCALE);
      const column = Math.floor((sample % this.#side) / SCALE);
      for (let channel = 0; channel < 3; channel++) {
        pixels[(row * this.size + column) * 3 + channel] += this.#samples[sample * 3 + channel] / SCALE ** 2;
      }
    }
    return pixels;
  }
}

/**
 * The pixels that polygons and their lines cover by more than half, [size²] of 0 and 1.
 * @param width of the line, in pixels
 */
export function coverage(polygons: readonly (readonly Point[])[], width: number, size: number): Uint8Array {
  const side = size * SCALE;
  const samples = new Uint8Array(side * side);
  for (const polygon of polygons.map(scaled)) {
    for (const sample of inside(polygon, side)) samples[sample] = 1;
    for (const sample of along(polygon, (width * SCALE) / 2, side)) samples[sample] = 1;
  }
  const counts = new Uint8Array(size * size);
  for (let sample = 0; sample < samples.length; sample++) {
    counts[Math.floor(sample / side / SCALE) * size + Math.floor((sample % side) / SCALE)] += samples[sample];
  }
  return counts.map((count) => (count > SCALE ** 2 / 2 ? 1 : 0));
}
