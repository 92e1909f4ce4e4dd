import type { RawImage } from "../image/types.js";
import { toLab } from "./lab.js";
import { compactLabels, type Segments } from "./segments.js";

export interface QuickshiftOptions {
  /** σ of the density estimate in pixels; larger makes fewer segments. */
  kernelSize: number;
  /** Longest link, in pixels and scaled colour together. */
  maxDistance: number;
  /** Weight of colour against position, 0…1. */
  ratio: number;
}

export const quickshiftDefaults: Readonly<QuickshiftOptions> = { kernelSize: 4, maxDistance: 200, ratio: 0.2 };

/** exp(−t) for t = 0 … 16 in steps of 1/256; beyond that a density is left as it is. */
const STEPS = 256;
const EXPONENTIAL = Float32Array.from({ length: 16 * STEPS + 1 }, (_, i) => Math.exp(-(i + 0.5) / STEPS));

/**
 * Quick shift: every pixel is linked to the nearest one of higher density, in CIELAB and position together; what hangs
 * on one root is a segment. Neighbours further than 3 σ do not count. Equal densities are decided by the pixel's number, so it is deterministic.
 * Vedaldi & Soatto, ECCV 2008, §4.
 */
export function quickshift(image: RawImage, options: Partial<QuickshiftOptions> = {}): Segments {
  const { kernelSize, maxDistance, ratio } = { ...quickshiftDefaults, ...options };
  const { width, height } = image;
  const lab = toLab(image).map((plane) => plane.map((value) => value * ratio));
  const radius = Math.ceil(3 * kernelSize);
  const parents = link(lab, density(lab, width, height, radius, kernelSize), width, height, radius, maxDistance);
  const root = (p: number) => {
    let top = p;
    while (parents[top] !== top) top = parents[top];
    for (let q = p; parents[q] !== top; ) {
      const next = parents[q];
      parents[q] = top;
      q = next;
    }
    return top;
  };
  return compactLabels(
    Int32Array.from(parents, (_, p) => root(p)),
    width,
    height,
  );
}

/** Sum of Gaussians of the distances within the window; each pair of pixels is looked at once. */
function density(
  [l, a, b]: Float32Array[],
  width: number,
  height: number,
  radius: number,
  sigma: number,
): Float32Array {
  const sum = new Float32Array(width * height);
  const scale = STEPS / (2 * sigma * sigma);
  const limit = EXPONENTIAL.length;
  for (let dy = 0; dy <= Math.min(radius, height - 1); dy++) {
    for (let dx = dy === 0 ? 1 : -Math.min(radius, width - 1); dx <= Math.min(radius, width - 1); dx++) {
      const spatial = dx * dx + dy * dy;
      if (spatial > radius * radius) continue;
      const offset = dy * width + dx;
      for (let y = 0; y < height - dy; y++) {
        const end = y * width + Math.min(width, width - dx);
        for (let p = y * width + Math.max(0, -dx); p < end; p++) {
          const q = p + offset;
          const dl = l[p] - l[q];
          const da = a[p] - a[q];
          const db = b[p] - b[q];
          const index = ((spatial + dl * dl + da * da + db * db) * scale) | 0;
          if (index >= limit) continue;
          const weight = EXPONENTIAL[index];
          sum[p] += weight;
          sum[q] += weight;
        }
      }
    }
  }
  return sum;
}

/** The nearest pixel of higher density within the window, or the pixel itself. */
function link(
  [l, a, b]: Float32Array[],
  densities: Float32Array,
  width: number,
  height: number,
  radius: number,
  maxDistance: number,
): Int32Array {
  const offsets: { dx: number; dy: number; spatial: number }[] = [];
  for (let dy = -radius; dy <= radius; dy++) {
    for (let dx = -radius; dx <= radius; dx++) {
      const spatial = dx * dx + dy * dy;
      if (spatial > 0 && spatial <= radius * radius) offsets.push({ dx, dy, spatial });
    }
  }
  offsets.sort((one, other) => one.spatial - other.spatial);
  const dxs = Int32Array.from(offsets, ({ dx }) => dx);
  const dys = Int32Array.from(offsets, ({ dy }) => dy);
  const spatials = Int32Array.from(offsets, ({ spatial }) => spatial);
  const parents = Int32Array.from(densities, (_, p) => p);
  for (let y = 0, p = 0; y < height; y++) {
    for (let x = 0; x < width; x++, p++) {
      let best = maxDistance * maxDistance;
      for (let i = 0; i < spatials.length && spatials[i] < best; i++) {
        const u = x + dxs[i];
        const v = y + dys[i];
        if (u < 0 || u >= width || v < 0 || v >= height) continue;
        const q = v * width + u;
        if (densities[q] < densities[p] || (densities[q] === densities[p] && q > p)) continue;
        const dl = l[p] - l[q];
        const da = a[p] - a[q];
        const db = b[p] - b[q];
        const distance = spatials[i] + dl * dl + da * da + db * db;
        if (distance < best) {
          best = distance;
          parents[p] = q;
        }
      }
    }
  }
  return parents;
}
