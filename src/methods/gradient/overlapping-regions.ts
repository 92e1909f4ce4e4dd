import type { Segments } from "../../segment/segments.js";

/** A set of pixels by their numbers. */
export type Region = Int32Array;

/** Every segment of some segmentations, grown by a disk, as one overlapping family of regions. */
export function grownRegions(segmentations: readonly Segments[], radius: number): Region[] {
  return segmentations.flatMap((segments) => {
    const pixels: number[][] = Array.from({ length: segments.count }, () => []);
    segments.labels.forEach((label, p) => void pixels[label].push(p));
    return pixels.map((members) => grow(members, segments.width, segments.height, radius));
  });
}

/** Dilation with the disk dx² + dy² ≤ radius². */
function grow(pixels: readonly number[], width: number, height: number, radius: number): Region {
  const reach = Array.from({ length: 2 * radius + 1 }, (_, i) =>
    Math.floor(Math.sqrt(radius * radius - (i - radius) ** 2)),
  );
  const columns = width + 1;
  // Starts and ends of covered stretches, row by row.
  const marks = new Int32Array(columns * height);
  for (let i = 0; i < pixels.length; ) {
    const first = pixels[i];
    const y = Math.floor(first / width);
    let last = first;
    for (i++; i < pixels.length && pixels[i] === last + 1 && Math.floor(pixels[i] / width) === y; i++) last = pixels[i];
    for (let dy = -radius; dy <= radius; dy++) {
      const row = y + dy;
      if (row < 0 || row >= height) continue;
      marks[row * columns + Math.max(0, (first % width) - reach[dy + radius])]++;
      marks[row * columns + Math.min(width, (last % width) + reach[dy + radius] + 1)]--;
    }
  }
  const grown: number[] = [];
  for (let y = 0; y < height; y++) {
    let depth = 0;
    for (let x = 0; x < width; x++) {
      depth += marks[y * columns + x];
      if (depth > 0) grown.push(y * width + x);
    }
  }
  return Int32Array.from(grown);
}

/** Regions taken one after the other; each pixel has the density of what the region that brought it added. */
export interface Ranking {
  readonly density: Float32Array;
  /** The region's place in the order in which they were taken, 0 first; the last one is what none covered. */
  readonly regions: Int32Array;
}

/**
 * Takes again and again the region whose pixels that are not covered yet have the largest mean attribution, as long as it
 * adds at least `least` pixels. Kapishnikov et al. 2019, algorithm 1.
 */
export function rankRegions(attribution: Float32Array, regions: readonly Region[], least: number): Ranking {
  const counts = regions.map((region) => region.length);
  const sums = regions.map((region) => region.reduce((sum, p) => sum + attribution[p], 0));
  const holders: number[][] = Array.from({ length: attribution.length }, () => []);
  regions.forEach((region, r) => {
    for (const p of region) holders[p].push(r);
  });
  const waiting = new Set(regions.keys());
  const trace = new Trace(attribution);
  for (;;) {
    let best = -1;
    for (const r of waiting) {
      if (counts[r] < least) waiting.delete(r);
      else if (best < 0 || sums[r] / counts[r] > sums[best] / counts[best]) best = r;
    }
    if (best < 0) break;
    waiting.delete(best);
    trace.add(regions[best], (p) => {
      for (const r of holders[p]) {
        counts[r]--;
        sums[r] -= attribution[p];
      }
    });
  }
  return trace.finish();
}

/** The fast form: regions are ordered once, by their mean attribution whatever they overlap. */
export function rankRegionsOnce(attribution: Float32Array, regions: readonly Region[], least: number): Ranking {
  const density = (region: Region) => region.reduce((sum, p) => sum + attribution[p], 0) / region.length;
  const order = regions.map((region) => ({ region, value: density(region) })).sort((a, b) => b.value - a.value);
  const trace = new Trace(attribution);
  for (const { region } of order) if (trace.fresh(region) >= least) trace.add(region);
  return trace.finish();
}

class Trace {
  readonly #attribution: Float32Array;
  readonly #regions: Int32Array;
  readonly #density: Float32Array;
  #next = 0;

  constructor(attribution: Float32Array) {
    this.#attribution = attribution;
    this.#regions = new Int32Array(attribution.length).fill(-1);
    this.#density = new Float32Array(attribution.length);
  }

  fresh(region: Iterable<number>): number {
    let count = 0;
    for (const p of region) if (this.#regions[p] < 0) count++;
    return count;
  }

  add(region: Iterable<number>, take?: (pixel: number) => void): void {
    const added = Array.from(region).filter((p) => this.#regions[p] < 0);
    const density = added.reduce((sum, p) => sum + this.#attribution[p], 0) / added.length;
    for (const p of added) {
      this.#regions[p] = this.#next;
      this.#density[p] = density;
      take?.(p);
    }
    if (added.length > 0) this.#next++;
  }

  finish(): Ranking {
    this.add(this.#regions.keys());
    return { density: this.#density, regions: this.#regions };
  }
}
