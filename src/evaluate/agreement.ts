import { SightlineError } from "../core/errors.js";
import { kindOf } from "../core/kind-of.js";
import { checkRange } from "../core/options.js";
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
 * @throws SightlineError `not-finite`, `shape-mismatch` for maps of several sizes, `bad-config` for a name without its map
 */
export function agreement(names: readonly string[], maps: readonly Float32Array[], top = 0.1): Agreement {
  checkMaps(names, maps);
  checkRange("top", top, 0, 1);
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

function checkMaps(names: readonly string[], maps: readonly Float32Array[]): void {
  const good = [names, maps].every(Array.isArray) && maps.every((map) => map instanceof Float32Array);
  if (!good || names.length !== maps.length) {
    throw new SightlineError(
      "bad-config",
      `agreement is between maps, not ${kindOf(maps)} with ${kindOf(names)} as names`,
      {
        received: maps,
        expected: "a list of names and one of Float32Arrays, such as explanation.map().data, as long",
      },
    );
  }
  const sizes = [...new Set(maps.map(({ length }) => length))];
  if (sizes.length > 1) {
    throw new SightlineError("shape-mismatch", `maps of ${sizes.join(" and ")} values`, {
      received: sizes,
      expected: "maps of one size",
      next: "resize them: map.resize(width, height)",
    });
  }
}
