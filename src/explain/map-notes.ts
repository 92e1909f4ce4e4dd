import { extent } from "../core/statistics.js";
import type { Prediction } from "../model/types.js";

interface NotedMap {
  readonly data: Float32Array;
}

/** A value belongs to the top from this share of the largest magnitude on. */
const TOP = 0.9;
/** A map is near its maximum everywhere when so much of it belongs to the top. */
const ALMOST_ALL = 0.9;

/**
 * What is to be said of maps that tell hardly one place from another.
 * @param rounding values up to this size are rounding errors
 */
export function mapNotes(maps: readonly NotedMap[], targets: readonly Prediction[], rounding = 0): string[] {
  const said = maps.map(({ data }) => flatness(data, rounding));
  const distinct = new Set(maps.map(({ data }) => data));
  if (said[0] !== undefined && distinct.size === 1) return [`the map ${said[0]}`];
  return said.flatMap((what, i) => (what === undefined ? [] : [`the map of ${targets[i].label} ${what}`]));
}

function flatness(data: Float32Array, rounding: number): string | undefined {
  const [low, high] = extent(data);
  if (data.length < 2) return undefined;
  if (Math.max(high, -low) <= rounding) return "is zero everywhere: it shows nothing";
  if (low === high) return "is the same everywhere: it shows nothing";
  const most = Math.abs(high) >= Math.abs(low) ? high : low;
  const share = data.reduce((count, value) => count + Number(value / most >= TOP), 0) / data.length;
  if (share < ALMOST_ALL) return undefined;
  return `is near its ${most === high ? "maximum" : "minimum"} on ${Math.floor(100 * share)} % of the picture: it hardly tells places apart`;
}
