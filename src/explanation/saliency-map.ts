import { SightlineError } from "../core/errors.js";
import { checkRange } from "../core/options.js";
import type { RawMap } from "../core/raw-map.js";
import { resizeMap } from "../image/resize-map.js";

const MOST_SIDE = 100_000;

/**
 * One class's map: raw float32 values, never normalised, rows from the top left, at the method's own resolution.
 * @example
 * const map = new SaliencyMap({ data: Float32Array.of(0, 1, 0, 3), width: 2, height: 2, signed: false });
 * console.log(map.peak());                                    // { x: 0.75, y: 0.75, value: 3 }
 * map.resize(224, 224);
 */
export class SaliencyMap {
  readonly data: Float32Array;
  readonly width: number;
  readonly height: number;
  /** Whether values below zero are evidence against the class. */
  readonly signed: boolean;
  /** For maps constant on segments: the segment of each value. */
  readonly regions?: Int32Array;
  /** Standard deviation of each value, where the method knows it. */
  readonly uncertainty?: Float32Array;

  /** @throws SightlineError `shape-mismatch` where the values do not fill width × height */
  constructor(map: RawMap & { signed: boolean }) {
    if (!(map?.data instanceof Float32Array) || map.data.length !== map.width * map.height) {
      throw new SightlineError(
        "shape-mismatch",
        `${map?.data?.length ?? "no"} values do not fill a map of ${map?.width} × ${map?.height}`,
        {
          received: map?.data?.length,
          expected: "a Float32Array of width × height values",
        },
      );
    }
    this.data = map.data;
    this.width = map.width;
    this.height = map.height;
    this.signed = map.signed;
    this.regions = map.regions;
    this.uncertainty = map.uncertainty;
  }

  /**
   * Bilinear (half-pixel centres, edges clamped) copy at another size, in pixels from 1.
   * @throws SightlineError `bad-config`
   */
  resize(width: number, height: number): SaliencyMap {
    checkRange("width", width, 1, MOST_SIDE, true);
    checkRange("height", height, 1, MOST_SIDE, true);
    if (width === this.width && height === this.height) return this;
    const resized = (data: Float32Array) => resizeMap(data, this.width, this.height, width, height);
    return new SaliencyMap({
      data: resized(this.data),
      width,
      height,
      signed: this.signed,
      uncertainty: this.uncertainty && resized(this.uncertainty),
    });
  }

  /** Where the largest value is, as fractions of width and height (centres of cells). */
  peak(): { x: number; y: number; value: number } {
    let best = 0;
    for (let i = 1; i < this.data.length; i++) if (this.data[i] > this.data[best]) best = i;
    return {
      x: ((best % this.width) + 0.5) / this.width,
      y: (Math.floor(best / this.width) + 0.5) / this.height,
      value: this.data[best],
    };
  }
}
