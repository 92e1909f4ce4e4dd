import { escapeUTF8 } from "entities";
import { inspect } from "#platform/inspect";
import { inspectedHtml, numberHtml, textHtml } from "./short-values.js";

export const MAX_ROWS = 50;
const MAX_COLUMNS = 20;
const MAX_CELL = 200;
/** Columns that fit a phone; in wider tables each cell names its own, so that a row can become a list there. */
const NARROW = 3;

/** A text that a reader takes for a number: "0.94", "<.01", "−3", "12 %". */
const NUMERIC = /^[<±]?\s?[-−+]?(?:\d+(?:,\d{3})*\.?\d*|\.\d+)(?:e[-−+]?\d+)?(?:\s?%)?$/;

/** Objects as rows, their keys as columns: text to the left, numbers to the right, short with the whole value on hover. */
export function htmlTable(rows: readonly Record<string, unknown>[]): string {
  const shown = rows.slice(0, MAX_ROWS);
  const all = [...new Set(shown.flatMap(Object.keys))];
  const columns = all.slice(0, MAX_COLUMNS);
  const align = new Map(columns.map((column) => [column, isNumeric(shown, column) ? "right" : "left"]));
  const named = (tag: string, column: string) =>
    tag === "td" && columns.length > NARROW ? ` data-column="${escapeUTF8(column)}"` : "";
  const cell = (tag: "th" | "td", column: string, html: string) =>
    `<${tag} style="text-align:${align.get(column)}"${named(tag, column)}>${html}</${tag}>`;
  const body = shown
    .map((row) => `<tr>${columns.map((column) => cell("td", column, cellHtml(row[column]))).join("")}</tr>`)
    .join("");
  const notes = [
    rows.length > MAX_ROWS && `${rows.length - MAX_ROWS} more rows`,
    all.length > columns.length && `${all.length - columns.length} more columns`,
  ].filter(Boolean);
  const head = `<tr>${columns.map((column) => cell("th", column, escapeUTF8(column))).join("")}</tr>`;
  const note = notes.length ? `<p>… ${notes.join(", ")}</p>` : "";
  return `<table><thead>${head}</thead><tbody>${body}</tbody></table>${note}`;
}

/** Whether a column holds numbers and nothing else, written out or not. */
function isNumeric(rows: readonly Record<string, unknown>[], column: string): boolean {
  const values = rows.map((row) => row[column]).filter((value) => value !== undefined && value !== null);
  const numeric = (value: unknown) =>
    typeof value === "number" || typeof value === "bigint" || (typeof value === "string" && NUMERIC.test(value));
  return values.length > 0 && values.every(numeric);
}

function cellHtml(value: unknown): string {
  if (value === undefined) return "";
  if (typeof value === "number") return numberHtml(value);
  if (typeof value === "string") return textHtml(cut(value));
  return inspectedHtml(cut(inspect(value, { depth: 1, breakLength: 80 })));
}

function cut(text: string): string {
  return text.length > MAX_CELL ? `${text.slice(0, MAX_CELL)}…` : text;
}
