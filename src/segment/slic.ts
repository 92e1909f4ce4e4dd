import type { RawImage } from "../image/types.js";
import { toLab } from "./lab.js";
import { compactLabels, type Segments } from "./segments.js";

export interface SlicOptions {
  /** Upper bound of the number of segments; a few less come out. */
  count: number;
  /** How much nearness counts against likeness of colour; higher makes segments squarer. */
  compactness: number;
  iterations: number;
}

export const slicDefaults: Readonly<SlicOptions> = { count: 64, compactness: 10, iterations: 10 };

/**
 * Simple linear iterative clustering: k-means in CIELAB and position, each centre looking no further than two steps of
 * its grid. Every segment is connected (4 neighbours): scraps go to the segment they touch.
 * Achanta et al., SLIC Superpixels, PAMI 2012, eq. 3 and §3.4.
 */
export function slic(image: RawImage, options: Partial<SlicOptions> = {}): Segments {
  const { count, compactness, iterations } = { ...slicDefaults, ...options };
  const { width, height } = image;
  const features = [...toLab(image), new Float32Array(width * height), new Float32Array(width * height)];
  for (let p = 0; p < width * height; p++) {
    features[3][p] = p % width;
    features[4][p] = Math.floor(p / width);
  }
  const centres = seeds(features, width, height, count);
  const step = Math.sqrt((width * height) / centres.length);
  const nearness = (compactness / step) ** 2;
  const labels = new Int32Array(width * height);
  for (let i = 0; i < iterations; i++) {
    assign(features, centres, labels, width, height, step, nearness);
    recentre(features, centres, labels);
  }
  return connect(labels, centres.length, width, height, step);
}

type Centre = Float64Array;

/** Centres of a regular grid of at most `count` cells, each moved to the flattest of its 3×3 pixels. */
function seeds([l, a, b, ...rest]: Float32Array[], width: number, height: number, count: number): Centre[] {
  const columns = Math.max(1, Math.min(width, count, Math.floor(Math.sqrt((count * width) / height))));
  const rows = Math.max(1, Math.min(height, Math.floor(count / columns)));
  const edge = (x: number, y: number) => {
    const left = y * width + Math.max(0, x - 1);
    const right = y * width + Math.min(width - 1, x + 1);
    const up = Math.max(0, y - 1) * width + x;
    const down = Math.min(height - 1, y + 1) * width + x;
    return [l, a, b].reduce((sum, f) => sum + (f[right] - f[left]) ** 2 + (f[down] - f[up]) ** 2, 0);
  };
  const centres: Centre[] = [];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const x = Math.floor(((column + 0.5) * width) / columns);
      const y = Math.floor(((row + 0.5) * height) / rows);
      let best = { x, y, edge: edge(x, y) };
      for (let v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); v++) {
        for (let u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); u++) {
          const here = edge(u, v);
          if (here < best.edge) best = { x: u, y: v, edge: here };
        }
      }
      const p = best.y * width + best.x;
      centres.push(Float64Array.from([l, a, b, ...rest], (feature) => feature[p]));
    }
  }
  return centres;
}

function assign(
  [l, a, b]: Float32Array[],
  centres: Centre[],
  labels: Int32Array,
  width: number,
  height: number,
  step: number,
  nearness: number,
): void {
  const distances = new Float32Array(labels.length).fill(Number.POSITIVE_INFINITY);
  const reach = 2 * step;
  centres.forEach(([cl, ca, cb, cx, cy], label) => {
    const right = Math.min(width - 1, Math.floor(cx + reach));
    const bottom = Math.min(height - 1, Math.floor(cy + reach));
    for (let y = Math.max(0, Math.ceil(cy - reach)); y <= bottom; y++) {
      for (let x = Math.max(0, Math.ceil(cx - reach)); x <= right; x++) {
        const p = y * width + x;
        const dl = l[p] - cl;
        const da = a[p] - ca;
        const db = b[p] - cb;
        const dx = x - cx;
        const dy = y - cy;
        const distance = dl * dl + da * da + db * db + nearness * (dx * dx + dy * dy);
        if (distance < distances[p]) {
          distances[p] = distance;
          labels[p] = label;
        }
      }
    }
  });
}

function recentre(features: Float32Array[], centres: Centre[], labels: Int32Array): void {
  const sizes = new Int32Array(centres.length);
  const sums = centres.map(() => new Float64Array(features.length));
  for (let p = 0; p < labels.length; p++) {
    const sum = sums[labels[p]];
    sizes[labels[p]]++;
    for (let f = 0; f < features.length; f++) sum[f] += features[f][p];
  }
  centres.forEach((centre, c) => {
    if (sizes[c] > 0) for (let f = 0; f < features.length; f++) centre[f] = sums[c][f] / sizes[c];
  });
}

/** Keeps each cluster's largest piece if it is not a scrap, and grows what is kept over the rest. */
function connect(labels: Int32Array, clusters: number, width: number, height: number, step: number): Segments {
  const size = width * height;
  const pieces = new Int32Array(size).fill(-1);
  const largest = Array.from({ length: clusters }, () => ({ piece: -1, size: 0 }));
  const queue = new Int32Array(size);
  let pieceCount = 0;
  const neighbours = (p: number, visit: (q: number) => void) => {
    if (p % width > 0) visit(p - 1);
    if (p % width < width - 1) visit(p + 1);
    if (p >= width) visit(p - width);
    if (p < size - width) visit(p + width);
  };
  for (let start = 0; start < size; start++) {
    if (pieces[start] >= 0) continue;
    let end = 0;
    const join = (q: number) => {
      if (pieces[q] >= 0 || labels[q] !== labels[start]) return;
      pieces[q] = pieceCount;
      queue[end++] = q;
    };
    join(start);
    for (let i = 0; i < end; i++) neighbours(queue[i], join);
    if (end > largest[labels[start]].size) largest[labels[start]] = { piece: pieceCount, size: end };
    pieceCount++;
  }
  const kept = new Set(largest.filter(({ size }) => size >= (step * step) / 4).map(({ piece }) => piece));
  if (kept.size === 0) return compactLabels(new Int32Array(size), width, height);
  let end = 0;
  for (let p = 0; p < size; p++) if (kept.has(pieces[p])) queue[end++] = p;
  for (let i = 0; i < end; i++) {
    const p = queue[i];
    neighbours(p, (q) => {
      if (kept.has(pieces[q])) return;
      pieces[q] = pieces[p];
      queue[end++] = q;
    });
  }
  return compactLabels(pieces, width, height);
}
