import { files } from "#platform/files";
import { yieldToEventLoop } from "../core/event-loop.js";
import type { RawImage, Rect } from "./types.js";

const sinc = (x: number) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

/** All of them antialiased but "nearest". */
export type PillowKernel = "nearest" | "bilinear" | "bicubic" | "lanczos";

/** Reconstruction kernels: radius, and weight at a distance from the centre. */
const KERNELS: Record<PillowKernel, { readonly radius: number; weight(x: number): number }> = {
  nearest: { radius: 0.5, weight: () => 1 },
  bilinear: { radius: 1, weight: (x: number) => Math.max(0, 1 - x) },
  /** Keys with a = −½ (Catmull–Rom). */
  bicubic: {
    radius: 2,
    weight: (x: number) => (x < 1 ? (1.5 * x - 2.5) * x * x + 1 : x < 2 ? (((x - 5) * x + 8) * x - 4) * -0.5 : 0),
  },
  /** Three lobes. */
  lanczos: { radius: 3, weight: (x: number) => (x < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Which samples make one of the result, and with which weights. */
interface Taps {
  readonly first: number;
  /** Fixed-point numbers, 22 bits after the point. */
  readonly weights: Int32Array;
}

const ONE = 2 ** 22;

function tapsOf(from: number, to: number, start: number, count: number, kernel: PillowKernel): Taps[] {
  const { radius, weight } = KERNELS[kernel];
  const scale = from / to;
  const stretch = Math.max(1, scale);
  const reach = radius * stretch;
  return Array.from({ length: count }, (_, i) => {
    const centre = (start + i + 0.5) * scale;
    if (kernel === "nearest") return { first: Math.min(from - 1, Math.floor(centre)), weights: Int32Array.of(ONE) };
    const first = Math.max(0, Math.floor(centre - reach + 0.5));
    const last = Math.min(from, Math.floor(centre + reach + 0.5));
    const raw = new Float64Array(last - first);
    let sum = 0;
    for (let k = 0; k < raw.length; k++) {
      raw[k] = weight(Math.abs((k + first - centre + 0.5) * (1 / stretch)));
      sum += raw[k];
    }
    const weights = new Int32Array(raw.length);
    for (let k = 0; k < raw.length; k++) {
      const value = (raw[k] / sum) * ONE;
      weights[k] = value < 0 ? value - 0.5 : value + 0.5;
    }
    return { first, weights };
  });
}

/** `assembly/resample.ts`, which says what lies where. */
interface Arithmetic {
  readonly memory: WebAssembly.Memory;
  across(row: number, weights: number, count: number, to: number): void;
  down(row: number, weight: number, sums: number, count: number): void;
  finish(sums: number, to: number, count: number): void;
}

let compiled: Promise<WebAssembly.Module> | undefined;
/** Those with nothing to do. Each works on one picture at a time. */
const idle: Arithmetic[] = [];
/** Browsers set aside gigabytes of addresses for each memory, and refuse more than about a hundred: later pictures wait. */
const MOST_AT_ONCE = 4;
/** Memory of WebAssembly never shrinks: one that has grown further is let go. */
const MOST_IDLE_BYTES = 8 * 2 ** 20;
const PAGE = 2 ** 16;

let atWork = 0;
const waiting: (() => void)[] = [];

/** Has a picture worked on, when its turn comes. */
async function withArithmetic<T>(work: (unit: Arithmetic) => Promise<T>): Promise<T> {
  if (atWork < MOST_AT_ONCE) atWork++;
  else await new Promise<void>((turn) => waiting.push(turn));
  try {
    compiled ??= files.asset("image/resample.wasm").then((code) => WebAssembly.compile(code));
    const unit = idle.pop() ?? ((await WebAssembly.instantiate(await compiled)).exports as unknown as Arithmetic);
    const made = await work(unit);
    if (unit.memory.buffer.byteLength <= MOST_IDLE_BYTES) idle.push(unit);
    return made;
  } finally {
    const next = waiting.shift();
    if (next) next();
    else atWork--;
  }
}

const roundUp = (value: number, unit: number) => Math.ceil(value / unit) * unit;

/**
 * A window of a picture at another size: first its rows are scaled, then its columns, rounded to bytes after each, with
 * half-pixel centres; kernels widen as the picture gets smaller. The very bytes of Pillow 13's `Image.resize` (its
 * `Resample.c`; torchvision and timm prepare pictures with it).
 *
 * @param size width and height of the whole picture when it is scaled
 * @param window the part of it that is made, in pixels of the scaled picture
 */
export async function resample(image: RawImage, size: Size, window: Rect, kernel: PillowKernel): Promise<RawImage> {
  const { width, height } = window;
  if (columnsFirst(image, size) && image.width !== size.width) {
    const whole = { x: 0, y: window.y, width: image.width, height };
    const low = await resample(image, { width: image.width, height: size.height }, whole, kernel);
    return resample(low, { width: size.width, height }, { ...window, y: 0 }, kernel);
  }
  const columns = tapsOf(image.width, size.width, window.x, width, kernel);
  const rows = tapsOf(image.height, size.height, window.y, height, kernel);
  const stride = image.width * 3;
  const line = roundUp(width * 3 + 1, 16);
  const slots = mostAtOnce(rows);

  const table = tableOf(columns);
  const row = roundUp(table.byteLength, 16);
  const scaled = row + roundUp(stride + 15, 16);
  const finished = scaled + line;
  const sums = finished + line;
  const bytes = sums + slots * line * 4;

  return withArithmetic(async (unit) => {
    const data = new Uint8Array(width * height * 3);
    const missing = Math.ceil((bytes - unit.memory.buffer.byteLength) / PAGE);
    if (missing > 0) unit.memory.grow(missing);
    const memory = new Uint8Array(unit.memory.buffer);
    memory.set(new Uint8Array(table.buffer));
    memory.fill(0, sums, bytes);
    const slot = (index: number) => sums + (index % slots) * line * 4;

    let [opened, closed] = [0, 0];
    for (let y = rows[0].first; closed < height; y++) {
      if (y % 16 === 0) await yieldToEventLoop();
      while (opened < height && rows[opened].first <= y) opened++;
      if (opened === closed) continue;
      memory.set(image.data.subarray(y * stride, (y + 1) * stride), row);
      unit.across(row, 0, width, scaled);
      for (let i = closed; i < opened; i++) unit.down(scaled, rows[i].weights[y - rows[i].first], slot(i), line);
      for (; closed < opened && end(rows[closed]) <= y + 1; closed++) {
        unit.finish(slot(closed), finished, line);
        data.set(memory.subarray(finished, finished + width * 3), closed * width * 3);
      }
    }
    return { data, width, height };
  });
}

/** Pillow 13 scales the columns first where the picture loses more than twice as many rows as columns. */
function columnsFirst(image: Size, size: Size): boolean {
  const lost = image.height - size.height;
  return lost > 0 && lost > 2 * (image.width - size.width);
}

const end = ({ first, weights }: Taps) => first + weights.length;

/** How many rows of the result are being added up at a time, at most. */
function mostAtOnce(rows: readonly Taps[]): number {
  let most = 0;
  for (let i = 0, next = 0; i < rows.length; i++) {
    while (next < rows.length && rows[next].first < end(rows[i])) next++;
    most = Math.max(most, next - i);
  }
  return most;
}

/** Where each pixel of a row starts, and its weights in groups of four, low and high parts apart. */
function tableOf(columns: readonly Taps[]): Int32Array {
  const groups = columns.map(({ weights }) => Math.ceil(weights.length / 4));
  const table = new Int32Array(4 * groups.reduce((sum, count) => sum + 1 + count, 0));
  let at = 0;
  for (const [i, { first, weights }] of columns.entries()) {
    table[at] = first * 3;
    table[at + 1] = groups[i];
    at += 4;
    for (let k = 0; k < groups[i] * 4; k += 2) {
      const [a, b] = [weights[k] ?? 0, weights[k + 1] ?? 0];
      table[at++] = ((b & 0xfff) << 16) | (a & 0xfff);
      table[at++] = ((b >> 12) << 16) | ((a >> 12) & 0xffff);
    }
  }
  return table;
}
