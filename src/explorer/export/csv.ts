import type { ExportTable } from "./table.js";

/** What spreadsheets take for the beginning of a formula. */
const FORMULA = /^[=+\-@\t\r]/;

/** A table as RFC 4180 has it: a heading, lines that end in CRLF, cells in quotes where they need them. */
export function csvOf({ columns, rows }: ExportTable): string {
  const lines = [
    columns.map(({ name }) => cell(name)),
    ...rows.map((row) => columns.map(({ name }) => cell(row[name]))),
  ];
  return lines.map((cells) => `${cells.join(",")}\r\n`).join("");
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return "";
  const text = String(value);
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Cells are written as they are; which of them a spreadsheet would take for formulas is said. */
export function formulaNotes({ columns, rows }: ExportTable): string[] {
  const texts = columns.filter(({ type }) => type === "text").map(({ name }) => name);
  const cells = rows.flatMap((row) => texts.filter((name) => FORMULA.test(String(row[name] ?? "")))).length;
  if (cells === 0) return [];
  return [
    `${cells === 1 ? "1 cell of the CSV file begins" : `${cells} cells of the CSV file begin`} with =, +, - or @: a spreadsheet would take that for a formula, so import it as text`,
  ];
}
