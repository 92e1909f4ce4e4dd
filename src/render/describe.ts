import { boxMean } from "./box-mean.js";
import { evidence, type MapLike } from "./noise.js";

/** Where a map's evidence lies, in numbers. */
export interface Concentration {
  /** "lower left", "centre", … of the cell with most evidence. */
  readonly place: string;
  /** 0…1: share of the picture where the evidence is at least half of its highest. */
  readonly area: number;
  /** 0…1: share of all evidence that lies there. */
  readonly share: number;
}

/** Cells a side at which places and shares are counted: single pixels of a gradient are no place. */
const COARSE = 14;

const ROWS = ["upper", "", "lower"];
const COLUMNS = ["left", "", "right"];

/**
 * Where the evidence for (`side` 1) or against (−1) lies. Evidence is max(±v, 0) in signed maps and the value above the
 * lowest in others. Undefined where there is none above noise.
 */
export function concentration(map: MapLike, side: 1 | -1 = 1, scale = 0): Concentration | undefined {
  const { low, high, floor, aboveNoise } = evidence(map, scale);
  if (!aboveNoise || (map.signed ? side * (side > 0 ? high : low) <= floor : side < 0)) return undefined;
  const strength = map.data.map((value) => {
    if (!Number.isFinite(value)) return 0;
    return map.signed ? Math.max(0, side * value) : value - low;
  });
  const width = Math.min(COARSE, map.width);
  const height = Math.min(COARSE, map.height);
  const cells = boxMean(strength, map.width, map.height, width, height);
  const total = cells.reduce((sum, value) => sum + value, 0);
  const peak = cells.reduce((best, value, i) => (value > cells[best] ? i : best), 0);
  const strong = cells.filter((value) => value >= cells[peak] / 2);
  return {
    place: place(((peak % width) + 0.5) / width, (Math.floor(peak / width) + 0.5) / height),
    area: strong.length / cells.length,
    share: strong.reduce((sum, value) => sum + value, 0) / total,
  };
}

function place(x: number, y: number): string {
  const third = (at: number) => Math.min(2, Math.floor(at * 3));
  const [row, column] = [ROWS[third(y)], COLUMNS[third(x)]];
  if (row && column) return `on the ${row} ${column}`;
  if (row) return row === "upper" ? "at the top" : "at the bottom";
  return column ? `on the ${column}` : "in the centre";
}

const percent = (share: number) => `${Math.round(100 * share)} %`;

/**
 * What a map shows, in words: "strongest on the lower left; 71 % of the evidence in 9 % of the picture".
 * @param scale size of the scores behind the map, see `evidence`
 */
export function describeMap(map: MapLike, scale = 0): string {
  const pro = concentration(map, 1, scale);
  const contra = map.signed ? concentration(map, -1, scale) : undefined;
  if (!pro) return contra ? `only evidence against, strongest ${contra.place}` : "no evidence above noise";
  const where =
    pro.area > 0.5
      ? `spread over the picture, a little stronger ${pro.place}`
      : `strongest ${pro.place}; ${percent(pro.share)} of the evidence in ${percent(pro.area)} of the picture`;
  return contra ? `${where}; evidence against strongest ${contra.place}` : where;
}
