import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import { random } from "../../core/random.js";

/** Spectral clustering of maps, as in SpRAy (Lapuschkin et al., Nature Communications 2019, methods). */
export interface SpectralOptions {
  /** Neighbours of each map in the graph. */
  neighbours: number;
  /** Most clusters to look for. */
  most: number;
  seed: number;
}

export interface SpectralResult {
  /** Cluster of each map, 0 … clusters − 1. */
  readonly labels: Int32Array;
  readonly clusters: number;
  /** Smallest eigenvalues of the normalised Laplacian, ascending; a gap behind the k-th speaks for k clusters. */
  readonly eigenvalues: readonly number[];
  /** Two spectral coordinates of each map, for a scatter. */
  readonly coordinates: readonly (readonly [number, number])[];
}

/**
 * Groups rows by the k-nearest-neighbour graph of their Euclidean distances: the eigenvectors of its symmetric
 * normalised Laplacian, their rows scaled to length 1, by k-means (von Luxburg, A tutorial on spectral clustering,
 * 2007, §4). k is where the eigenvalues make their largest step, at most `most`.
 * @param rows [count, dimensions]; at most about a thousand: time grows with the third power
 */
export function spectralClusters(
  rows: readonly Float32Array[],
  options: Partial<SpectralOptions> = {},
): SpectralResult {
  const { neighbours = 10, most = 8, seed = 0 } = options;
  const count = rows.length;
  if (count < 4) {
    return {
      labels: new Int32Array(count),
      clusters: Math.min(1, count),
      eigenvalues: [],
      coordinates: rows.map(() => [0, 0]),
    };
  }
  const adjacency = neighbourGraph(rows, Math.min(neighbours, count - 1));
  const scale = adjacency.map((row) => 1 / Math.sqrt(row.reduce((sum, weight) => sum + weight, 0)));
  const laplacian = new Matrix(
    adjacency.map((row, i) => Array.from(row, (weight, j) => (i === j ? 1 : 0) - scale[i] * weight * scale[j])),
  );
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(laplacian, { assumeSymmetric: true });
  const order = realEigenvalues.map((_, i) => i).sort((a, b) => realEigenvalues[a] - realEigenvalues[b]);
  const eigenvalues = order.slice(0, most + 2).map((i) => realEigenvalues[i]);
  const clusters = largestStep(eigenvalues, Math.min(most, count - 1));
  const vector = (k: number, i: number) => eigenvectorMatrix.get(i, order[k]);
  const embedded = rows.map((_, i) => {
    const row = Float64Array.from({ length: clusters }, (_, k) => vector(k, i));
    const length = Math.hypot(...row) || 1;
    return row.map((value) => value / length);
  });
  return {
    labels: clusters === 1 ? new Int32Array(count) : kMeans(embedded, clusters, seed),
    clusters,
    eigenvalues,
    coordinates: rows.map((_, i) => [vector(1, i) * scale[i], vector(2, i) * scale[i]]),
  };
}

/**
 * Two coordinates of each row by UMAP (McInnes, Healy & Melville, 2018), for a scatter: neighbours lie together, and
 * clusters do not shrink to points as in spectral coordinates. Distances between far ones mean little.
 */
export async function umapCoordinates(
  rows: readonly Float32Array[],
  { neighbours = 10, seed = 0 }: Partial<SpectralOptions> = {},
): Promise<(readonly [number, number])[]> {
  if (rows.length < 4) return rows.map(() => [0, 0]);
  // CommonJS: bundled, it has no names of its own
  const {
    default: { UMAP },
  } = await import("umap-js");
  const nNeighbors = Math.min(neighbours, rows.length - 1);
  const umap = new UMAP({ nComponents: 2, nNeighbors, random: random(seed).uniform });
  const fitted = await umap.fitAsync(rows.map((row) => Array.from(row)));
  return fitted.map(([u, v]) => [u, v]);
}

/** Symmetric: two maps are joined when one is among the other's nearest. */
function neighbourGraph(rows: readonly Float32Array[], neighbours: number): Float64Array[] {
  const count = rows.length;
  const distances = rows.map(() => new Float64Array(count));
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < i; j++) {
      let sum = 0;
      for (let d = 0; d < rows[i].length; d++) sum += (rows[i][d] - rows[j][d]) ** 2;
      distances[i][j] = sum;
      distances[j][i] = sum;
    }
  }
  const adjacency = rows.map(() => new Float64Array(count));
  for (let i = 0; i < count; i++) {
    const near = Array.from(distances[i].keys())
      .filter((j) => j !== i)
      .sort((a, b) => distances[i][a] - distances[i][b])
      .slice(0, neighbours);
    for (const j of near) {
      adjacency[i][j] = 1;
      adjacency[j][i] = 1;
    }
  }
  return adjacency;
}

function largestStep(eigenvalues: readonly number[], most: number): number {
  let best = 1;
  let largest = 0;
  for (let k = 1; k <= most && k < eigenvalues.length; k++) {
    const step = eigenvalues[k] - eigenvalues[k - 1];
    if (step > largest) {
      largest = step;
      best = k;
    }
  }
  return best;
}

const RESTARTS = 8;
const ROUNDS = 100;

/** Lloyd's algorithm from k-means++ starts; the best of several. */
export function kMeans(rows: readonly Float64Array[], clusters: number, seed: number): Int32Array {
  const source = random(seed);
  const squared = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, d) => sum + (value - b[d]) ** 2, 0);
  let best: { labels: Int32Array; cost: number } | undefined;
  for (let start = 0; start < RESTARTS; start++) {
    const centres = [rows[source.integer(rows.length)]];
    while (centres.length < clusters) {
      const far = rows.map((row) => Math.min(...centres.map((centre) => squared(row, centre))));
      centres.push(rows[drawn(far, source.uniform())]);
    }
    const labels = new Int32Array(rows.length).fill(-1);
    let cost = 0;
    for (let round = 0; round < ROUNDS; round++) {
      cost = 0;
      let moved = false;
      rows.forEach((row, i) => {
        const away = centres.map((centre) => squared(row, centre));
        const nearest = away.indexOf(Math.min(...away));
        moved ||= labels[i] !== nearest;
        labels[i] = nearest;
        cost += away[nearest];
      });
      if (!moved) break;
      centres.forEach((centre, c) => {
        const members = rows.filter((_, i) => labels[i] === c);
        if (members.length === 0) return;
        centres[c] = centre.map((_, d) => members.reduce((sum, row) => sum + row[d], 0) / members.length);
      });
    }
    if (!best || cost < best.cost) best = { labels, cost };
  }
  return (best as { labels: Int32Array }).labels;
}

/** Index drawn with probability proportional to the weights; `u` uniform in [0, 1). */
function drawn(weights: readonly number[], u: number): number {
  let left = u * weights.reduce((sum, weight) => sum + weight, 0);
  for (let i = 0; i < weights.length; i++) {
    left -= weights[i];
    if (left <= 0) return i;
  }
  return weights.length - 1;
}
