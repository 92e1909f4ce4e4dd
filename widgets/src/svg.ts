/** An element of a drawing. */
export function svg(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  ...children: Node[]
): SVGElement {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  made.append(...children);
  return made;
}

/** A faint line of a grid. */
export const svgLine = (x1: number, y1: number, x2: number, y2: number): SVGElement =>
  svg("line", { x1, y1, x2, y2, class: "sl-curve-grid" });

/** A line through points. */
export function svgPath(points: readonly (readonly [number, number])[], stroke: string, dashes = "none"): SVGElement {
  const text = points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ");
  return svg("polyline", { points: text, stroke, fill: "none", "stroke-width": 2, "stroke-dasharray": dashes });
}

/** A text beside a line or an axis. */
export function svgText(x: number, y: number, text: string, anchor = "start"): SVGElement {
  return svg("text", { x, y, "text-anchor": anchor, class: "sl-curve-text" }, document.createTextNode(text));
}
