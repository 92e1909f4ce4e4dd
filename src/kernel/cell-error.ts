import { SightlineError } from "../core/errors.js";
import { cellName } from "./cell-context.js";
import { InterruptError } from "./interrupt.js";
import type { CellDiagnostic } from "./language/diagnostics.js";
import { isError, isInstance, safeInspect, safeText } from "./safe-inspect.js";

/** An error as messages carry it. */
export interface ErrorReply {
  ename: string;
  evalue: string;
  traceback: string[];
}

/** An error, for the front end and for its reader. */
export interface CellError {
  /** All of it. */
  reply: ErrorReply;
  /** What stands under the cell: the sentence, and the reader's own lines. */
  shown: string[];
  /** What is folded away: calls inside of libraries, causes with their stacks. */
  folded?: string;
}

/** Longest part of a reply, in characters. */
const MAX_TEXT = 20_000;
const MAX_NAME = 200;
const MAX_CAUSES = 5;
/** Most errors of an AggregateError that are shown. */
const MAX_ERRORS = 10;
const MAX_DIAGNOSTICS = 10;
/** Most lines of a stack that stand under a cell. */
const MAX_FRAMES = 8;

const red = (text: string) => `\x1b[31m${text}\x1b[39m`;
const bold = (text: string) => `\x1b[1m${text}\x1b[22m`;
/** Grey, which front ends know better than dim. */
const dim = (text: string) => `\x1b[90m${text}\x1b[39m`;

export function diagnosticsError(diagnostics: readonly CellDiagnostic[], count: number): CellError {
  const [first] = diagnostics;
  const listed = diagnostics.slice(0, MAX_DIAGNOSTICS);
  const traceback = [
    ...listed.map((diagnostic) => describeDiagnostic(diagnostic, count)),
    ...(diagnostics.length > listed.length ? [`… and ${diagnostics.length - listed.length} more errors`] : []),
  ];
  const ename = first.syntax ? "SyntaxError" : "TypeError";
  const evalue = `TS${first.code}: ${first.message} (${first.file ?? cellName(count)}, line ${first.line})`;
  return { reply: { ename, evalue, traceback }, shown: traceback };
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
 * Whatever was thrown, as an error of a cell: it never throws itself.
 * @param source the text of the cell that ran, to show the line that threw
 */
export function cellError(thrown: unknown, count: number, source: string): CellError {
  if (!isError(thrown)) return ofValue(thrown);
  if (isCancelled(thrown)) return ofCancelled(thrown);
  return ofError(thrown, count, source);
}

function ofValue(thrown: unknown): CellError {
  const evalue = clip(safeInspect(thrown, { depth: 2, maxStringLength: 1_000 }));
  const traceback = [red(`Thrown: ${evalue}`)];
  return { reply: { ename: "Error", evalue, traceback }, shown: traceback };
}

/** What somebody stopped is no fault: one grey line, without a stack. */
function ofCancelled(thrown: Error): CellError {
  const { ename, evalue } = headOf(thrown);
  const traceback = [dim(`${ename}: ${evalue}`)];
  return { reply: { ename, evalue, traceback }, shown: traceback };
}

function ofError(thrown: Error, count: number, source: string): CellError {
  const { ename, evalue } = headOf(thrown);
  const stack = safeText(thrown, "stack") ?? "";
  const at = stack.search(/\n {4}at /);
  const frames = at < 0 ? "" : stack.slice(at + 1);
  const headline = clip(red(`${bold(ename)}: ${evalue}`));
  const excerpt = excerptOf(frames, count, source);
  const inner = [...causesOf(thrown), ...errorsOf(thrown)].map((text) => clip(text));
  const head = [headline, ...(excerpt ? [clip(excerpt)] : [])];
  const traceback = [...head, ...(frames ? [clip(dim(frames))] : []), ...inner];
  const own = frames.split("\n").filter(isOfReader).slice(0, MAX_FRAMES).join("\n");
  if (own === frames && inner.every((text) => !text.includes("\n"))) {
    return { reply: { ename, evalue, traceback }, shown: traceback };
  }
  const shown = [...head, ...(own ? [dim(own)] : []), ...inner.map((text) => text.split("\n")[0])];
  return { reply: { ename, evalue, traceback }, shown, folded: clip([frames, ...inner].filter(Boolean).join("\n")) };
}

function headOf(thrown: Error): { ename: string; evalue: string } {
  const ename = clip(safeText(thrown, "name") || "Error", MAX_NAME);
  return { ename, evalue: clip(safeText(thrown, "message") ?? "(an error whose message cannot be read)") };
}

function isCancelled(thrown: Error): boolean {
  return isInstance(thrown, InterruptError) || (isInstance(thrown, SightlineError) && thrown.code === "aborted");
}

/** Whether a line of a stack is in a cell or a file of the reader's, and not in a package. */
function isOfReader(frame: string): boolean {
  return !/node_modules|\bnode:|\/dist\/src\//.test(frame);
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
