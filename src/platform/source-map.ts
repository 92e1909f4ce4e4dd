/** Line and column, from 1, in the original of a place in compiled code; undefined where it has none. */
export type FindPosition = (line: number, column: number) => { line: number; column: number } | undefined;
