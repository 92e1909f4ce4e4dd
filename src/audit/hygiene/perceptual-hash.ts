/** Side of the luma that pictures are compared by. */
export const GRID = 48;
/** Frequencies along each side that a hash knows, the mean left out: 63 bits. */
const FREQUENCIES = 8;

/** Luma of a picture, [GRID · GRID], row by row. */
export type Luma = Uint8Array;

/** Part of a picture, fractions of its sides. */
export interface Window {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const OFFSETS = [0, 0.025, 0.05, 0.075, 0.1];

/** The whole picture, and what is left of it after common crops: to 95 % in the middle, to 90 % at 25 places. */
export const WINDOWS: readonly Window[] = [
  { x: 0, y: 0, width: 1, height: 1 },
  { x: 0.025, y: 0.025, width: 0.95, height: 0.95 },
  ...OFFSETS.flatMap((y) => OFFSETS.map((x) => ({ x, y, width: 0.9, height: 0.9 }))),
];

const positionsOf = (key: string) => [...new Set(WINDOWS.map(key === "x" ? spanX : spanY))];
const spanX = ({ x, width }: Window) => `${x} ${width}`;
const spanY = ({ y, height }: Window) => `${y} ${height}`;

/** Of each span along a side, the cosines [FREQUENCIES, GRID] by which luma is multiplied. */
const COSINES = new Map([...positionsOf("x"), ...positionsOf("y")].map((span) => [span, cosinesOf(span)]));

function cosinesOf(span: string): Float64Array {
  const [start, length] = span.split(" ").map(Number);
  const cosines = new Float64Array(FREQUENCIES * GRID);
  for (let i = 0; i < GRID; i++) {
    const at = ((i + 0.5) / GRID - start) / length;
    if (at < 0 || at > 1) continue;
    for (let u = 0; u < FREQUENCIES; u++) cosines[u * GRID + i] = Math.cos(Math.PI * u * at);
  }
  return cosines;
}

/** Signs of low frequencies of a picture's parts (Zauner, "Implementation and benchmarking of perceptual image hash functions", 2010): two words for each of {@link WINDOWS}. */
export function hashesOf(luma: Luma): Int32Array {
  const hashes = new Int32Array(2 * WINDOWS.length);
  const rows = new Map<string, Float64Array>();
  for (const [w, window] of WINDOWS.entries()) {
    const key = spanY(window);
    const down = rows.get(key) ?? alongRows(luma, COSINES.get(key) as Float64Array);
    rows.set(key, down);
    hashes.set(signs(down, COSINES.get(spanX(window)) as Float64Array), 2 * w);
  }
  return hashes;
}

/** [FREQUENCIES, GRID]: cosines down, columns kept. */
function alongRows(luma: Luma, cosines: Float64Array): Float64Array {
  const out = new Float64Array(FREQUENCIES * GRID);
  for (let v = 0; v < FREQUENCIES; v++) {
    for (let y = 0; y < GRID; y++) {
      const cosine = cosines[v * GRID + y];
      if (cosine === 0) continue;
      for (let x = 0; x < GRID; x++) out[v * GRID + x] += cosine * luma[y * GRID + x];
    }
  }
  return out;
}

function signs(rows: Float64Array, cosines: Float64Array): [number, number] {
  const words: [number, number] = [0, 0];
  for (let v = 0; v < FREQUENCIES; v++) {
    for (let u = 0; u < FREQUENCIES; u++) {
      if (u + v === 0) continue;
      let sum = 0;
      for (let x = 0; x < GRID; x++) sum += cosines[u * GRID + x] * rows[v * GRID + x];
      if (sum > 0) words[v >> 2] |= 1 << bitOf(u, v);
    }
  }
  return words;
}

const bitOf = (u: number, v: number) => (v & 3) * FREQUENCIES + u;

/** What a hash is changed by when the picture is mirrored, left to right or upside down: signs of the odd frequencies. */
export const MIRRORED = masks((u) => u % 2 === 1);
export const UPSIDE_DOWN = masks((_, v) => v % 2 === 1);

function masks(odd: (u: number, v: number) => boolean): readonly [number, number] {
  const words: [number, number] = [0, 0];
  for (let v = 0; v < FREQUENCIES; v++) {
    for (let u = 0; u < FREQUENCIES; u++) if (odd(u, v)) words[v >> 2] |= 1 << bitOf(u, v);
  }
  return words;
}

/** How many bits of a word are set. */
export function bits(word: number): number {
  let v = word - ((word >>> 1) & 0x55555555);
  v = (v & 0x33333333) + ((v >>> 2) & 0x33333333);
  return Math.imul((v + (v >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
