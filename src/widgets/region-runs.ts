import { checkList } from "../core/checks.js";
import { SightlineError } from "../core/errors.js";
import { checkRange } from "../core/options.js";
import type { Region } from "../evaluate/region.js";

/**
 * A region as the lengths of its runs, row by row from the top left: outside, inside, outside, … The first is 0 when the
 * first pixel is inside.
 */
export function regionToRuns({ mask }: Region): number[] {
  const runs: number[] = [];
  let inside = 0;
  let length = 0;
  for (const value of mask) {
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

/** The region that {@link regionToRuns} wrote. @throws SightlineError `bad-data` when the runs do not fill it */
export function regionFromRuns(width: number, height: number, runs: readonly number[]): Region {
  checkRange("width", width, 1, MOST_SIDE, true);
  checkRange("height", height, 1, MOST_SIDE, true);
  checkList(runs, "the runs of a region", "a list of whole numbers");
  const mask = new Uint8Array(width * height);
  let at = 0;
  runs.forEach((length, i) => {
    mask.fill(i % 2, at, at + length);
    at += length;
  });
  if (at === mask.length && runs.every((length) => Number.isInteger(length) && length >= 0)) {
    return { mask, width, height };
  }
  throw new SightlineError("bad-data", `runs over ${at} pixels`, { received: at, expected: `${width} × ${height}` });
}
