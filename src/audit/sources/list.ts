import { files } from "#platform/files";
import { decodeText } from "../../core/decode-text.js";
import { SightlineError } from "../../core/errors.js";
import { FileError } from "../../platform/files.js";
import { readParquet } from "../sql.js";
import { readCsv } from "./csv.js";
import { FileFinder } from "./find-file.js";
import { PICTURE_ENDINGS } from "./folder.js";
import type { AuditItem } from "./item.js";

/** Endings of lists. */
export const LIST_ENDINGS: ReadonlySet<string> = new Set([".csv", ".tsv", ".parquet"]);

const PATH_COLUMNS = [
  "path",
  "file",
  "filename",
  "image",
  "filepath",
  "file_path",
  "file_name",
  "image_path",
  "image_file",
  "image_name",
  "image_id",
];
const TRUTH_COLUMNS = ["truth", "label", "class"];
const MASK_COLUMNS = ["mask"];
const SPLIT_COLUMNS = ["split", "subset", "partition", "fold"];

/** Larger lists are refused. */
const MOST_BYTES = 400 * 2 ** 20;

/** A picture as a list names it. */
export interface ListedPicture extends AuditItem {
  /** Its line in a CSV file, its row in a Parquet file; from 1. */
  readonly position: number;
  /** What the list says of it beside, by the headings. */
  readonly further: Readonly<Record<string, unknown>>;
}

export interface PictureList {
  /** Name of the file. */
  readonly name: string;
  readonly pictures: readonly ListedPicture[];
  /** What was noticed on the way. */
  readonly notes: readonly string[];
}

/**
 * The pictures of a CSV or Parquet list, relative to it.
 * @param labels whether the list must have a column of labels
 * @throws SightlineError `file-not-found`, `bad-data`
 */
export async function readList(list: string, { labels = false } = {}): Promise<PictureList> {
  const name = files.basename(list);
  const { columns, rows, unit, notes } = isParquet(list) ? await parquetTable(list) : await csvTable(list);
  const column = (names: readonly string[]) => {
    const called = (wanted: string) => columns.find((heading) => heading.trim().toLowerCase() === wanted);
    return names.map(called).find((heading) => heading !== undefined);
  };
  const missing = (names: readonly string[], what: string) => {
    throw new SightlineError("bad-data", `the list ${name} has no column of ${what}`, {
      received: columns,
      expected: `a column called ${names.join(", ")}`,
    });
  };
  const pathColumn = column(PATH_COLUMNS) ?? missing(PATH_COLUMNS, "paths");
  const truthColumn = column(TRUTH_COLUMNS) ?? (labels ? missing(TRUTH_COLUMNS, "labels") : undefined);
  const maskColumn = column(MASK_COLUMNS);
  const splitColumn = column(SPLIT_COLUMNS);
  const further = columns.filter(
    (heading) => heading.trim() !== "" && ![pathColumn, truthColumn, maskColumn, splitColumn].includes(heading),
  );
  const finder = new FileFinder(PICTURE_ENDINGS);
  const base = files.dirname(files.resolve(list));
  const pictures: ListedPicture[] = [];
  const pathless: number[] = [];
  for (const { position, cells } of rows) {
    const { written, embedded } = pathOf(cells[pathColumn]);
    if (written === undefined) {
      if (embedded) throw insideList(name, `${unit} ${position}`);
      pathless.push(position);
      continue;
    }
    const { path, file, found } = await finder.find(base, written);
    if (embedded && !found) throw insideList(name, `${unit} ${position}`);
    const split = splitColumn && text(cells[splitColumn]);
    const mask = maskColumn && text(cells[maskColumn]);
    pictures.push({
      path,
      file,
      truth: truthColumn && text(cells[truthColumn]),
      mask: mask && (await finder.find(base, mask)).file,
      position,
      further: Object.fromEntries(further.map((heading) => [heading, cells[heading]])),
      ...(split !== undefined && { split }),
    });
  }
  if (pathless.length > 0) {
    throw new SightlineError("bad-data", `the list ${name} has no path in ${counted(unit, pathless)}`, {
      received: pathless,
      expected: "a path in each row",
    });
  }
  checkTwice(pictures, name, unit);
  return { name, pictures, notes: [...notes, ...unnamedNotes(columns, name)] };
}

/** A column without a name, as some tools write the numbers of rows. */
const unnamedNotes = (columns: readonly string[], list: string) =>
  columns.some((heading) => heading.trim() === "") ? [`a column of ${list} has no name and is left out`] : [];

const isParquet = (list: string) => /\.parquet$/i.test(list);

interface ListTable {
  readonly columns: readonly string[];
  readonly rows: readonly { readonly position: number; readonly cells: Readonly<Record<string, unknown>> }[];
  readonly unit: "line" | "row";
  readonly notes: readonly string[];
}

async function parquetTable(list: string): Promise<ListTable> {
  const facts = await files.stat(list).catch(() => undefined);
  if (facts?.kind !== "file") throw noList(list);
  const { columns, rows } = await readParquet(list);
  return { columns, rows: rows.map((cells, i) => ({ position: i + 1, cells })), unit: "row", notes: [] };
}

async function csvTable(list: string): Promise<ListTable> {
  const name = files.basename(list);
  const bytes = await files.read(list, { atMost: MOST_BYTES }).catch((cause) => {
    if (cause instanceof FileError && cause.problem === "too-large") {
      throw new SightlineError("bad-data", `the list ${name} is too large`, {
        expected: `at most ${MOST_BYTES} bytes`,
        next: "save it as .parquet",
        cause,
      });
    }
    throw noList(list, cause);
  });
  const { text, encoding } = decodeText(bytes);
  if (text.includes("\0")) {
    throw new SightlineError("bad-data", `the list ${name} is not text`, {
      received: list,
      expected: "CSV in UTF-8, UTF-16 or Windows-1252, or a .parquet file",
    });
  }
  const { columns, rows } = readCsv(text, {
    name,
    delimiters: /\.tsv$/i.test(list) ? ["\t"] : [",", ";", "\t"],
    isKey: (heading) => PATH_COLUMNS.includes(heading.toLowerCase()),
    keys: PATH_COLUMNS.join(", "),
  });
  const notes = encoding === "windows-1252" ? [`${name} is not UTF-8 and was read as Windows-1252`] : [];
  return { columns, rows: rows.map(({ line, cells }) => ({ position: line, cells })), unit: "line", notes };
}

const noList = (list: string, cause?: unknown) =>
  new SightlineError("file-not-found", `no such list: ${list}`, {
    received: list,
    expected: "a CSV or Parquet file",
    cause,
  });

const text = (value: unknown): string | undefined => {
  if (value === null || value === undefined || value === "" || Number.isNaN(value)) return undefined;
  return value instanceof Uint8Array ? new TextDecoder().decode(value) : String(value);
};

/** A path as text, or in the structure in which Hugging Face's datasets store pictures, which may hold the bytes as well. */
function pathOf(value: unknown): { written?: string; embedded: boolean } {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) {
    return { written: text(value), embedded: false };
  }
  const { path, bytes } = value as { path?: unknown; bytes?: unknown };
  return { written: text(path), embedded: bytes !== null && bytes !== undefined };
}

const insideList = (list: string, where: string) =>
  new SightlineError(
    "bad-data",
    `the picture in ${where} of the list ${list} is inside the list, not a file beside it`,
    {
      expected: "paths of files",
      next: "save the pictures as files and list their paths",
    },
  );

/** @throws SightlineError `bad-data` for a picture that is named twice */
function checkTwice(pictures: readonly ListedPicture[], list: string, unit: string): void {
  const positions = new Map<string, number[]>();
  for (const { file, position } of pictures) positions.set(file, [...(positions.get(file) ?? []), position]);
  const twice = pictures.find(({ file }) => (positions.get(file)?.length ?? 0) > 1);
  if (!twice) return;
  const where = positions.get(twice.file) ?? [];
  throw new SightlineError("bad-data", `the list ${list} names ${twice.path} in ${counted(unit, where)}`, {
    received: where,
    expected: "one row for each picture, its labels with | between them",
  });
}

/** "line 1", "lines 1, 2, 3, 4 and 5 more". */
function counted(unit: string, positions: readonly number[]): string {
  if (positions.length === 1) return `${unit} ${positions[0]}`;
  const shown = positions.slice(0, positions.length > 5 ? 4 : positions.length - 1).join(", ");
  return `${unit}s ${shown} and ${positions.length > 5 ? `${positions.length - 4} more` : positions.at(-1)}`;
}
