import { checkRegionShape } from "../core/check-region.js";
import { checkList } from "../core/checks.js";
import { SightlineError } from "../core/errors.js";
import { checkRange } from "../core/options.js";
import type { Region } from "../evaluate/region.js";

/**
 * A region as the lengths of its runs, row by row from the top left: outside, inside, outside, … The first is 0 when the
 * first pixel is inside.
 * @throws SightlineError `bad-config`, `shape-mismatch` for what is no region
 */
export function regionToRuns(region: Region): number[] {
  checkRegionShape(region);
  const runs: number[] = [];
  let inside = 0;
  let length = 0;
  for (const value of region.mask) {
    if (value === inside) length += 1;
    else {
      runs.push(length);
      inside = value;
      length = 1;
    }
  }
  return [...runs, length];
}

const MOST_SIDE = 100_000;
const MOST_PIXELS = 100_000_000;

/** The region that {@link regionToRuns} wrote. @throws SightlineError `bad-data` when the runs do not fill it */
export function regionFromRuns(width: number, height: number, runs: readonly number[]): Region {
  checkRange("width", width, 1, MOST_SIDE, true);
  checkRange("height", height, 1, MOST_SIDE, true);
  checkList(runs, "the runs of a region", "a list of whole numbers");
  checkRange("pixels of a region", width * height, 1, MOST_PIXELS, true);
  const whole = runs.every((length) => Number.isInteger(length) && length >= 0);
  const covered = runs.reduce((sum, length) => sum + length, 0);
  if (!whole || covered !== width * height) {
    const received = whole ? covered : runs;
    throw new SightlineError("bad-data", whole ? `runs over ${covered} pixels` : "runs that are no whole numbers", {
      received,
      expected: `${width} × ${height}`,
    });
  }
  const mask = new Uint8Array(width * height);
  let at = 0;
  runs.forEach((length, i) => {
    mask.fill(i % 2, at, at + length);
    at += length;
  });
  return { mask, width, height };
}
