/** A number of a class and its label, or one alone. */
type Row = readonly string[];

const INDEX = /^(index|idx|id|class[_ ]?(id|idx|index)|label[_ ]?(id|idx|index)|number|no)$/i;
const NAME = /^(name|names|label|labels|class|classes|class[_ ]?name|category|description)$/i;

/**
 * Labels of a CSV or TSV file: one a row, or beside the number of its class. A heading such as `index,label` is left out,
 * and says which column is which.
 * @returns a list, or labels by the numbers as they are written; undefined where the rows are neither
 */
export function csvLabels(lines: readonly string[]): readonly string[] | Record<string, string> | undefined {
  const delimiter = ["\t", ";", ","].find((one) => lines.every((line) => cellsOf(line, one).length > 1));
  const rows = lines.map((line) => (delimiter ? cellsOf(line, delimiter) : [unquoted(line.trim())]));
  const [first = [], ...others] = rows;
  const isHeading = first.some((cell) => NAME.test(cell)) && first.every((cell) => !/^\d+$/.test(cell));
  const body = isHeading ? others : rows;
  if (!delimiter) return body.map(([label]) => label);
  const named = isHeading ? first.findIndex((cell) => NAME.test(cell)) : -1;
  const counted = isHeading ? first.findIndex((cell) => INDEX.test(cell)) : indexColumn(body);
  const numbered = counted >= 0 && body.every((row) => /^\d{1,7}$/.test(row[counted] ?? ""));
  if (!numbered) return named < 0 ? undefined : body.map((row) => row[named] ?? "");
  const column = named >= 0 ? named : counted === 0 ? 1 : 0;
  return Object.fromEntries(body.map((row) => [row[counted], row[column] ?? ""]));
}

/** The column, of the first two, that holds the numbers from 0 on. */
function indexColumn(rows: readonly Row[]): number {
  return [0, 1].findIndex(
    (column) =>
      new Set(rows.map((row) => row[column])).size === rows.length &&
      rows.every((row) => /^\d{1,7}$/.test(row[column] ?? "")),
  );
}

/** Cells of a line, quotes taken off. */
function cellsOf(line: string, delimiter: string): string[] {
  const cells: string[] = [];
  let cell = "";
  let quoted = false;
  for (const character of line) {
    if (character === '"') quoted = !quoted;
    if (character === delimiter && !quoted) {
      cells.push(unquoted(cell.trim()));
      cell = "";
    } else cell += character;
  }
  return [...cells, unquoted(cell.trim())];
}

const KEY = /^(?:names|labels|classes|class_names)\s*:\s*(.*)$/;

/**
 * Labels under `names` (or `labels`, `classes`, `class_names`) of a YAML file, as Ultralytics describes data sets: a list or
 * labels by number, in blocks or in brackets. Of a file that is a list itself, its items.
 */
export function yamlLabels(text: string): readonly string[] | Record<string, string> | undefined {
  const lines = text.split(/\r\n|\n|\r/).filter((line) => !/^\s*(#|$|---\s*$)/.test(line));
  const start = lines.findIndex((line) => KEY.test(line));
  const rest = start < 0 ? "" : withoutComment(KEY.exec(lines[start])?.[1] ?? "");
  if (rest !== "") return flow(withoutComment([rest, ...lines.slice(start + 1).map(withoutComment)].join(" ")));
  const items: string[] = [];
  const numbered: Record<string, string> = {};
  for (const line of lines.slice(start + 1)) {
    const [, item] = /^\s*-\s+(.*)$/.exec(line) ?? [];
    const [, number, label] = /^\s+['"]?(\d{1,7})['"]?\s*:\s*(.*)$/.exec(line) ?? [];
    if (item === undefined && label === undefined) break;
    if (item !== undefined) items.push(unquoted(withoutComment(item)));
    else numbered[number] = unquoted(withoutComment(label));
  }
  if (items.length > 0) return items;
  return Object.keys(numbered).length > 0 ? numbered : undefined;
}

/** `[cat, dog]` or `{0: cat, 1: dog}`. */
function flow(text: string): readonly string[] | Record<string, string> | undefined {
  const [, open, inside] = /^([[{])((?:"[^"]*"|'[^']*'|[^"'\]}])*)[\]}]/.exec(text) ?? [];
  if (inside === undefined) return undefined;
  const parts = inside.match(/(?:"[^"]*"|'[^']*'|[^,"'])+/g)?.filter((part) => part.trim() !== "") ?? [];
  if (open === "[") return parts.map((part) => unquoted(part.trim()));
  const pairs = parts.map((part) => /^\s*['"]?(\d{1,7})['"]?\s*:\s*(.*?)\s*$/.exec(part));
  if (pairs.some((pair) => pair === null)) return undefined;
  return Object.fromEntries(pairs.map((pair) => [pair?.[1], unquoted(pair?.[2] ?? "")]));
}

/** A text without a comment that follows a blank, quotes respected. */
function withoutComment(text: string): string {
  return (/^(?:"[^"]*"|'[^']*'|[^"'#]|(?<!\s)#|(?<=\w)')*/.exec(text)?.[0] ?? text).trim();
}

function unquoted(text: string): string {
  if (/^".*"$/s.test(text)) return text.slice(1, -1).replaceAll('""', '"');
  return /^'.*'$/s.test(text) ? text.slice(1, -1).replaceAll("''", "'") : text;
}
