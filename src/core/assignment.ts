/**
 * Who gets what, so that the sum of the worths is largest: the Hungarian algorithm, O(n³).
 * Kuhn 1955; Jonker & Volgenant 1987.
 * @param worth a square matrix, row by row
 * @returns the column of each row
 */
export function assign(worth: readonly ArrayLike<number>[]): number[] {
  const n = worth.length;
  const rowPrice = new Float64Array(n + 1);
  const columnPrice = new Float64Array(n + 1);
  /** Row of each column, from 1; 0 where it has none. */
  const rowOf = new Int32Array(n + 1);
  const before = new Int32Array(n + 1);
  for (let row = 1; row <= n; row++) {
    rowOf[0] = row;
    let column = 0;
    const slack = new Float64Array(n + 1).fill(Number.POSITIVE_INFINITY);
    const seen = new Uint8Array(n + 1);
    while (rowOf[column] !== 0) {
      seen[column] = 1;
      const at = rowOf[column];
      let least = Number.POSITIVE_INFINITY;
      let next = 0;
      for (let j = 1; j <= n; j++) {
        if (seen[j]) continue;
        const cost = -worth[at - 1][j - 1] - rowPrice[at] - columnPrice[j];
        if (cost < slack[j]) {
          slack[j] = cost;
          before[j] = column;
        }
        if (slack[j] < least) [least, next] = [slack[j], j];
      }
      for (let j = 0; j <= n; j++) {
        if (seen[j]) {
          rowPrice[rowOf[j]] += least;
          columnPrice[j] -= least;
        } else slack[j] -= least;
      }
      column = next;
    }
    while (column !== 0) {
      rowOf[column] = rowOf[before[column]];
      column = before[column];
    }
  }
  const columns = new Array<number>(n);
  for (let j = 1; j <= n; j++) columns[rowOf[j] - 1] = j - 1;
  return columns;
}
