import { escapeHtml } from "../../core/html.js";
import { oneLine, probability } from "../../render/format.js";

/** One line of text, escaped. */
export const text = (value: string) => escapeHtml(oneLine(value));

/** One row of a table; the first cell names it. */
export const cells = (name: unknown, ...values: unknown[]) =>
  `<tr><th scope="row">${text(String(name))}</th>${values.map((value) => `<td>${text(String(value))}</td>`).join("")}</tr>`;

export const table = (head: readonly string[], body: readonly string[]) =>
  `<table><thead><tr>${head.map((name) => `<th scope="col">${name}</th>`).join("")}</tr></thead><tbody>${body.join("")}</tbody></table>`;

export const figure = (value: unknown) => (typeof value === "number" ? probability(value) : "–");

/** Colours of groups, told apart by colour-blind readers (Okabe & Ito); shapes repeat the difference. */
export const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c6d31", "#777777"];

export interface Point {
  readonly x: number;
  readonly y: number;
  readonly group: number;
  readonly title: string;
}

/** Points as SVG, each with its title. */
export function scatter(points: readonly Point[], xTitle: string, yTitle: string): string {
  if (points.length === 0) return "";
  const [width, height, margin] = [640, 360, 44];
  const range = (key: "x" | "y") => {
    const values = points.map((point) => point[key]);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    if (high > low) return { low, high };
    // one and the same share or probability is no reason to draw an axis beyond 1
    return low >= 0 && high <= 1 ? { low: 0, high: 1 } : { low: low - 0.5, high: high + 0.5 };
  };
  const [xs, ys] = [range("x"), range("y")];
  const marks = points.map(({ x, y, group, title }) => {
    const cx = (margin + ((x - xs.low) / (xs.high - xs.low)) * (width - margin - 12)).toFixed(1);
    const cy = (height - margin - ((y - ys.low) / (ys.high - ys.low)) * (height - margin - 12)).toFixed(1);
    const shape = group % 2 ? `<path d="M${cx} ${cy}m-4 3l4-7 4 7z"` : `<circle cx="${cx}" cy="${cy}" r="3.5"`;
    return `${shape} fill="${COLOURS[group % COLOURS.length]}" fill-opacity=".6"><title>${text(title)}</title>${group % 2 ? "</path>" : "</circle>"}`;
  });
  const tick = (value: number) => escapeHtml(value.toPrecision(2));
  return `<svg viewBox="0 0 ${width} ${height}" width="${width}" role="img" aria-label="${yTitle} against ${xTitle}, ${points.length} pictures">
<path d="M${margin} 8V${height - margin}H${width - 8}" fill="none" stroke="currentColor" stroke-opacity=".4"/>
<text x="${margin}" y="${height - margin + 16}">${tick(xs.low)}</text><text x="${width - 12}" y="${height - margin + 16}" text-anchor="end">${tick(xs.high)}</text>
<text x="${margin - 6}" y="${height - margin}" text-anchor="end">${tick(ys.low)}</text><text x="${margin - 6}" y="18" text-anchor="end">${tick(ys.high)}</text>
<text x="${(width + margin) / 2}" y="${height - 8}" text-anchor="middle">${xTitle}</text><text transform="translate(12 ${(height - margin) / 2}) rotate(-90)" text-anchor="middle">${yTitle}</text>
${marks.join("")}</svg>`;
}
