/** Whole numbers as runs of neighbours, both ends included: ascending, and with a gap between any two. */
export type Ranges = readonly (readonly [from: number, to: number])[];

/** Numbers in any order, each as often as it may come. */
export function rangesOf(numbers: Iterable<number>): Ranges {
  const sorted = Float64Array.from(numbers).sort();
  const ranges: [number, number][] = [];
  for (const number of sorted) {
    const last = ranges.at(-1);
    if (last && number <= last[1] + 1) last[1] = number;
    else ranges.push([number, number]);
  }
  return ranges;
}

export function* numbersOf(ranges: Ranges): Generator<number> {
  for (const [from, to] of ranges) for (let number = from; number <= to; number++) yield number;
}

export const countOf = (ranges: Ranges): number => ranges.reduce((sum, [from, to]) => sum + to - from + 1, 0);

/** Whether the ranges are as {@link rangesOf} makes them. */
export const inOrder = (ranges: Ranges): boolean =>
  ranges.every(([from, to], i) => from <= to && (i === 0 || ranges[i - 1][1] + 1 < from));

export function union(a: Ranges, b: Ranges): Ranges {
  const all = [...a, ...b].sort(([x], [y]) => x - y);
  const joined: [number, number][] = [];
  for (const [from, to] of all) {
    const last = joined.at(-1);
    if (last && from <= last[1] + 1) last[1] = Math.max(last[1], to);
    else joined.push([from, to]);
  }
  return joined;
}

/** What is in the first and not in the second. */
export function difference(a: Ranges, b: Ranges): Ranges {
  const left: [number, number][] = [];
  let at = 0;
  for (const [start, end] of a) {
    let from = start;
    while (at < b.length && b[at][1] < from) at += 1;
    for (let i = at; i < b.length && b[i][0] <= end; i++) {
      if (b[i][0] > from) left.push([from, b[i][0] - 1]);
      from = Math.max(from, b[i][1] + 1);
    }
    if (from <= end) left.push([from, end]);
  }
  return left;
}

export function includes(ranges: Ranges, number: number): boolean {
  let [low, high] = [0, ranges.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const [from, to] = ranges[middle];
    if (number < from) high = middle - 1;
    else if (number > to) low = middle + 1;
    else return true;
  }
  return false;
}
