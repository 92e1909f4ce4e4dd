import { compactLabels, type Segments } from "./segments.js";

export interface FelzenszwalbOptions {
  /** The larger, the larger the segments; in units of the colour range times 255. */
  scale: number;
  /** Standard deviation of the Gaussian that smooths the picture first, in pixels. */
  sigma: number;
  /** Smaller segments are merged with a neighbour. */
  minSize: number;
}

/** Planes of a picture: [channel][pixel]. */
export type Planes = readonly (Float32Array | Float64Array)[];

/**
 * Efficient graph-based segmentation: pixels are joined along their edges, nearest colours first, where the difference is
 * at most what both sides already hold plus scale over their size. Felzenszwalb & Huttenlocher, IJCV 2004, algorithm 1 and
 * eq. 5, over 8 neighbours.
 */
export function felzenszwalb(planes: Planes, width: number, height: number, options: FelzenszwalbOptions): Segments {
  return segmentEdges(
    edgesOf(
      planes.map((plane) => smooth(plane, width, height, options.sigma)),
      width,
      height,
    ),
    width,
    height,
    options,
  );
}

/** The same at several scales, for the price of one sorting. */
export function felzenszwalbScales(
  planes: Planes,
  width: number,
  height: number,
  scales: readonly number[],
  { sigma, minSize }: Omit<FelzenszwalbOptions, "scale">,
): Segments[] {
  const edges = edgesOf(
    planes.map((plane) => smooth(plane, width, height, sigma)),
    width,
    height,
  );
  return scales.map((scale) => segmentEdges(edges, width, height, { scale, sigma, minSize }));
}

interface Edges {
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly cost: Float64Array;
  /** Edges by rising cost. */
  readonly order: Uint32Array;
}

/** Gaussian smoothing with mirrored edges, cut at 4 σ. */
function smooth(plane: ArrayLike<number>, width: number, height: number, sigma: number): Float64Array {
  if (sigma === 0) return Float64Array.from(plane);
  const radius = Math.floor(4 * sigma + 0.5);
  const kernel = Float64Array.from({ length: 2 * radius + 1 }, (_, i) =>
    Math.exp(-((i - radius) ** 2) / (2 * sigma * sigma)),
  );
  const total = kernel.reduce((sum, value) => sum + value, 0);
  const mirror = (i: number, size: number) => {
    const period = ((i % (2 * size)) + 2 * size) % (2 * size);
    return period < size ? period : 2 * size - 1 - period;
  };
  const along = (source: ArrayLike<number>, length: number, stride: number, lines: number, lineStride: number) => {
    const out = new Float64Array(width * height);
    const places = Array.from({ length: length + 2 * radius }, (_, i) => mirror(i - radius, length) * stride);
    for (let line = 0; line < lines; line++) {
      for (let i = 0; i < length; i++) {
        let sum = 0;
        for (let k = 0; k < kernel.length; k++) sum += kernel[k] * source[line * lineStride + places[i + k]];
        out[line * lineStride + i * stride] = sum / total;
      }
    }
    return out;
  };
  return along(along(plane, height, width, width, 1), width, 1, height, width);
}

/** Right, down and both diagonal neighbours, with the distance of their colours. */
function edgesOf(planes: readonly Float64Array[], width: number, height: number): Edges {
  const most = 4 * width * height;
  const from = new Int32Array(most);
  const to = new Int32Array(most);
  const cost = new Float64Array(most);
  let count = 0;
  const add = (x0: number, x1: number, y0: number, y1: number, step: number) => {
    for (let y = y0; y < y1; y++) {
      for (let x = x0; x < x1; x++, count++) {
        const p = y * width + x;
        let square = 0;
        for (const plane of planes) square += (plane[p + step] - plane[p]) ** 2;
        from[count] = p;
        to[count] = p + step;
        cost[count] = Math.sqrt(square);
      }
    }
  };
  add(0, width - 1, 0, height, 1);
  add(0, width, 0, height - 1, width);
  add(0, width - 1, 0, height - 1, width + 1);
  add(1, width, 0, height - 1, width - 1);
  const order = new Uint32Array(count).map((_, i) => i).sort((a, b) => cost[a] - cost[b]);
  return { from, to, cost, order };
}

function segmentEdges(
  { from, to, cost, order }: Edges,
  width: number,
  height: number,
  { scale, minSize }: FelzenszwalbOptions,
): Segments {
  const parent = new Int32Array(width * height).map((_, i) => i);
  const size = new Int32Array(width * height).fill(1);
  const inner = new Float64Array(width * height);
  const root = (pixel: number) => {
    let top = pixel;
    while (parent[top] !== top) top = parent[top];
    for (let at = pixel; parent[at] !== top; ) {
      const next = parent[at];
      parent[at] = top;
      at = next;
    }
    return top;
  };
  const join = (a: number, b: number) => {
    parent[b] = a;
    size[a] += size[b];
    return a;
  };
  const slack = scale / 255;
  for (const edge of order) {
    const [a, b] = [root(from[edge]), root(to[edge])];
    if (a === b || cost[edge] >= Math.min(inner[a] + slack / size[a], inner[b] + slack / size[b])) continue;
    inner[join(a, b)] = cost[edge];
  }
  for (const edge of order) {
    const [a, b] = [root(from[edge]), root(to[edge])];
    if (a !== b && (size[a] < minSize || size[b] < minSize)) join(a, b);
  }
  return compactLabels(
    parent.map((_, i) => root(i)),
    width,
    height,
  );
}
