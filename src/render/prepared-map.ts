import { resizeMap } from "../image/resize-map.js";
import type { Look, Polarity } from "./config.js";
import { type Evidence, evidence, type MapLike } from "./noise.js";

/** Width and height in whole pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The values between which colours run: nothing is drawn below `low`, everything from `high` up has the last colour. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

/** A map at the size it is drawn at, with what recolouring needs again and again. */
export interface PreparedMap extends Size {
  readonly source: MapLike;
  /** The values at this size; NaN where there are none. */
  readonly values: Float32Array;
  readonly evidence: Evidence;
  readonly percentiles: Percentiles;
}

/**
 * The first of two steps: everything that does not depend on the look. Maps of regions and maps that are not to be
 * smoothed keep their cells; all others are interpolated.
 *
 * @param options.scale size of the scores behind the map, see {@link evidence}
 */
export function prepareMap(
  map: MapLike,
  { width, height }: Size,
  { scale = 0, smooth = true }: { scale?: number; smooth?: boolean } = {},
): PreparedMap {
  const interpolate = smooth && !map.regions;
  return {
    source: map,
    width,
    height,
    values: interpolate
      ? resizeMap(map.data, map.width, map.height, width, height)
      : nearest(map.data, map.width, map.height, width, height),
    evidence: evidence(map, scale),
    percentiles: new Percentiles([map]),
  };
}

/** Copy at another size, each output pixel from the cell that its centre falls in. */
function nearest(data: Float32Array, width: number, height: number, newWidth: number, newHeight: number): Float32Array {
  const out = new Float32Array(newWidth * newHeight);
  for (let y = 0, o = 0; y < newHeight; y++) {
    const row = Math.floor(((y + 0.5) * height) / newHeight) * width;
    for (let x = 0; x < newWidth; x++, o++) out[o] = data[row + Math.floor(((x + 0.5) * width) / newWidth)];
  }
  return out;
}

/**
 * Percentiles of raw map values, sorted once for each polarity. Of signed maps, `positive` evidence is max(v, 0),
 * `negative` max(−v, 0), `both` |v|, zeros counted; of unsigned maps the values as they are. Values that are not finite
 * are left out. Several maps together have one scale.
 */
export class Percentiles {
  readonly #maps: readonly MapLike[];
  readonly #sorted = new Map<Polarity, Float32Array>();

  constructor(maps: readonly MapLike[]) {
    this.#maps = maps;
  }

  /** Value at a percentile (0…100), linear between the two nearest ranks; 0 where nothing is finite. */
  at(percentile: number, polarity: Polarity): number {
    const sorted = this.#values(polarity);
    if (sorted.length === 0) return 0;
    const rank = (percentile / 100) * (sorted.length - 1);
    const low = Math.floor(rank);
    const high = Math.min(sorted.length - 1, low + 1);
    return sorted[low] + (rank - low) * (sorted[high] - sorted[low]);
  }

  range({ polarity, clipBelow, clipAbove }: Pick<Look, "polarity" | "clipBelow" | "clipAbove">): Range {
    return { low: this.at(clipBelow, polarity), high: this.at(clipAbove, polarity) };
  }

  #values(polarity: Polarity): Float32Array {
    let sorted = this.#sorted.get(polarity);
    if (!sorted) {
      const all = new Float32Array(this.#maps.reduce((sum, { data }) => sum + data.length, 0));
      let count = 0;
      for (const { data, signed } of this.#maps) {
        const part = signed ? STRENGTH[polarity] : asIs;
        for (const value of data) if (Number.isFinite(value)) all[count++] = part(value);
      }
      sorted = all.subarray(0, count).sort();
      this.#sorted.set(polarity, sorted);
    }
    return sorted;
  }
}

const asIs = (value: number) => value;

const STRENGTH: Record<Polarity, (value: number) => number> = {
  positive: (value) => Math.max(value, 0),
  negative: (value) => Math.max(-value, 0),
  both: Math.abs,
};

/** Why nothing is drawn, in words for the picture; undefined where something is. */
export function emptiness(map: PreparedMap, polarity: Polarity): string | undefined {
  const { low, high, floor, aboveNoise } = map.evidence;
  if (!aboveNoise) return "no evidence above noise";
  if (polarity === "negative" && (!map.source.signed || -low <= floor)) return "no negative evidence above noise";
  if (polarity === "positive" && map.source.signed && high <= floor) return "no positive evidence above noise";
  return undefined;
}
