import type { WireCurve } from "../../../src/widgets/traits/index.js";
import { plotText, SERIES } from "../charts.js";

/** Names beside their curves, each where the others are farthest, and not over one another. */
export function directLabels(
  curves: readonly WireCurve[],
  names: readonly string[],
  x: readonly number[],
): readonly object[] {
  const placed: { readonly at: number; readonly y: number }[] = [];
  const places = x.map((_, at) => at).slice(Math.round(0.04 * x.length), Math.round(0.7 * x.length));
  return curves.map((curve) => {
    const others = curves.filter((other) => other !== curve);
    const room = (at: number) =>
      Math.min(
        ...others.map(({ scores }) => Math.abs(scores[at] - curve.scores[at])),
        ...placed.map((label) =>
          Math.max(Math.abs(label.at - at) / x.length / 2, Math.abs(label.y - curve.scores[at])),
        ),
        0.4,
      );
    const at = places.reduce((best, place) => (room(place) > room(best) ? place : best));
    const y = curve.scores[at];
    placed.push({ at, y });
    const above = others.filter(({ scores }) => scores[at] > y).length * 2 < curves.length;
    return {
      x: x[at],
      y,
      text: plotText(names[curve.map]),
      showarrow: false,
      xanchor: "left",
      yanchor: above ? "bottom" : "top",
      font: { color: SERIES[curve.map % SERIES.length] },
      // so that dark blue can be read on black
      bgcolor: "rgba(255,255,255,.85)",
    };
  });
}
