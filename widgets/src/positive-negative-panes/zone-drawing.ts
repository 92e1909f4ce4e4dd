import { canvasOf } from "../pictures.js";
import type { Zones } from "./zones.js";

/** A photograph, everything outside of the zones dimmed to a quarter. */
export function dimOutside(photo: HTMLCanvasElement, { width, height, zones }: Zones): HTMLCanvasElement {
  const mask = canvasOf(width, height);
  const context = mask.getContext("2d") as CanvasRenderingContext2D;
  const image = context.createImageData(width, height);
  for (let i = 3; i < image.data.length; i += 4) image.data[i] = 191;
  for (const { cells } of zones) for (const cell of cells) image.data[cell * 4 + 3] = 0;
  context.putImageData(image, 0, 0);
  const out = canvasOf(photo.width, photo.height);
  const target = out.getContext("2d") as CanvasRenderingContext2D;
  target.drawImage(photo, 0, 0);
  target.imageSmoothingEnabled = false;
  target.drawImage(mask, 0, 0, out.width, out.height);
  return out;
}

interface OutlineLook {
  readonly colour: string;
  /** The zone that the reader points at. */
  readonly lit: number | undefined;
  /** A pixel of the page, and the picture's size, in the context's units. */
  readonly pixel: number;
  readonly width: number;
  readonly height: number;
}

/** Draws the borders of zones and their numbers. */
export function outlineZones(
  context: CanvasRenderingContext2D,
  { width, height, zones }: Zones,
  { colour, lit, pixel, ...size }: OutlineLook,
): void {
  const [across, down] = [size.width / width, size.height / height];
  for (const [order, { cells }] of zones.entries()) {
    const border = borderOf(cells, width, across, down);
    const line = lit === order ? 4 : 2;
    for (const [stroke, thickness] of [
      ["#fff", line + 2],
      [colour, line],
    ] as const) {
      context.strokeStyle = stroke;
      context.lineWidth = thickness * pixel;
      context.stroke(border);
    }
    const [x, y] = middleOf(cells, width);
    drawNumber(context, order + 1, { x: (x + 0.5) * across, y: (y + 0.5) * down, colour, pixel });
  }
}

/** The edges between cells of a zone and cells that are none. */
function borderOf(cells: readonly number[], width: number, across: number, down: number): Path2D {
  const inside = new Set(cells);
  const path = new Path2D();
  const edge = (inner: boolean, x0: number, y0: number, x1: number, y1: number) => {
    if (inner) return;
    path.moveTo(x0 * across, y0 * down);
    path.lineTo(x1 * across, y1 * down);
  };
  for (const cell of cells) {
    const [x, y] = [cell % width, Math.floor(cell / width)];
    edge(x > 0 && inside.has(cell - 1), x, y, x, y + 1);
    edge(x < width - 1 && inside.has(cell + 1), x + 1, y, x + 1, y + 1);
    edge(inside.has(cell - width), x, y, x + 1, y);
    edge(inside.has(cell + width), x, y + 1, x + 1, y + 1);
  }
  return path;
}

/** The cell of a zone that is nearest to its middle, so that its number stands inside it. */
function middleOf(cells: readonly number[], width: number): [number, number] {
  const places = cells.map((cell): [number, number] => [cell % width, Math.floor(cell / width)]);
  const [sumX, sumY] = places.reduce(([x, y], [px, py]) => [x + px, y + py]);
  const [x, y] = [sumX / places.length, sumY / places.length];
  const far = ([px, py]: [number, number]) => (px - x) ** 2 + (py - y) ** 2;
  return places.reduce((best, place) => (far(place) < far(best) ? place : best));
}

function drawNumber(
  context: CanvasRenderingContext2D,
  number: number,
  { x, y, colour, pixel }: { x: number; y: number; colour: string; pixel: number },
): void {
  context.beginPath();
  context.arc(x, y, 11 * pixel, 0, 2 * Math.PI);
  context.fillStyle = colour;
  context.fill();
  context.fillStyle = "#fff";
  context.font = `600 ${13 * pixel}px sans-serif`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(String(number), x, y + pixel);
}
