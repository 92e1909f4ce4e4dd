import type { MapLike } from "../../../src/render/noise.js";

/** A connected part of a map that speaks for (or against) a class. */
export interface Zone {
  /** Its share of all evidence, for and against, 0…1. */
  readonly weight: number;
  /** The sum of the map's values over it. */
  readonly total: number;
  /** Cells of the grid that it covers. */
  readonly cells: readonly number[];
}

/** Zones of one side on a grid. */
export interface Zones {
  readonly width: number;
  readonly height: number;
  readonly zones: readonly Zone[];
}

/** Evidence below this share of the strongest is not part of a zone. */
const EDGE = 0.25;

/**
 * The zones of a map, heaviest first: its own segments where it has them, else connected parts (4 neighbours) where the
 * evidence is at least a quarter of the strongest of that side.
 *
 * @param side 1 for the class, −1 against it
 */
export function zonesOf(map: MapLike, side: 1 | -1, count: number): Zones {
  const { data, width, height, regions } = map;
  const evidence = data.map((value) => Math.max(0, side * (Number.isFinite(value) ? value : 0)));
  const all = data.reduce((sum, value) => sum + (Number.isFinite(value) ? Math.abs(value) : 0), 0);
  const strongest = evidence.reduce((most, value) => Math.max(most, value), 0);
  const groups = regions ? bySegment(regions, evidence) : connected(evidence, width, height, EDGE * strongest);
  const zones = groups
    .map((cells) => {
      const total = cells.reduce((sum, cell) => sum + evidence[cell], 0);
      return { cells, total: side * total, weight: all > 0 ? total / all : 0 };
    })
    .filter(({ weight }) => weight > 0.001)
    .sort((a, b) => b.weight - a.weight)
    .slice(0, count);
  return { width, height, zones };
}

function bySegment(regions: Int32Array, evidence: Float32Array): number[][] {
  const cells = new Map<number, number[]>();
  regions.forEach((segment, i) => {
    if (evidence[i] <= 0) return;
    const list = cells.get(segment);
    if (list) list.push(i);
    else cells.set(segment, [i]);
  });
  return [...cells.values()];
}

function connected(evidence: Float32Array, width: number, height: number, least: number): number[][] {
  const seen = new Uint8Array(evidence.length);
  const groups: number[][] = [];
  for (let start = 0; start < evidence.length; start++) {
    if (seen[start] || evidence[start] < least || evidence[start] <= 0) continue;
    seen[start] = 1;
    const group = [start];
    for (let next = 0; next < group.length; next++) {
      const [x, y] = [group[next] % width, Math.floor(group[next] / width)];
      for (const [nx, ny] of [
        [x - 1, y],
        [x + 1, y],
        [x, y - 1],
        [x, y + 1],
      ]) {
        const at = ny * width + nx;
        if (nx < 0 || ny < 0 || nx >= width || ny >= height || seen[at] || evidence[at] < least || evidence[at] <= 0) {
          continue;
        }
        seen[at] = 1;
        group.push(at);
      }
    }
    groups.push(group);
  }
  return groups;
}
