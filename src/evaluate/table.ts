import { escapeHtml } from "../core/html.js";

/** A cell: its text, and what stands small beside it. */
export interface Cell {
  readonly text: string;
  /** Of a number, all its digits: on hover, where the text has fewer. */
  readonly value?: number;
  readonly small?: string;
}

/** A table of one header row; the first cell of each row names it. */
export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

/** A number for tables: three decimals below 1, three digits above, no leading zero; whole numbers as they are, what is next to nothing as "≈ 0". */
export function figureOf(value: number): string {
  if (!Number.isFinite(value)) return "–";
  if (Number.isInteger(value)) return String(value);
  if (Math.abs(value) >= 100) return value.toFixed(0);
  if (Math.abs(value) >= 1) return value.toPrecision(3);
  if (Math.abs(value) < 0.0005) return "≈ 0";
  return value.toFixed(3).replace(/^(-?)0\./, "$1.");
}

/** A cell of one number. */
export function numberCell(value: number, small?: string): Cell {
  return { text: figureOf(value), value, small };
}

/** The table as HTML, texts to the left and numbers to the right; every text is escaped. Cells name their column, for pages that are too narrow for the head. */
export function htmlTable({ head, rows }: Table): string {
  const aligned = head.map((_, column) => {
    const side = rows.some((row) => row[column]?.value !== undefined) ? "right" : "left";
    return `style="text-align:${side}"`;
  });
  const cell = ({ text, value, small }: Cell, column: number) => {
    const whole = value === undefined || String(value) === text ? "" : ` title="${value}"`;
    const body = escapeHtml(text) + (small ? `<br><small>${escapeHtml(small)}</small>` : "");
    return column === 0
      ? `<th scope="row" ${aligned[column]}>${body}</th>`
      : `<td ${aligned[column]} data-column="${escapeHtml(head[column] ?? "")}"${whole}>${body}</td>`;
  };
  const header = head.map((text, column) => `<th scope="col" ${aligned[column]}>${escapeHtml(text)}</th>`).join("");
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
