import { escapeHtml } from "../core/html.js";

/** A cell: its text, and what stands small beside it. */
export interface Cell {
  readonly text: string;
  readonly small?: string;
}

/** A table of one header row; the first cell of each row names it. */
export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

/** A number for tables: three decimals, no leading zero; whole numbers as they are. */
export function figureOf(value: number): string {
  if (!Number.isFinite(value)) return "–";
  if (Number.isInteger(value)) return String(value);
  if (Math.abs(value) >= 100) return value.toFixed(0);
  if (Math.abs(value) < 0.0005) return value.toExponential(1);
  return value.toFixed(3).replace(/^(-?)0\./, "$1.");
}

/** The table as HTML; every text is escaped. Cells name their column, for pages that are too narrow for the head. */
export function htmlTable({ head, rows }: Table): string {
  const cell = ({ text, small }: Cell, column: number) => {
    const body = escapeHtml(text) + (small ? `<br><small>${escapeHtml(small)}</small>` : "");
    return column === 0
      ? `<th scope="row">${body}</th>`
      : `<td data-column="${escapeHtml(head[column] ?? "")}">${body}</td>`;
  };
  const header = head.map((text) => `<th scope="col">${escapeHtml(text)}</th>`).join("");
  const body = rows.map((row) => `<tr>${row.map(cell).join("")}</tr>`).join("\n");
  return `<table class="sightline-table">\n<thead><tr>${header}</tr></thead>\n<tbody>\n${body}\n</tbody>\n</table>`;
}

/** The table in Markdown; pipes and line ends in texts are escaped. */
export function markdownTable({ head, rows }: Table): string {
  const line = (texts: readonly string[]) =>
    `| ${texts.map((text) => text.replace(/[\\|]/g, "\\$&").replace(/\s+/g, " ")).join(" | ")} |`;
  return [
    line(head),
    `| ${head.map((_, i) => (i ? "---:" : "---")).join(" | ")} |`,
    ...rows.map((row) => line(row.map(({ text, small }) => (small ? `${text} (${small})` : text)))),
  ].join("\n");
}
