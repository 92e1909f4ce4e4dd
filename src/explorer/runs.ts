/** The most pictures that one condition or deed may name. */
export const MOST_PICTURES = 5_000_000;

/** Pictures' numbers as runs of neighbours: of each how many are left out before it, and how many it has. */
export function runsOf(ids: readonly number[]): number[] {
  const runs: number[] = [];
  let next = 0;
  for (const id of Float64Array.from(new Set(ids)).sort()) {
    if (id === next && runs.length > 0) runs[runs.length - 1] += 1;
    else runs.push(id - next, 1);
    next = id + 1;
  }
  return runs;
}

/** What {@link runsOf} made of them; undefined for anything else. */
export function idsOf(runs: readonly unknown[]): number[] | undefined {
  const ids: number[] = [];
  let next = 0;
  for (let i = 0; i < runs.length; i += 2) {
    const [gap, length] = [Number(runs[i]), Number(runs[i + 1])];
    const isRun = Number.isInteger(gap) && gap >= 0 && Number.isInteger(length) && length > 0;
    if (!isRun || ids.length + length > MOST_PICTURES) return undefined;
    next += gap;
    for (let of = 0; of < length; of++) ids.push(next++);
  }
  return ids;
}
