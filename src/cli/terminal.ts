import { visible, visibleJson } from "./visible.js";

/** What a command prints: a table for people, or JSON. */
export type Rows = readonly Readonly<Record<string, unknown>>[];

export function printRows(rows: Rows, asJson: boolean | undefined): void {
  if (asJson) printJson(rows);
  else print(table(rows));
}

export function printJson(value: unknown): void {
  process.stdout.write(`${visibleJson(value)}\n`);
}

export function print(text: string): void {
  process.stdout.write(`${visible(text)}\n`);
}

/** Writes a line beside the command's output, to stderr. */
export function report(text: string): void {
  process.stderr.write(`${visible(text)}\n`);
}

/** Columns of text, aligned; numbers to the right. */
function table(rows: Rows): string {
  if (rows.length === 0) return "nothing";
  const keys = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const cells = rows.map((row) => keys.map((key) => cellText(row[key])));
  const widths = keys.map((key, i) => Math.max(key.length, ...cells.map((row) => row[i].length)));
  const numeric = keys.map((key) => rows.every((row) => typeof row[key] === "number"));
  const line = (texts: string[]) =>
    texts
      .map((text, i) => (numeric[i] ? text.padStart(widths[i]) : text.padEnd(widths[i])))
      .join("  ")
      .trimEnd();
  return [line(keys), line(widths.map((width) => "─".repeat(width))), ...cells.map(line)].join("\n");
}

function cellText(value: unknown): string {
  if (typeof value === "number" && !Number.isInteger(value)) return value.toFixed(3);
  return value === undefined ? "" : visible(String(value).replaceAll(/\s/g, " "));
}

/** One line of the terminal that is rewritten as work goes on; silent where there is no terminal. */
export interface ProgressLine {
  show(text: string): void;
  end(): void;
}

export function progressLine(): ProgressLine {
  const { isTTY } = process.stderr;
  return {
    show: (text) => isTTY && process.stderr.write(`\r\u001b[2K${visible(text).slice(0, 100)}`),
    end: () => isTTY && process.stderr.write("\r\u001b[2K"),
  };
}

/** Fires on Ctrl-C or SIGTERM: the first one cancels the work, the second ends the process. */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  const stop = () => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort(new Error("interrupted"));
  };
  process.on("SIGINT", stop).on("SIGTERM", stop);
  return controller.signal;
}
