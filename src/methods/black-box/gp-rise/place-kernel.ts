import type { CooperativeTask } from "../../../core/cooperative.js";
import type { RawImage } from "../../../image/types.js";
import { toLab } from "../../../segment/lab.js";

/** Places of the prior along each side. */
export const PRIOR_SIDE = 28;
/** Places of the map along each side. */
export const MAP_SIDE = 56;

/** How far a place speaks for others. */
export interface Reach {
  /** How far a place speaks for its surroundings: σ of the kernel, as a share of the picture's longer side. */
  reach: number;
  /** How far a colour speaks for like ones: σ of the kernel, in CIELAB units; 1000 leaves colour out. */
  colourReach: number;
}

/** Mean colours of a grid of blocks in CIELAB, three planes [count · count]. */
function blockColours({ data, width, height }: RawImage, count: number): Float32Array[] {
  const means = new Uint8Array(count * count * 3);
  const edge = (i: number, size: number) => Math.floor((i * size) / count);
  for (let block = 0; block < count * count; block++) {
    const [top, left] = [edge(Math.floor(block / count), height), edge(block % count, width)];
    const bottom = Math.max(top + 1, edge(Math.floor(block / count) + 1, height));
    const right = Math.max(left + 1, edge((block % count) + 1, width));
    const sum = [0, 0, 0];
    for (let y = top; y < bottom; y++) {
      for (let x = left; x < right; x++) for (let c = 0; c < 3; c++) sum[c] += data[3 * (y * width + x) + c];
    }
    for (let c = 0; c < 3; c++) means[3 * block + c] = Math.round(sum[c] / ((bottom - top) * (right - left)));
  }
  return toLab({ data: means, width: count, height: count });
}

const FALLOFF_STEPS = 256;
const FALLOFF = Float64Array.from({ length: 20 * FALLOFF_STEPS + 2 }, (_, i) => Math.exp(-i / FALLOFF_STEPS));

/** exp(−t / 256) by linear interpolation, to 2e-6; three million of them make a kernel. */
function gaussian(t: number): number {
  if (t >= 20 * FALLOFF_STEPS) return 0;
  const i = t | 0;
  return FALLOFF[i] + (t - i) * (FALLOFF[i + 1] - FALLOFF[i]);
}

/** The kernel between a grid of places (rows) and the prior's 28 × 28 (columns). */
export function* placeKernel(
  image: RawImage,
  count: number,
  { reach, colourReach }: Readonly<Reach>,
): CooperativeTask<Float64Array[]> {
  const longer = Math.max(image.width, image.height);
  const near = (size: number) =>
    Array.from({ length: count }, (_, i) =>
      Float64Array.from({ length: PRIOR_SIDE }, (__, j) => {
        const distance = (((i + 0.5) / count - (j + 0.5) / PRIOR_SIDE) * size) / longer;
        return Math.exp(-(distance ** 2) / (2 * reach ** 2));
      }),
    );
  const down = near(image.height);
  const across = near(image.width);
  const [l, a, b] = blockColours(image, count);
  const [priorL, priorA, priorB] = count === PRIOR_SIDE ? [l, a, b] : blockColours(image, PRIOR_SIDE);
  const falloff = FALLOFF_STEPS / (2 * colourReach ** 2);
  const rowOf = (p: number) => {
    const row = new Float64Array(PRIOR_SIDE * PRIOR_SIDE);
    const [rowNear, columnNear] = [down[Math.floor(p / count)], across[p % count]];
    for (let y = 0, q = 0; y < PRIOR_SIDE; y++) {
      for (let x = 0; x < PRIOR_SIDE; x++, q++) {
        const difference = (l[p] - priorL[q]) ** 2 + (a[p] - priorA[q]) ** 2 + (b[p] - priorB[q]) ** 2;
        row[q] = rowNear[y] * columnNear[x] * (0.5 + 0.5 * gaussian(difference * falloff));
      }
    }
    return row;
  };
  const rows: Float64Array[] = [];
  while (rows.length < count * count) {
    rows.push(rowOf(rows.length));
    yield;
  }
  return rows;
}
