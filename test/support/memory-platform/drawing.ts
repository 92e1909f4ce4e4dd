import type { Colour, Drawing, Pixels, Shape, Stroke } from "../../../src/platform/pictures.js";

type Point = readonly [x: number, y: number];
type Polygon = readonly Point[];

/** Places looked at along each side of a pixel. */
const SAMPLES = 4;

/** Straight pieces that a curve is made of. */
const PIECES = 8;

/** Paints a drawing list, shape by shape. */
export function draw({ width, height, background, shapes }: Drawing): Pixels {
  const canvas = { data: new Uint8Array(width * height * 3), width, height };
  const paper = channelsOf(background);
  for (let i = 0; i < canvas.data.length; i++) canvas.data[i] = paper[i % 3];
  for (const shape of shapes) paintShape(canvas, shape);
  return canvas;
}

function paintShape(canvas: Pixels, shape: Shape): void {
  switch (shape.kind) {
    case "image":
      paintImage(canvas, shape.pixels, shape.left, shape.top);
      break;
    case "path":
      fill(canvas, polygonsOf(shape.d), shape.fill, 1);
      break;
    case "rect": {
      const { x, y, width, height, stroke } = shape;
      if (shape.fill) fill(canvas, [rectangle(x, y, x + width, y + height)], shape.fill, shape.opacity ?? 1);
      if (stroke) fill(canvas, outline([x, y], [x + width, y + height], stroke), stroke.colour, 1);
    }
  }
}

function paintImage(canvas: Pixels, { data, width, height, channels = 3 }: Pixels, left: number, top: number): void {
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (y * width + x) * channels;
      const colour = [0, 1, 2].map((c) => data[from + (channels < 3 ? 0 : c)]);
      blend(canvas, x + left, y + top, colour, channels === 4 ? data[from + 3] / 255 : 1);
    }
  }
}

function blend({ data, width, height }: Pixels, x: number, y: number, colour: readonly number[], share: number): void {
  if (x < 0 || y < 0 || x >= width || y >= height) return;
  const at = (y * width + x) * 3;
  for (let c = 0; c < 3; c++) data[at + c] = Math.round(data[at + c] + share * (colour[c] - data[at + c]));
}

const channelsOf = (colour: Colour) => [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));

const rectangle = (x0: number, y0: number, x1: number, y1: number): Polygon => [
  [x0, y0],
  [x1, y0],
  [x1, y1],
  [x0, y1],
];

/** The line around a rectangle as rectangles: four, or one for each dash. */
function outline([x0, y0]: Point, [x1, y1]: Point, { width, dashes }: Stroke): Polygon[] {
  const half = width / 2;
  if (!dashes) {
    return [
      rectangle(x0 - half, y0 - half, x1 + half, y0 + half),
      rectangle(x0 - half, y1 - half, x1 + half, y1 + half),
      rectangle(x0 - half, y0 + half, x0 + half, y1 - half),
      rectangle(x1 - half, y0 + half, x1 + half, y1 - half),
    ];
  }
  const corners: Point[] = [
    [x0, y0],
    [x1, y0],
    [x1, y1],
    [x0, y1],
    [x0, y0],
  ];
  const pieces: Polygon[] = [];
  const period = dashes[0] + dashes[1];
  let gone = 0;
  for (let i = 0; i < 4; i++) {
    const [[ax, ay], [bx, by]] = [corners[i], corners[i + 1]];
    const length = Math.hypot(bx - ax, by - ay);
    const [ux, uy] = [(bx - ax) / length, (by - ay) / length];
    for (let at = 0; at < length; ) {
      const phase = (gone + at) % period;
      const end = Math.min(length, at + (phase < dashes[0] ? dashes[0] : period) - phase);
      if (phase < dashes[0]) {
        const [px, py] = [Math.abs(uy) * half, Math.abs(ux) * half];
        const [fx, fy, tx, ty] = [ax + ux * at, ay + uy * at, ax + ux * end, ay + uy * end];
        pieces.push(
          rectangle(Math.min(fx, tx) - px, Math.min(fy, ty) - py, Math.max(fx, tx) + px, Math.max(fy, ty) + py),
        );
      }
      at = end;
    }
    gone += length;
  }
  return pieces;
}

/** The rings of a path, curves as straight pieces. Knows M, L, H, V, Q, C and Z with absolute places. */
function polygonsOf(d: string): Polygon[] {
  const rings: Point[][] = [];
  let ring: Point[] = [];
  let [x, y] = [0, 0];
  const to = (next: Point) => {
    [x, y] = next;
    ring.push(next);
  };
  for (const [, command, text] of d.matchAll(/([MLHVQCZ])([^MLHVQCZ]*)/g)) {
    const n = (text.match(/-?(?:\d+\.?\d*|\.\d+)/g) ?? []).map(Number);
    if (command === "M") {
      ring = [];
      rings.push(ring);
    }
    if (command === "M" || command === "L") to([n[0], n[1]]);
    else if (command === "H") to([n[0], y]);
    else if (command === "V") to([x, n[0]]);
    else if (command === "Q" || command === "C") {
      const points: Point[] = [[x, y]];
      for (let i = 0; i < n.length; i += 2) points.push([n[i], n[i + 1]]);
      for (let i = 1; i <= PIECES; i++) to(along(points, i / PIECES));
    }
  }
  return rings;
}

/** A point of a Bézier curve (de Casteljau). */
function along(points: readonly Point[], t: number): Point {
  if (points.length === 1) return points[0];
  const between = points
    .slice(1)
    .map(([x, y], i): Point => [points[i][0] + t * (x - points[i][0]), points[i][1] + t * (y - points[i][1])]);
  return along(between, t);
}

/** Fills by the non-zero rule, with smooth edges. */
function fill(canvas: Pixels, polygons: readonly Polygon[], colour: Colour, opacity: number): void {
  const points = polygons.flat();
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  const bounds = (values: number[], size: number) => [
    Math.max(0, Math.floor(Math.min(...values))),
    Math.min(size, Math.ceil(Math.max(...values))),
  ];
  const [left, right] = bounds(xs, canvas.width);
  const [top, bottom] = bounds(ys, canvas.height);
  const rgb = channelsOf(colour);
  for (let y = top; y < bottom; y++) {
    const cover = new Float64Array(Math.max(0, right - left));
    for (let sample = 0; sample < SAMPLES; sample++) {
      for (const [from, to] of spans(polygons, y + (sample + 0.5) / SAMPLES)) {
        for (let x = Math.max(left, Math.floor(from)); x < Math.min(right, Math.ceil(to)); x++) {
          cover[x - left] += (Math.min(x + 1, to) - Math.max(x, from)) / SAMPLES;
        }
      }
    }
    cover.forEach((share, i) => {
      if (share > 0) blend(canvas, left + i, y, rgb, Math.min(1, share) * opacity);
    });
  }
}

/** Where a row lies inside polygons. */
function spans(polygons: readonly Polygon[], y: number): [from: number, to: number][] {
  const crossings: [x: number, turn: number][] = [];
  for (const polygon of polygons) {
    polygon.forEach(([ax, ay], i) => {
      const [bx, by] = polygon[(i + 1) % polygon.length];
      if (ay <= y !== by <= y) crossings.push([ax + ((y - ay) / (by - ay)) * (bx - ax), by > ay ? 1 : -1]);
    });
  }
  crossings.sort(([a], [b]) => a - b);
  const result: [number, number][] = [];
  let winding = 0;
  for (let i = 0; i < crossings.length; i++) {
    if (winding !== 0) result.push([crossings[i - 1][0], crossings[i][0]]);
    winding += crossings[i][1];
  }
  return result;
}
