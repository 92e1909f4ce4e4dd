import type { RawImage } from "../core/raw-image.js";
import type { Samples } from "../platform/pictures.js";

interface Range {
  readonly low: number;
  readonly high: number;
}

/** Largest whole numbers of bytes, 12 bits and 16 bits. The first one that no value exceeds counts. */
const WHOLE = [255, 4_095, 65_535];
/** Ranges of fractions; a value may lie beyond the first two by as much as resampling adds. */
const FRACTIONS: readonly Range[] = [
  { low: 0, high: 1 },
  { low: -1, high: 1 },
];
const BEYOND = 0.05;
/** Fractions whose largest value is less than this share of a range are not of that range. */
const LEAST_SHARE = 1 / 16;

/** A picture of more than 8 bits as bytes. */
export interface Scaled {
  readonly image: RawImage;
  /** What was made 0…255. */
  readonly range: Range;
  /** Whether the range is one that pictures are stored in, and not merely that of this picture's values. */
  readonly known: boolean;
}

/**
 * Brings samples of any range to 0…255: bytes, 12 or 16 bits, 0…1 or −1…1 of floats, and what fits none of them from its
 * smallest to its largest value. Of more than three channels the first three are red, green and blue.
 * @returns undefined where a sample is no finite number
 */
export function toBytes(samples: Samples, background: number): Scaled | undefined {
  const { data, width, height, channels, hasAlpha } = samples;
  const colours = hasAlpha ? channels - 1 : channels;
  const values = extentOf(data, channels, 0, Math.min(3, colours));
  if (!Number.isFinite(values.low + values.high)) return undefined;
  const known = knownRange(values, samples.most);
  const { low, high } = known ?? { low: values.low, high: Math.max(values.high, values.low + 1) };
  const opaque = hasAlpha ? alphaRange(extentOf(data, channels, colours, channels).high) : 1;
  const rgb = new Uint8ClampedArray(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    const alpha = hasAlpha ? data[i * channels + colours] / opaque : 1;
    for (let c = 0; c < 3; c++) {
      const value = (255 * (data[i * channels + (colours < 3 ? 0 : c)] - low)) / (high - low);
      rgb[3 * i + c] = value * alpha + background * (1 - alpha);
    }
  }
  return { image: { data: rgb, width, height }, range: { low, high }, known: known !== undefined };
}

interface Extent extends Range {
  readonly whole: boolean;
}

/** Smallest and largest value of some channels, NaN where one is none. */
function extentOf(data: Float32Array, channels: number, from: number, to: number): Extent {
  let [low, high, whole] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, true];
  for (let at = 0; at < data.length; at += channels) {
    for (let c = from; c < to; c++) {
      const value = data[at + c];
      low = Math.min(low, value);
      high = Math.max(high, value);
      whole &&= Number.isInteger(value);
    }
  }
  return { low, high, whole };
}

function knownRange({ low, high, whole }: Extent, most = Number.POSITIVE_INFINITY): Range | undefined {
  const enough = [...WHOLE, most].sort((a, b) => a - b).find((range) => high <= range);
  const ofNumbers = low >= 0 && enough !== undefined && enough <= 65_535 ? { low: 0, high: enough } : undefined;
  if (whole && high > 1) return ofNumbers;
  const fraction = FRACTIONS.find((range) => low >= range.low - BEYOND && high <= range.high + BEYOND);
  return fraction ?? (ofNumbers && high > LEAST_SHARE * ofNumbers.high ? ofNumbers : undefined);
}

const alphaRange = (most: number) => [1, ...WHOLE].find((range) => most <= range) ?? most;
