import { yieldToEventLoop } from "../core/event-loop.js";
import { roundHalfEven } from "../core/rounding.js";
import type { RawImage, Rect } from "./types.js";

interface Size {
  readonly width: number;
  readonly height: number;
}

/** The two samples of one side that make each of the result, and what they weigh. */
interface LinearTaps {
  readonly first: Int32Array;
  readonly second: Int32Array;
  readonly weights: Float64Array;
  readonly others: Float64Array;
}

/** The samples of one side that make one of the result: neighbours, each with its share. */
interface AreaTaps {
  readonly first: number;
  readonly shares: Float32Array;
}

/** Bits after the point of OpenCV's fixed-point weights: 11. */
const FIXED = 2048;

/**
 * A window of a picture at another size as OpenCV's `resize` makes it, to the byte (its `resize.cpp`): "opencv-linear"
 * is `INTER_LINEAR`, "opencv-area" `INTER_AREA`. "linear" is the former in exact arithmetic.
 */
export function resizeByOpenCv(
  image: RawImage,
  size: Size,
  window: Rect,
  interpolation: "linear" | "opencv-linear" | "opencv-area",
): Promise<RawImage> {
  if (interpolation === "linear") return resizeLinear(image, size, window, exactTaps, exactBlend);
  const shrunk = image.width >= size.width && image.height >= size.height;
  const halved = image.width === 2 * size.width && image.height === 2 * size.height;
  if ((interpolation === "opencv-area" && shrunk) || halved) return resizeArea(image, size, window);
  const place = interpolation === "opencv-area" ? enlargedPlace : centredPlace;
  return resizeLinear(image, size, window, fixedTaps(place), fixedBlend);
}

/** @param from samples of the picture @param to samples of the whole result @param clamped whether weights are, too */
type MakeTaps = (from: number, to: number, start: number, count: number, clamped: boolean) => LinearTaps;

/** One value of two rows, of which each was scaled across already. */
type Blend = (upper: number, lower: number, weight: number, other: number) => number;

async function resizeLinear(
  image: RawImage,
  size: Size,
  { x, y, width, height }: Rect,
  taps: MakeTaps,
  blend: Blend,
): Promise<RawImage> {
  const across = taps(image.width, size.width, x, width, true);
  const down = taps(image.height, size.height, y, height, false);
  const data = new Uint8Array(width * height * 3);
  const scaled = new Map<number, Float64Array>();
  const scaledRow = (row: number) => {
    const known = scaled.get(row);
    if (known) return known;
    const made = scaleRow(image, row, across);
    scaled.set(row, made);
    return made;
  };
  for (let row = 0, to = 0; row < height; row++) {
    if (row % 16 === 0) await yieldToEventLoop();
    const [first, second] = [down.first[row], down.second[row]];
    const [upper, lower] = [scaledRow(first), scaledRow(second)];
    for (let i = 0; i < width * 3; i++, to++) data[to] = blend(upper[i], lower[i], down.weights[row], down.others[row]);
    for (const old of scaled.keys()) if (old < first) scaled.delete(old);
  }
  return { data, width, height };
}

function scaleRow({ data, width }: RawImage, row: number, { first, second, weights, others }: LinearTaps) {
  const out = new Float64Array(first.length * 3);
  const start = row * width * 3;
  for (let x = 0, to = 0; x < first.length; x++) {
    const [a, b] = [start + first[x] * 3, start + second[x] * 3];
    for (let c = 0; c < 3; c++, to++) out[to] = data[a + c] * weights[x] + data[b + c] * others[x];
  }
  return out;
}

function emptyTaps(count: number): LinearTaps {
  return {
    first: new Int32Array(count),
    second: new Int32Array(count),
    weights: new Float64Array(count),
    others: new Float64Array(count),
  };
}

/** Half-pixel centres, edges clamped. */
const exactTaps: MakeTaps = (from, to, start, count) => {
  const taps = emptyTaps(count);
  for (let i = 0; i < count; i++) {
    const centre = Math.min(from - 1, Math.max(0, ((start + i + 0.5) * from) / to - 0.5));
    taps.first[i] = Math.floor(centre);
    taps.second[i] = Math.min(from - 1, taps.first[i] + 1);
    taps.others[i] = centre - taps.first[i];
    taps.weights[i] = 1 - taps.others[i];
  }
  return taps;
};

const exactBlend: Blend = (upper, lower, weight, other) => Math.round(upper * weight + lower * other);

/** Where a sample of the result lies between two of the picture: the first one, and how far behind it, in float32. */
type Place = (at: number, from: number, to: number) => readonly [first: number, behind: number];

const centredPlace: Place = (at, from, to) => {
  const centre = Math.fround((at + 0.5) * (1 / (to / from)) - 0.5);
  const first = Math.floor(centre);
  return [first, Math.fround(centre - first)];
};

const enlargedPlace: Place = (at, from, to) => {
  const enlarged = to / from;
  const first = Math.floor(at * (1 / enlarged));
  const behind = Math.fround(at + 1 - (first + 1) * enlarged);
  return [first, behind <= 0 ? 0 : Math.fround(behind - Math.floor(behind))];
};

/** OpenCV clamps the weights of columns, but only the places of rows. */
const fixedTaps =
  (place: Place): MakeTaps =>
  (from, to, start, count, clamped) => {
    const taps = emptyTaps(count);
    const inside = (at: number) => Math.min(from - 1, Math.max(0, at));
    for (let i = 0; i < count; i++) {
      const [first, behind] = place(start + i, from, to);
      const share = clamped && (first < 0 || first >= from - 1) ? 0 : behind;
      taps.first[i] = inside(first);
      taps.second[i] = inside(first + 1);
      taps.weights[i] = roundHalfEven(Math.fround(1 - share) * FIXED);
      taps.others[i] = roundHalfEven(share * FIXED);
    }
    return taps;
  };

const fixedBlend: Blend = (upper, lower, weight, other) =>
  (((weight * (upper >> 4)) >> 16) + ((other * (lower >> 4)) >> 16) + 2) >> 2;

/** Means of the pixels, and parts of pixels, that each new one covers. */
async function resizeArea(image: RawImage, size: Size, { x, y, width, height }: Rect): Promise<RawImage> {
  const [across, down] = [1 / (size.width / image.width), 1 / (size.height / image.height)];
  if (isWhole(across) && isWhole(down)) {
    return blockMeans(image, { x, y, width, height }, Math.round(across), Math.round(down));
  }
  const columns = areaTaps(image.width, across, x, width);
  const rows = areaTaps(image.height, down, y, height);
  const data = new Uint8Array(width * height * 3);
  const sums = new Float32Array(width * 3);
  const scaled = { row: -1, values: new Float32Array(width * 3) };
  for (const [i, { first, shares }] of rows.entries()) {
    if (i % 4 === 0) await yieldToEventLoop();
    for (const [k, share] of shares.entries()) {
      if (scaled.row !== first + k) averageRow(image, first + k, columns, scaled.values);
      scaled.row = first + k;
      for (let j = 0; j < sums.length; j++) {
        const part = Math.fround(scaled.values[j] * share);
        sums[j] = k === 0 ? part : sums[j] + part;
      }
    }
    for (let j = 0; j < sums.length; j++) data[i * width * 3 + j] = Math.min(255, roundHalfEven(sums[j]));
  }
  return { data, width, height };
}

const isWhole = (scale: number) => Math.abs(scale - Math.round(scale)) < Number.EPSILON;

function averageRow({ data, width }: RawImage, row: number, columns: readonly AreaTaps[], out: Float32Array): void {
  for (const [x, { first, shares }] of columns.entries()) {
    const start = (row * width + first) * 3;
    for (let c = 0; c < 3; c++) {
      let sum = 0;
      for (let k = 0; k < shares.length; k++) {
        sum = Math.fround(sum + Math.fround(data[start + k * 3 + c] * shares[k]));
      }
      out[x * 3 + c] = sum;
    }
  }
}

/** Parts of less than a thousandth of a pixel are left out. */
const LEAST_PART = 1e-3;

function areaTaps(from: number, scale: number, start: number, count: number): AreaTaps[] {
  return Array.from({ length: count }, (_, i) => {
    const begin = (start + i) * scale;
    const end = begin + scale;
    const cell = Math.min(scale, from - begin);
    const last = Math.min(Math.floor(end), from - 1);
    const first = Math.min(Math.ceil(begin), last);
    const shares: number[] = [];
    const begun = first - begin > LEAST_PART;
    if (begun) shares.push((first - begin) / cell);
    for (let at = first; at < last; at++) shares.push(1 / cell);
    if (end - last > LEAST_PART) shares.push(Math.min(end - last, 1, cell) / cell);
    return { first: begun ? first - 1 : first, shares: Float32Array.from(shares) };
  });
}

async function blockMeans(
  image: RawImage,
  { x, y, width, height }: Rect,
  across: number,
  down: number,
): Promise<RawImage> {
  const data = new Uint8Array(width * height * 3);
  const share = Math.fround(1 / (across * down));
  const quarters = across === 2 && down === 2;
  for (let row = 0, to = 0; row < height; row++) {
    if (row % 4 === 0) await yieldToEventLoop();
    for (let column = 0; column < width; column++) {
      const corner = ((y + row) * down * image.width + (x + column) * across) * 3;
      for (let c = 0; c < 3; c++, to++) {
        let sum = 0;
        for (let v = 0; v < down; v++) {
          const from = corner + v * image.width * 3 + c;
          for (let u = 0; u < across * 3; u += 3) sum += image.data[from + u];
        }
        data[to] = quarters ? (sum + 2) >> 2 : roundHalfEven(Math.fround(Math.fround(sum) * share));
      }
    }
  }
  return { data, width, height };
}
