import { type RankTest, rankTest } from "../../../core/rank-test.js";
import { ranks } from "../../../core/ranks.js";

/** Variances are held above this share of those of all pictures: a value that a few share by chance proves nothing. */
const LEAST_VARIANCE = 0.05;

/**
 * How well a property tells pictures of a group from all others. Several numbers are made one: the logarithm of how much
 * more likely they are in the group than elsewhere, each taken as normal by itself; half of the pictures are judged by
 * means and variances of the other half.
 * @param rows [pictures][numbers]
 */
export function association(rows: readonly (readonly number[])[], own: readonly boolean[]): RankTest {
  const halves = halvesOf(own);
  const scores = new Float32Array(rows.length);
  for (const half of [0, 1]) {
    const learned = rows.filter((_, i) => halves[i] !== half);
    const learnedOwn = own.filter((_, i) => halves[i] !== half);
    const inside = normals(
      learned.filter((_, i) => learnedOwn[i]),
      learned,
    );
    const outside = normals(
      learned.filter((_, i) => !learnedOwn[i]),
      learned,
    );
    for (const [i, row] of rows.entries()) {
      if (halves[i] === half) scores[i] = likelihood(row, inside) - likelihood(row, outside);
    }
  }
  return rankTest(ranks(scores), (i) => own[i]);
}

/** 0 and 1 in turn, within the group and outside of it. */
function halvesOf(own: readonly boolean[]): Int32Array {
  const seen = { true: 0, false: 0 };
  return Int32Array.from(own, (inside) => seen[`${inside}`]++ % 2);
}

interface Normal {
  readonly mean: number;
  readonly variance: number;
}

function normals(rows: readonly (readonly number[])[], all: readonly (readonly number[])[]): Normal[] {
  return all[0].map((_, d) => {
    const [own, every] = [moments(rows, d), moments(all, d)];
    return { mean: own.mean, variance: Math.max(own.variance, LEAST_VARIANCE * every.variance, Number.MIN_VALUE) };
  });
}

function moments(rows: readonly (readonly number[])[], d: number): Normal {
  const mean = rows.reduce((sum, row) => sum + row[d], 0) / rows.length;
  return { mean, variance: rows.reduce((sum, row) => sum + (row[d] - mean) ** 2, 0) / rows.length };
}

const likelihood = (row: readonly number[], normal: readonly Normal[]): number =>
  normal.reduce(
    (sum, { mean, variance }, d) => sum - (row[d] - mean) ** 2 / (2 * variance) - Math.log(variance) / 2,
    0,
  );
