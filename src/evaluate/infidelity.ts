import { BOOLEAN } from "../core/options.js";
import { pearson } from "../core/statistics.js";
import { BASELINES, type Baseline } from "../perturb/fill.js";
import { metric } from "./metric.js";

/** Options of the metric `infidelity`. */
export interface InfidelityOptions {
  /** Squares that are removed, one at a time. */
  samples: number;
  /** Side of the removed squares, as a share of the picture's. */
  size: number;
  /** What takes the place of removed pixels. */
  baseline: Baseline;
  /** Scale the map by the factor that fits best first: most methods promise no scale. */
  scale: boolean;
}

/**
 * Infidelity with square removal: the mean of (Σ of the map over a random square − f(x) + f(x without the square))²,
 * the map understood as contributions. Yeh et al., NeurIPS 2019, definition 2.1 and section 2.3. `relative` divides it
 * by what a map of zeros has: below 1 the map knows something, 1 where both have 0, infinite where only the zeros have.
 * `correlation` is that of sums and drops, 0 for a constant map. With `scale` a map is as good as its negative: `scale`
 * among the parts is then below 0.
 */
export const infidelity = metric<InfidelityOptions>({
  name: "infidelity",
  summary: "mean squared error of the map as a prediction of what removing a square costs",
  better: "lower",
  needs: [],
  nulls: "values",
  passes: true,
  source: "Yeh et al., On the (in)fidelity and sensitivity of explanations, NeurIPS 2019",
  defaults: { samples: 50, size: 0.25, baseline: "black", scale: true },
  limits: {
    samples: { from: 1, to: 1e6, whole: true },
    size: { from: 0, to: 1 },
    baseline: BASELINES,
    scale: BOOLEAN,
  },
  async measure(context, { samples, size, baseline, scale }) {
    const { values, score } = context.map;
    const { width, height } = context;
    const random = context.random(2);
    const [w, h] = [Math.max(1, Math.round(size * width)), Math.max(1, Math.round(size * height))];
    const squares = Array.from({ length: samples }, () => ({
      x: random.integer(width - w + 1),
      y: random.integer(height - h + 1),
    }));
    const drops = await context.once(`drops ${samples} ${size} ${baseline} ${score}`, async () => {
      const before = await context.score(score);
      const base = context.baseline(baseline).data;
      const after = await context.stream(
        samples,
        (n, out) => {
          for (let i = 0; i < out.length; i++) {
            const pixel = context.pixelOf(i);
            const [dx, dy] = [(pixel % width) - squares[n].x, Math.floor(pixel / width) - squares[n].y];
            out[i] = (dx >= 0 && dx < w && dy >= 0 && dy < h ? base : context.input.data)[i];
          }
        },
        score,
      );
      return Array.from(after, (value) => before - value);
    });
    const sums = squares.map(({ x, y }) => {
      let sum = 0;
      for (let row = y; row < y + h; row++)
        for (let column = x; column < x + w; column++) sum += values[row * width + column];
      return sum;
    });
    const square = sums.reduce((total, sum) => total + sum * sum, 0);
    const factor = scale ? (square > 0 ? sums.reduce((total, sum, i) => total + sum * drops[i], 0) / square : 0) : 1;
    const value = sums.reduce((total, sum, i) => total + (factor * sum - drops[i]) ** 2, 0) / samples;
    const zero = drops.reduce((total, drop) => total + drop * drop, 0) / samples;
    return {
      value,
      parts: {
        relative: zero > 0 ? value / zero : value > 0 ? Number.POSITIVE_INFINITY : 1,
        correlation: pearson(sums, drops),
        scale: factor,
      },
    };
  },
});
