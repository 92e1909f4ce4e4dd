import type { ColumnValues } from "../../../src/explorer/types.js";
import { colourTable } from "../../../src/render/colour-maps.js";

/** Colours of labels that colour-blind readers tell apart (Okabe & Ito); the last is for all others. */
export const LABEL_COLOURS = [
  "#0072b2",
  "#d55e00",
  "#009e73",
  "#cc79a7",
  "#e69f00",
  "#56b4e9",
  "#8c6d31",
  "#b8a800",
  "#888888",
];
/** Colours of numbers, from the least to the largest. */
const STEPS = 32;
const FAINT = "#88888830";

/** Places of pictures in a square, 0…1, y upwards. */
export interface Points {
  readonly ids: Int32Array;
  readonly places: Float32Array;
}

/** The colour of each point: an index into a list of colours, −1 for a point that is not shown. */
export interface Paint {
  readonly colours: readonly string[];
  readonly indices: Int16Array;
}

/** Colours of points by a column; grey where a picture has no value. */
export function paintBy({ ids, values, labels }: ColumnValues, points: Points, shown: ReadonlySet<number>): Paint {
  const colours = labels ? LABEL_COLOURS : numberColours();
  const none = colours.length;
  const [low, high] = labels ? [0, 1] : extent(values);
  const index = (value: number) => {
    if (Number.isNaN(value)) return none;
    return labels ? value : Math.min(STEPS - 1, Math.floor((STEPS * (value - low)) / (high - low || 1)));
  };
  const byId = new Map<number, number>();
  ids.forEach((id, i) => void byId.set(id, index(values[i])));
  return {
    colours: [...colours, "#888888"],
    indices: Int16Array.from(points.ids, (id) => (shown.has(id) ? (byId.get(id) ?? none) : -1)),
  };
}

export function extent(values: Float32Array): [low: number, high: number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

function numberColours(): string[] {
  const table = colourTable("viridis", "positive");
  const last = table.length / 4 - 1;
  return Array.from({ length: STEPS }, (_, i) => {
    const at = 4 * Math.round((i * last) / (STEPS - 1));
    return `rgb(${table[at]}, ${table[at + 1]}, ${table[at + 2]})`;
  });
}

/** Draws points, those that are not shown faint and below, colour by colour. */
export function drawPoints(
  canvas: HTMLCanvasElement,
  { ids, places }: Points,
  paint: Paint,
  chosen: ReadonlySet<number>,
) {
  const context = canvas.getContext("2d") as CanvasRenderingContext2D;
  const { width, height } = canvas;
  const side = Math.max(2, Math.min(8, Math.sqrt((width * height) / Math.max(1, ids.length)) / 4));
  context.clearRect(0, 0, width, height);
  const dot = (i: number, size: number) =>
    context.fillRect(places[2 * i] * width - size / 2, (1 - places[2 * i + 1]) * height - size / 2, size, size);
  for (let colour = -1; colour < paint.colours.length; colour++) {
    context.fillStyle = colour < 0 ? FAINT : paint.colours[colour];
    for (let i = 0; i < paint.indices.length; i++) if (paint.indices[i] === colour) dot(i, side);
  }
  if (chosen.size === 0) return;
  context.strokeStyle = getComputedStyle(canvas).color;
  ids.forEach((id, i) => {
    if (!chosen.has(id)) return;
    context.strokeRect(places[2 * i] * width - side, (1 - places[2 * i + 1]) * height - side, 2 * side, 2 * side);
  });
}

/** A picture that moved less than this, as a share of the map, has no line. */
const MOVED = 0.01;

/** Lines from where pictures lay before to where they lie now, of those that are shown. */
export function drawMoves(canvas: HTMLCanvasElement, { places }: Points, earlier: Float32Array, paint: Paint): void {
  const context = canvas.getContext("2d") as CanvasRenderingContext2D;
  const { width, height } = canvas;
  context.globalAlpha = 0.8;
  paint.indices.forEach((colour, i) => {
    const [x, y, wasX, wasY] = [places[2 * i], places[2 * i + 1], earlier[2 * i], earlier[2 * i + 1]];
    // of a picture that the earlier audit did not have there is no place
    if (colour < 0 || !(Math.hypot(x - wasX, y - wasY) >= MOVED)) return;
    context.strokeStyle = paint.colours[colour];
    context.beginPath();
    context.moveTo(wasX * width, (1 - wasY) * height);
    context.lineTo(x * width, (1 - y) * height);
    context.stroke();
  });
  context.globalAlpha = 1;
}

/** The pictures inside a closed line, among those that are shown. */
export function inside(
  { ids, places }: Points,
  { indices }: Paint,
  line: readonly (readonly [x: number, y: number])[],
): number[] {
  const [xs, ys] = [line.map(([x]) => x), line.map(([, y]) => y)];
  const [left, right, low, high] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const found: number[] = [];
  for (let i = 0; i < ids.length; i++) {
    const [x, y] = [places[2 * i], places[2 * i + 1]];
    if (indices[i] < 0 || x < left || x > right || y < low || y > high) continue;
    if (isWithin(line, x, y)) found.push(ids[i]);
  }
  return found;
}

/** Whether a ray from a place crosses a closed line an odd number of times. */
function isWithin(line: readonly (readonly [x: number, y: number])[], x: number, y: number): boolean {
  let odd = false;
  line.forEach(([x1, y1], i) => {
    const [x2, y2] = line[(i + 1) % line.length];
    if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) odd = !odd;
  });
  return odd;
}

/** The shown picture that lies nearest to a place. */
export function nearest(points: Points, paint: Paint, x: number, y: number): number | undefined {
  let [best, least] = [-1, Number.POSITIVE_INFINITY];
  points.ids.forEach((_, i) => {
    const away = (points.places[2 * i] - x) ** 2 + (points.places[2 * i + 1] - y) ** 2;
    if (paint.indices[i] >= 0 && away < least) [best, least] = [i, away];
  });
  return best < 0 ? undefined : points.ids[best];
}
