import { decodeImage } from "../../image/decode.js";
import { type ExifOrientation, exifOrientation } from "../../image/exif-orientation.js";
import type { PreparedImage, RawImage } from "../../image/types.js";
import { EVIDENCE_GRID } from "./evidence-grid.js";
import { isPictureError } from "./picture-error.js";

export interface MaskCoverage {
  /** How much of each cell of the grid of evidence the mask covers, 0…1; undefined where there is no mask to speak of. */
  readonly cells?: Float32Array;
  /** What is odd about the mask. */
  readonly note?: string;
}

/**
 * How a mask picture covers the model's view. A mask that is drawn on the picture as it is stored is turned with it.
 * @param encoded the picture's own bytes
 */
export async function maskCoverage(
  file: string,
  { view, picture: { image } }: PreparedImage,
  encoded: Uint8Array,
): Promise<MaskCoverage> {
  let decoded: RawImage;
  try {
    ({ image: decoded } = await decodeImage(file, { background: "black" }));
  } catch (error) {
    if (isPictureError(error)) return { note: `the mask could not be read: ${error.code}: ${error.message}` };
    throw error;
  }
  const { mask, note } = binary(decoded);
  if (!mask) return { note };
  const orientation = exifOrientation(encoded);
  const upright = turned(mask, image, orientation);
  const across = cellEdges(view.x, view.width, upright.width / image.width);
  const down = cellEdges(view.y, view.height, upright.height / image.height);
  const shape = sameShape(upright, image)
    ? undefined
    : `the mask is ${upright.width} × ${upright.height} pixels large, the picture ${image.width} × ${image.height}`;
  const untold =
    orientation > 1 &&
    upright === mask &&
    (orientation < 5 || sameShape(image, { width: image.height, height: image.width }))
      ? "the picture is turned by its EXIF orientation; the mask was taken to be drawn on the upright picture"
      : undefined;
  const notes = [note, untold, shape].filter((one) => one !== undefined);
  return { cells: coverage(upright, across, down), note: notes.join("\n") || undefined };
}

/** 1 inside and 0 outside, row by row. */
interface Mask {
  readonly inside: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** A mask that is nowhere bright counts numbers instead: all above 0 is inside. */
const BRIGHT = 128;

function binary({ data, width, height }: RawImage): { mask?: Mask; note?: string } {
  const values = Uint8Array.from({ length: width * height }, (_, i) =>
    Math.max(data[3 * i], data[3 * i + 1], data[3 * i + 2]),
  );
  const largest = values.reduce((most, value) => Math.max(most, value), 0);
  if (largest === 0) return { note: "the mask is empty" };
  const least = largest >= BRIGHT ? BRIGHT : 1;
  const mask = { inside: values.map((value) => (value >= least ? 1 : 0)), width, height };
  return largest >= BRIGHT
    ? { mask }
    : { mask, note: `the mask's largest value is ${largest} of 255; all above 0 counts as inside` };
}

type Size = Pick<RawImage, "width" | "height">;

const aspect = ({ width, height }: Size) => Math.log(width / height);

/** Shapes that differ by rounding alone are the same. */
const sameShape = (a: Size, b: Size) => Math.abs(aspect(a) - aspect(b)) < 0.05;

/** The mask upright: turned as the picture is, where it has the shape of the picture before that was turned. */
function turned(mask: Mask, picture: Size, orientation: ExifOrientation): Mask {
  const stored = { width: picture.height, height: picture.width };
  const isStored = orientation >= 5 && sameShape(mask, stored) && !sameShape(mask, picture);
  if (!isStored) return mask;
  const { inside, width, height } = mask;
  const mirroredColumns = orientation === 7 || orientation === 8;
  const mirroredRows = orientation === 6 || orientation === 7;
  const upright = Uint8Array.from({ length: width * height }, (_, i) => {
    const [x, y] = [i % height, Math.floor(i / height)];
    const column = mirroredColumns ? width - 1 - y : y;
    const row = mirroredRows ? height - 1 - x : x;
    return inside[row * width + column];
  });
  return { inside: upright, width: height, height: width };
}

/** Where the grid's cells begin and end, in pixels of the mask. */
const cellEdges = (start: number, length: number, scale: number) =>
  Float64Array.from({ length: EVIDENCE_GRID + 1 }, (_, k) => (start + (length * k) / EVIDENCE_GRID) * scale);

/** Share of each cell's area that is inside. */
function coverage({ inside, width, height }: Mask, across: Float64Array, down: Float64Array): Float32Array {
  const cells = new Float32Array(EVIDENCE_GRID * EVIDENCE_GRID);
  const row = new Float64Array(EVIDENCE_GRID);
  const cellArea = (across[1] - across[0]) * (down[1] - down[0]);
  for (let y = 0; y < height; y++) {
    const rows = overlaps(y, down);
    if (rows.length === 0) continue;
    row.fill(0);
    for (let x = 0; x < width; x++) {
      if (inside[y * width + x]) for (const { cell, length } of overlaps(x, across)) row[cell] += length;
    }
    for (const { cell, length } of rows) {
      for (let i = 0; i < EVIDENCE_GRID; i++) cells[cell * EVIDENCE_GRID + i] += (row[i] * length) / cellArea;
    }
  }
  return cells;
}

/** The cells that a pixel lies in, and how much of its side is in each. */
function overlaps(pixel: number, edges: Float64Array): { cell: number; length: number }[] {
  const size = edges[1] - edges[0];
  const first = Math.max(0, Math.floor((pixel - edges[0]) / size));
  const all: { cell: number; length: number }[] = [];
  for (let cell = first; cell < EVIDENCE_GRID && edges[cell] < pixel + 1; cell++) {
    const length = Math.min(pixel + 1, edges[cell + 1]) - Math.max(pixel, edges[cell]);
    if (length > 0) all.push({ cell, length });
  }
  return all;
}
