import { cellName } from "./cell-context.js";
import type { CellDiagnostic } from "./language/diagnostics.js";
import { isError, safeInspect, safeText } from "./safe-inspect.js";

/** What the front end shows of an error. */
export interface ErrorReply {
  ename: string;
  evalue: string;
  traceback: string[];
}

/** Longest part of a reply, in characters. */
const MAX_TEXT = 20_000;
const MAX_NAME = 200;
const MAX_CAUSES = 5;
/** Most errors of an AggregateError that are shown. */
const MAX_ERRORS = 10;
const MAX_DIAGNOSTICS = 10;

const red = (text: string) => `\x1b[31m${text}\x1b[39m`;
const bold = (text: string) => `\x1b[1m${text}\x1b[22m`;
const dim = (text: string) => `\x1b[2m${text}\x1b[22m`;

export function diagnosticsReply(diagnostics: readonly CellDiagnostic[], count: number): ErrorReply {
  const [first] = diagnostics;
  const shown = diagnostics.slice(0, MAX_DIAGNOSTICS);
  return {
    ename: first.syntax ? "SyntaxError" : "TypeError",
    evalue: `TS${first.code}: ${first.message} (${first.file ?? cellName(count)}, line ${first.line})`,
    traceback: [
      ...shown.map((diagnostic) => describeDiagnostic(diagnostic, count)),
      ...(diagnostics.length > shown.length ? [`… and ${diagnostics.length - shown.length} more errors`] : []),
    ],
  };
}

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

/**
 * Whatever was thrown, as a reply: it never throws itself.
 * @param source the text of the cell that ran, to show the line that threw
 */
export function errorReply(thrown: unknown, count: number, source: string): ErrorReply {
  const { ename, evalue, traceback } = isError(thrown) ? ofError(thrown, count, source) : ofValue(thrown);
  return { ename: clip(ename, MAX_NAME), evalue: clip(evalue), traceback: traceback.map((text) => clip(text)) };
}

function ofValue(thrown: unknown): ErrorReply {
  const evalue = safeInspect(thrown, { depth: 2, maxStringLength: 1_000 });
  return { ename: "Error", evalue, traceback: [red(`Thrown: ${evalue}`)] };
}

function ofError(thrown: Error, count: number, source: string): ErrorReply {
  const ename = safeText(thrown, "name") || "Error";
  const evalue = safeText(thrown, "message") ?? "(an error whose message cannot be read)";
  const stack = safeText(thrown, "stack") ?? "";
  const at = stack.search(/\n {4}at /);
  const frames = at < 0 ? "" : stack.slice(at + 1);
  const traceback = [red(`${bold(ename)}: ${evalue}`)];
  const excerpt = excerptOf(frames, count, source);
  if (excerpt) traceback.push(excerpt);
  if (frames) traceback.push(dim(frames));
  traceback.push(...causesOf(thrown), ...errorsOf(thrown));
  return { ename, evalue, traceback };
}

function causesOf(error: Error): string[] {
  const causes: string[] = [];
  let outer: unknown = error;
  while (causes.length < MAX_CAUSES && isError(outer)) {
    const cause = read(outer, "cause");
    if (cause === undefined) break;
    causes.push(`Caused by ${textOf(cause)}`);
    outer = cause;
  }
  return causes;
}

/** The errors of an AggregateError. */
function errorsOf(error: Error): string[] {
  const errors = read(error, "errors");
  if (!Array.isArray(errors)) return [];
  const shown = errors.slice(0, MAX_ERRORS).map((one) => `  ${safeInspect(one)}`);
  if (errors.length > shown.length) shown.push(`  … and ${errors.length - shown.length} more errors`);
  return shown;
}

function textOf(cause: unknown): string {
  if (!isError(cause)) return safeInspect(cause, { depth: 2 });
  return safeText(cause, "stack") ?? safeText(cause, "message") ?? safeInspect(cause);
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

function read(error: Error, key: "cause" | "errors"): unknown {
  try {
    return (error as Error & { errors?: unknown })[key];
  } catch {
    return undefined;
  }
}

function clip(text: string, length = MAX_TEXT): string {
  return text.length > length ? `${text.slice(0, length)}…` : text;
}
