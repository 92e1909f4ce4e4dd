import { SightlineError } from "../core/errors.js";
import { rankCorrelationWith } from "../core/ranks.js";
import { extent } from "../core/statistics.js";
import { metric } from "./metric.js";

/** Options of the metric `stability`. */
export interface StabilityOptions {
  /** How many other seeds. */
  seeds: number;
  /** How many noisy pictures. */
  draws: number;
  /** Standard deviation of the noise, as a share of the input's range. */
  noise: number;
}

/**
 * Rank correlation (Spearman) of the map with those of other seeds, and of the same picture under small noise; the
 * value is the lower of the two, and below 0 where a map turns round. A constant map that stays constant is perfectly
 * stable; where one of two maps is constant, they count as 0 and a note says so. Alvarez-Melis & Jaakkola, 2018, for the
 * idea of local stability.
 */
export const stability = metric<StabilityOptions>({
  name: "stability",
  summary: "rank correlation with maps of other seeds and of slightly noisy pictures",
  better: "higher",
  needs: ["rerun"],
  nulls: "none",
  passes: true,
  source: "Alvarez-Melis & Jaakkola, On the robustness of interpretability methods, 2018",
  defaults: { seeds: 2, draws: 2, noise: 0.02 },
  limits: {
    seeds: { from: 0, to: 1e4, whole: true },
    draws: { from: 0, to: 1e4, whole: true },
    noise: { from: 0, to: 10 },
  },
  async measure(context, { seeds, draws, noise }) {
    const { values, rerun, seed } = context.map;
    const { data, dims } = context.input;
    const [low, high] = extent(data);
    const range = high - low;
    const random = context.random(3);
    const original = rankCorrelationWith(values);
    const meanOf = async (count: number, again: (i: number) => Promise<Float32Array>) => {
      let sum = 0;
      for (let i = 0; i < count; i++) sum += original.correlation(await again(i));
      return sum / count;
    };
    const parts: Record<string, number> = {};
    if (rerun && seeds > 0) parts.seeds = await meanOf(seeds, (i) => rerun({ seed: seed + 1 + i }));
    if (rerun && draws > 0) {
      parts.noise = await meanOf(draws, () => {
        const noisy = data.map((value) => value + noise * range * random.normal());
        return rerun({ input: { data: noisy, dims } });
      });
    }
    if (!Object.keys(parts).length)
      throw new SightlineError("bad-config", "stability has nothing to compare", {
        received: { seeds, draws },
        expected: "at least one seed or draw",
      });
    return { value: Math.min(...Object.values(parts)), parts, notes: original.notes() };
  },
});
