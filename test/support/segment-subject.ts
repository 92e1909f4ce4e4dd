import { grid } from "../../src/segment/index.js";
import { analyticSubject } from "./analytic-subject.js";

export const SIDE = 24;

/**
 * A subject whose classes are functions of how much of each cell of a grid is shown (0…1, row by row): the picture is
 * all ones on black.
 */
export function segmentSubject(
  rows: number,
  classes: readonly ((shown: readonly number[]) => number)[],
  options: { seed?: number; batch?: number } = {},
) {
  const { labels, count } = grid(SIDE, SIDE, rows);
  const sizes = Array.from({ length: count }, (_, s) => labels.filter((label) => label === s).length);
  return analyticSubject({
    width: SIDE,
    height: SIDE,
    targets: classes.map((_, k) => k),
    ...options,
    score(image) {
      const shown = new Array<number>(count).fill(0);
      labels.forEach((label, p) => {
        shown[label] += image[p] / sizes[label];
      });
      return classes.map((score) => score(shown));
    },
  });
}

/** The value of each cell of a map that is constant on them. */
export function cellValues(data: Float32Array, rows: number): number[] {
  const { labels, count } = grid(SIDE, SIDE, rows);
  return Array.from({ length: count }, (_, s) => data[labels.indexOf(s)]);
}
