import { twoSided } from "./multiple-testing.js";

/** How well values tell some rows from the others. */
export interface RankTest {
  /** Probability that a row of the group has a larger value than another one: area under the ROC curve. */
  readonly auc: number;
  /** Its standard error (Hanley & McNeil, Radiology 1982). */
  readonly error: number;
  /** Probability of an area as far from ½ where the values say nothing (Mann and Whitney's test). */
  readonly p: number;
}

/**
 * @param order ranks of all rows' values, from 1 on, ties with their mean
 * @param own whether a row is of the group
 */
export function rankTest(order: ArrayLike<number>, own: (row: number) => boolean): RankTest {
  let [count, sum] = [0, 0];
  for (let i = 0; i < order.length; i++) {
    if (!own(i)) continue;
    count += 1;
    sum += order[i];
  }
  const others = order.length - count;
  const auc = (sum - (count * (count + 1)) / 2) / (count * others);
  const spread = Math.sqrt((count + others + 1) / (12 * count * others));
  return { auc, error: aucError(auc, count, others), p: twoSided((auc - 0.5) / spread) };
}

function aucError(auc: number, own: number, others: number): number {
  const [q1, q2] = [auc / (2 - auc), (2 * auc ** 2) / (1 + auc)];
  const variance = auc * (1 - auc) + (own - 1) * (q1 - auc ** 2) + (others - 1) * (q2 - auc ** 2);
  return Math.sqrt(Math.max(0, variance) / (own * others));
}
