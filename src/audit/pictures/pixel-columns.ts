import type { RawImage } from "../../image/types.js";
import type { AuditRow } from "../row.js";

/** Longest side at which pictures are measured; larger ones are reduced by means of up to 3 × 3 pixels a cell. */
const SIDE = 256;
const SAMPLES = 3;
const LEVELS = 256;

type PixelColumns = Pick<AuditRow, "brightness" | "darkest" | "brightest" | "saturation" | "sharpness" | "entropy">;

/** What the pixels of a picture are like; `AuditRow` says what each number is. */
export function pixelColumns(image: RawImage): PixelColumns {
  const { luma, width, height, saturation } = reduced(image);
  const histogram = new Float64Array(LEVELS);
  let sum = 0;
  let squares = 0;
  for (const value of luma) {
    sum += value;
    squares += value * value;
    histogram[Math.min(LEVELS - 1, Math.floor(value * LEVELS))] += 1;
  }
  const total = luma.length;
  const brightness = sum / total;
  const variance = Math.max(0, squares / total - brightness ** 2);
  return {
    brightness,
    darkest: quantile(histogram, 0.05 * total),
    brightest: quantile(histogram, 0.95 * total),
    saturation,
    sharpness: variance > FLAT ? laplacianVariance(luma, width, height) / variance : 0,
    entropy: histogram.reduce(
      (bits, count) => (count > 0 ? bits + (count / total) * Math.log2(total / count) : bits),
      0,
    ),
  };
}

/** Variances below that of one level of 8 bits are rounding. */
const FLAT = (1 / 255) ** 2;

interface Reduced {
  readonly luma: Float32Array;
  readonly width: number;
  readonly height: number;
  readonly saturation: number;
}

function reduced({ data, width, height }: RawImage): Reduced {
  const scale = Math.max(1, width / SIDE, height / SIDE);
  const [across, down] = [Math.max(1, Math.round(width / scale)), Math.max(1, Math.round(height / scale))];
  const samples = Math.min(SAMPLES, Math.ceil(scale));
  const columns = positions(across * samples, width, 3);
  const rows = positions(down * samples, height, width * 3);
  const luma = new Float32Array(across * down);
  const share = 1 / (1000 * 255 * samples * samples);
  const line = new Int32Array(across);
  let colour = 0;
  for (let y = 0; y < down; y++) {
    line.fill(0);
    for (let row = y * samples; row < (y + 1) * samples; row++) colour += addRow(line, data, rows[row], columns);
    for (let x = 0; x < across; x++) luma[y * across + x] = line[x] * share;
  }
  return { luma, width: across, height: down, saturation: colour / (255 * rows.length * columns.length) };
}

/**
 * Adds a row's luma, in thousandths, to the cells that it belongs to; whole numbers, as this is most of the work.
 * @returns the sum over its pixels of largest minus smallest channel
 */
function addRow(line: Int32Array, data: ArrayLike<number>, row: number, columns: Int32Array): number {
  const samples = columns.length / line.length;
  let spread = 0;
  for (let cell = 0, column = 0; cell < line.length; cell++) {
    let sum = 0;
    for (let sample = 0; sample < samples; sample++, column++) {
      const from = row + columns[column];
      const r = data[from];
      const g = data[from + 1];
      const b = data[from + 2];
      sum += 299 * r + 587 * g + 114 * b;
      // twice the largest less the smallest, without a branch that no processor can foresee
      spread += Math.abs(r - g) + Math.abs(g - b) + Math.abs(b - r);
    }
    line[cell] += sum;
  }
  return spread / 2;
}

/** Evenly spread positions along a side, in steps. */
const positions = (count: number, size: number, step: number) =>
  Int32Array.from({ length: count }, (_, i) => Math.floor(((i + 0.5) * size) / count) * step);

/** The level that so many pixels do not exceed, 0…1. */
function quantile(histogram: Float64Array, count: number): number {
  let level = 0;
  for (let below = histogram[0]; below < count; below += histogram[level]) level += 1;
  return level / (LEVELS - 1);
}

/** Variance of what a pixel differs from its four neighbours. */
function laplacianVariance(luma: Float32Array, width: number, height: number): number {
  let [sum, squares, count] = [0, 0, 0];
  for (let y = 1; y < height - 1; y++) {
    for (let i = y * width + 1; i < (y + 1) * width - 1; i++) {
      const value = luma[i - width] + luma[i + width] + luma[i - 1] + luma[i + 1] - 4 * luma[i];
      sum += value;
      squares += value * value;
      count += 1;
    }
  }
  return count > 0 ? squares / count - (sum / count) ** 2 : 0;
}
