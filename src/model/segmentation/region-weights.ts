import { checkRegionShape } from "../../core/check-region.js";
import { SightlineError } from "../../core/errors.js";
import { kindOf } from "../../core/kind-of.js";
import type { Rect } from "../../image/types.js";
import type { AreaMask } from "./types.js";

/**
 * How much each cell of a grid over the view counts in a region, by the area that they share; 1 altogether.
 * @throws SightlineError `bad-config` for what is no region, or covers nothing of the view
 */
export function regionWeights(region: Rect | AreaMask, width: number, height: number): Float32Array {
  const { cells, columns, rows, box } = cellsOf(region);
  const across = overlaps(columns, box.x, box.width, width);
  const down = overlaps(rows, box.y, box.height, height);
  const weights = new Float64Array(width * height);
  for (const { cell: row, place: y, shared: v } of down) {
    for (const { cell: column, place: x, shared: u } of across) {
      weights[y * width + x] += cells[row * columns + column] * u * v;
    }
  }
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (!(total > 0)) throw badRegion(region, "the region covers nothing of the model's view");
  return Float32Array.from(weights, (weight) => weight / total);
}

/** 0…1: how much of the view a region covers. */
export function coveredShare(region: Rect | AreaMask): number {
  if ("mask" in region) return region.mask.reduce((sum, inside) => sum + inside, 0) / region.mask.length;
  const within = (from: number, size: number) => Math.min(1, from + size) - Math.max(0, from);
  return within(region.x, region.width) * within(region.y, region.height);
}

interface Cells {
  readonly cells: Uint8Array;
  readonly columns: number;
  readonly rows: number;
  /** Where they lie, in fractions of the view. */
  readonly box: Rect;
}

function cellsOf(region: Rect | AreaMask): Cells {
  if (typeof region === "object" && region !== null && "mask" in region) {
    checkRegionShape(region);
    const { mask, width, height } = region;
    return { cells: mask, columns: width, rows: height, box: { x: 0, y: 0, width: 1, height: 1 } };
  }
  const { x, y, width, height } = region ?? {};
  const finite = [x, y, width, height].every(Number.isFinite);
  if (!finite || width <= 0 || height <= 0) throw badRegion(region, `not a region: ${kindOf(region)}`);
  return { cells: Uint8Array.of(1), columns: 1, rows: 1, box: { x, y, width, height } };
}

const badRegion = (region: unknown, what: string) =>
  new SightlineError("bad-config", what, {
    received: region,
    expected: "'predicted', { x, y, width, height } in fractions of the view (0…1), or { mask, width, height }",
    next: "divide pixels by the view's width and height",
  });

interface Overlap {
  readonly cell: number;
  readonly place: number;
  readonly shared: number;
}

/** What cells over a part of an axis and the places along all of it have in common. */
function overlaps(cells: number, from: number, extent: number, places: number): Overlap[] {
  const found: Overlap[] = [];
  for (let cell = 0; cell < cells; cell++) {
    const start = Math.max(0, from + (cell * extent) / cells) * places;
    const end = Math.min(1, from + ((cell + 1) * extent) / cells) * places;
    for (let place = Math.floor(start); place < Math.min(places, Math.ceil(end)); place++) {
      const shared = Math.min(end, place + 1) - Math.max(start, place);
      if (shared > 0) found.push({ cell, place, shared });
    }
  }
  return found;
}
