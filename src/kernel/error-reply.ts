import { inspect } from "#platform/inspect";
import { cellName } from "./cell-context.js";
import type { CellDiagnostic } from "./language/diagnostics.js";

/** What the front end shows of an error. */
export interface ErrorReply {
  ename: string;
  evalue: string;
  traceback: string[];
}

const red = (text: string) => `\x1b[31m${text}\x1b[39m`;
const bold = (text: string) => `\x1b[1m${text}\x1b[22m`;
const dim = (text: string) => `\x1b[2m${text}\x1b[22m`;

export function diagnosticsReply(diagnostics: readonly CellDiagnostic[], count: number): ErrorReply {
  const [first] = diagnostics;
  const shown = diagnostics.slice(0, SHOWN_DIAGNOSTICS);
  return {
    ename: first.syntax ? "SyntaxError" : "TypeError",
    evalue: `TS${first.code}: ${first.message} (${first.file ?? cellName(count)}, line ${first.line})`,
    traceback: [
      ...shown.map((diagnostic) => describeDiagnostic(diagnostic, count)),
      ...(diagnostics.length > shown.length ? [`… and ${diagnostics.length - shown.length} more errors`] : []),
    ],
  };
}

const SHOWN_DIAGNOSTICS = 10;

/** Place, code, message, and the line with a caret under what is meant. */
export function describeDiagnostic(diagnostic: CellDiagnostic, count: number): string {
  const { code, message, file, line, column, length, text } = diagnostic;
  const tabs = text.slice(0, column - 1).replace(/[^\t]/g, " ");
  return [
    `${bold(`${file ?? cellName(count)}:${line}:${column}`)} - ${red("error")} ${dim(`TS${code}:`)} ${message}`,
    "",
    `${dim(`${String(line).padStart(4)} |`)} ${text}`,
    `${dim("     |")} ${tabs}${red("^".repeat(length))}`,
  ].join("\n");
}

/** @param source the text of the cell that ran, to show the line that threw */
export function errorReply(thrown: unknown, count: number, source: string): ErrorReply {
  if (!isError(thrown)) {
    const evalue = inspect(thrown, { depth: 2, maxStringLength: 1_000 });
    return { ename: "Error", evalue, traceback: [red(`Thrown: ${evalue}`)] };
  }
  const ename = String(thrown.name || "Error");
  const evalue = String(thrown.message);
  const stack = String(thrown.stack ?? `${ename}: ${evalue}`);
  const at = stack.search(/\n {4}at /);
  const frames = at < 0 ? "" : stack.slice(at + 1);
  const traceback = [red(`${bold(ename)}: ${evalue}`)];
  const excerpt = excerptOf(frames, count, source);
  if (excerpt) traceback.push(excerpt);
  if (frames) traceback.push(dim(frames));
  for (let cause = thrown.cause, depth = 0; cause !== undefined && depth < 5; depth++) {
    traceback.push(`Caused by ${isError(cause) ? (cause.stack ?? cause.message) : inspect(cause, { depth: 2 })}`);
    cause = isError(cause) ? cause.cause : undefined;
  }
  if (thrown instanceof AggregateError) traceback.push(...thrown.errors.map((error) => `  ${inspect(error)}`));
  return { ename, evalue, traceback: traceback.map((text) => text.slice(0, 20_000)) };
}

function excerptOf(frames: string, count: number, source: string): string | undefined {
  const place = new RegExp(`Cell \\[${count}\\]:(\\d+):(\\d+)`).exec(frames);
  if (!place) return undefined;
  const line = Number(place[1]);
  const lines = source.split("\n");
  if (!lines[line - 1]?.trim()) return undefined;
  const shown: string[] = [];
  for (let n = Math.max(1, line - 2); n <= Math.min(lines.length, line + 1); n++) {
    shown.push(`${n === line ? red("→") : " "}${dim(`${String(n).padStart(3)} |`)} ${lines[n - 1]}`);
    if (n === line) shown.push(`${dim("     |")} ${" ".repeat(Math.max(0, Number(place[2]) - 1))}${red("^")}`);
  }
  return shown.join("\n");
}

function isError(value: unknown): value is Error {
  return value instanceof Error || Object.prototype.toString.call(value) === "[object Error]";
}
