import { SightlineError } from "../../core/errors.js";

/** A line of a list, or several where a quoted cell goes over them. */
interface Line {
  /** Number of its first line in the file, from 1. */
  readonly number: number;
  readonly cells: readonly string[];
}

/** A row, by the heading of each cell. */
export interface CsvRow {
  readonly line: number;
  readonly cells: Readonly<Record<string, string>>;
}

export interface CsvTable {
  /** Headings as they are written. */
  readonly columns: readonly string[];
  readonly rows: readonly CsvRow[];
}

export interface CsvOptions {
  /** What errors call the file. */
  readonly name: string;
  /** What may stand between cells. */
  readonly delimiters: readonly string[];
  /** Whether a cell of the heading is the column that a list must have. */
  isKey(heading: string): boolean;
  /** What such a column may be called, for the error. */
  readonly keys: string;
}

/** What stands between the cells of a list with one column: nothing does, so that names may have commas. */
const NO_DELIMITER = "";
/** The heading is among so many lines; comments and a title may stand before it. */
const MOST_BEFORE_HEADING = 20;

/**
 * Reads CSV (RFC 4180): one heading, cells in quotes where they hold a delimiter, a quote or a line break, blanks round
 * cells without meaning, lines ending in LF, CRLF or CR. Every line after the heading is a row, or the error names it.
 * The delimiter is the one with which the first line that can be a heading has the most cells.
 * @throws SightlineError `bad-data`
 */
export function readCsv(text: string, options: CsvOptions): CsvTable {
  const { name } = options;
  if (text.trim() === "")
    throw bad(name, "it is empty", { expected: `a heading with a column called ${options.keys}` });
  const { delimiter, index, heading } = findHeading(text, options);
  const lines = [...linesOf(text, delimiter, name)];
  const before = lines.slice(0, index).find(({ cells }) => !isComment(cells) && cells.length >= heading.length);
  if (before && heading.length > 1) {
    throw bad(name, `line ${before.number} stands before the heading`, { expected: "the heading first" });
  }
  const repeated = heading.find((column, i) => column !== "" && heading.indexOf(column) < i);
  if (repeated) throw bad(name, `two columns are called '${repeated}'`, { received: heading });
  const rows = lines.slice(index + 1).filter(({ cells }) => !isBlank(cells));
  return { columns: heading, rows: rows.map((line) => toRow(line, heading, delimiter, name)) };
}

function toRow({ number, cells }: Line, heading: readonly string[], delimiter: string, name: string): CsvRow {
  if (cells.slice(heading.length).some((cell) => cell !== "")) {
    throw bad(name, `line ${number} has ${cells.length} cells, the heading ${heading.length}`, {
      received: cells.join(delimiter),
      expected: `${heading.length === 1 ? "one cell" : `${heading.length} cells`} per line, with ${delimiterName(delimiter)} between them`,
      next: `put a cell that holds ${delimiterName(delimiter)} in quotes`,
    });
  }
  if (heading.length > 1 && cells.every((cell, i) => cell.toLowerCase() === (heading[i] ?? "").toLowerCase())) {
    throw bad(name, `line ${number} repeats the heading`, { expected: "one list per file" });
  }
  return { line: number, cells: Object.fromEntries(heading.map((column, i) => [column, cells[i] ?? ""])) };
}

const isComment = ([first]: readonly string[]) => first.startsWith("#");
const isBlank = (cells: readonly string[]) => cells.every((cell) => cell === "");

interface Heading {
  readonly delimiter: string;
  /** Among the lines. */
  readonly index: number;
  readonly heading: readonly string[];
}

function findHeading(text: string, { name, delimiters, isKey, keys }: CsvOptions): Heading {
  const candidates: Heading[] = [];
  let first: readonly string[] | undefined;
  for (const delimiter of delimiters) {
    for (const [index, cells] of firstLines(text, delimiter, name)) {
      first ??= isBlank(cells) || isComment(cells) ? undefined : cells;
      if (!cells.some(isKey)) continue;
      candidates.push({ delimiter: cells.length > 1 ? delimiter : NO_DELIMITER, index, heading: cells });
      break;
    }
  }
  const [best] = candidates.sort((a, b) => a.index - b.index || b.heading.length - a.heading.length);
  if (best) return best;
  throw bad(name, "it has no column of paths", { received: first ?? [], expected: `a column called ${keys}` });
}

/** The lines among which the heading is; as far as they can be read with a delimiter, which need not be the right one. */
function* firstLines(text: string, delimiter: string, name: string): Generator<[number, readonly string[]]> {
  let index = 0;
  try {
    for (const { cells } of linesOf(text, delimiter, name)) {
      yield [index++, cells];
      if (index === MOST_BEFORE_HEADING) return;
    }
  } catch (error) {
    if (!(error instanceof SightlineError)) throw error;
  }
}

/**
 * Lines with their cells, one at a time.
 * @throws SightlineError `bad-data` for a quote that is not closed, or that more than blanks follow
 */
function* linesOf(text: string, delimiter: string, name: string): Generator<Line> {
  let [at, number] = [0, 1];
  while (at < text.length) {
    const line = { number, cells: [] as string[] };
    for (let more = true; more; ) {
      const cell = text.startsWith('"', skipBlanks(text, at, delimiter)) ? quotedCell : plainCell;
      const { value, end } = cell(text, at, delimiter);
      if (value === undefined) {
        throw bad(name, `line ${number} has a quote that does not close its cell`, { expected: '"a ""b"".png"' });
      }
      line.cells.push(value);
      number += lineBreaks(text.slice(at, end));
      more = delimiter !== NO_DELIMITER && text[end] === delimiter;
      at = more ? end + 1 : end;
    }
    at += text.startsWith("\r\n", at) ? 2 : 1;
    number += 1;
    yield line;
  }
}

interface Cell {
  /** Undefined for a quote that is not closed properly. */
  readonly value?: string;
  /** Where the cell ends: at a delimiter, a line break or the end. */
  readonly end: number;
}

function plainCell(text: string, start: number, delimiter: string): Cell {
  let end = start;
  while (end < text.length && !isEnd(text[end], delimiter)) end++;
  return { value: text.slice(start, end).trim(), end };
}

function quotedCell(text: string, start: number, delimiter: string): Cell {
  const open = skipBlanks(text, start, delimiter);
  let close = text.indexOf('"', open + 1);
  while (close >= 0 && text[close + 1] === '"') close = text.indexOf('"', close + 2);
  if (close < 0) return { end: text.length };
  const end = skipBlanks(text, close + 1, delimiter);
  if (end < text.length && !isEnd(text[end], delimiter)) return { end };
  return { value: text.slice(open + 1, close).replaceAll('""', '"'), end };
}

const isEnd = (character: string, delimiter: string) =>
  character === "\n" || character === "\r" || character === delimiter;

function skipBlanks(text: string, start: number, delimiter: string): number {
  let at = start;
  while ((text[at] === " " || text[at] === "\t") && text[at] !== delimiter) at++;
  return at;
}

const lineBreaks = (text: string) => text.match(/\r\n|\n|\r/g)?.length ?? 0;

const delimiterName = (delimiter: string) =>
  ({ ",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a bar" })[delimiter] ?? `'${delimiter}'`;

const bad = (name: string, what: string, details: { received?: unknown; expected?: string; next?: string }) =>
  new SightlineError("bad-data", `cannot read the list ${name}: ${what}`, details);
