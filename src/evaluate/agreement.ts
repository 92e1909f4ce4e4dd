import { checkFinite, spearman, topMembership } from "../core/ranks.js";

/** How alike maps are, pair by pair; the diagonals are 1. */
export interface Agreement {
  readonly names: readonly string[];
  /** Rank correlation, −1…1. */
  readonly spearman: readonly (readonly number[])[];
  /** Intersection over union of the largest values. */
  readonly overlap: readonly (readonly number[])[];
  /** Which share of the values the overlap takes. */
  readonly top: number;
}

/**
 * Agreement of maps of one size: Spearman's rank correlation, and the overlap of their largest values.
 * Two constant maps are the same; a constant map and another correlate 0, and overlap as if its largest values lay
 * anywhere alike.
 * @param top share of values that count as largest, 0…1
 * @example
 * const maps = [Float32Array.of(0, 1, 2, 3), Float32Array.of(0, 2, 1, 3)];
 * console.log(agreement(["one", "another"], maps).spearman[0][1].toFixed(1)); // 0.8
 * @throws SightlineError `not-finite`
 */
export function agreement(names: readonly string[], maps: readonly Float32Array[], top = 0.1): Agreement {
  maps.forEach((map, i) => {
    checkFinite(names[i], map);
  });
  const count = Math.max(1, Math.round(top * (maps[0]?.length ?? 0)));
  const members = maps.map((map) => topMembership(map, count));
  const table = (compare: (a: number, b: number) => number) => {
    const rows = maps.map(() => maps.map(() => 1));
    for (let a = 0; a < maps.length; a++) for (let b = 0; b < a; b++) rows[a][b] = rows[b][a] = compare(a, b);
    return rows;
  };
  return {
    names,
    top,
    spearman: table((a, b) => spearman(maps[a], maps[b])),
    overlap: table((a, b) => {
      let shared = 0;
      for (let i = 0; i < members[a].length; i++) shared += Math.min(members[a][i], members[b][i]);
      return shared / (2 * count - shared);
    }),
  };
}
