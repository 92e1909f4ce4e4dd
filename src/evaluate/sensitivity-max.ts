import { SightlineError } from "../core/errors.js";
import { extent } from "../core/statistics.js";
import { metric } from "./metric.js";

/** Options of the metric `sensitivity-max`. */
export interface SensitivityMaxOptions {
  /** How many changed pictures. */
  draws: number;
  /** The most that any value of the input changes, as a share of the input's range. */
  radius: number;
}

/**
 * Max-sensitivity: how far the map can move when every value of the picture moves by `radius` at the most, the largest of
 * some random draws: max ‖Φ(x + δ) − Φ(x)‖ / ‖Φ(x)‖, Euclidean. More draws find larger values. A map of zeros has no
 * length: the value is 0 where it stays so, else infinite. Yeh et al., On the (in)fidelity and sensitivity of
 * explanations, NeurIPS 2019, definition 2.
 */
export const sensitivityMax = metric<SensitivityMaxOptions>({
  name: "sensitivity-max",
  summary: "largest relative change of the map under small changes of the picture",
  better: "lower",
  needs: ["rerun"],
  nulls: "none",
  passes: true,
  source: "Yeh et al., On the (in)fidelity and sensitivity of explanations, NeurIPS 2019",
  defaults: { draws: 10, radius: 0.02 },
  limits: { draws: { from: 1, to: 1e4, whole: true }, radius: { above: 0, to: 10 } },
  async measure(context, { draws, radius }) {
    const { values, rerun } = context.map;
    if (!rerun) {
      throw new SightlineError("not-supported", "this map cannot be made again", {
        expected: "a map of one of the library's methods",
        next: "leave sensitivity-max out",
      });
    }
    const { data, dims } = context.input;
    const [low, high] = extent(data);
    const random = context.random(5);
    let largest = 0;
    for (let draw = 0; draw < draws; draw++) {
      const moved = data.map((value) => value + radius * (high - low) * (2 * random.uniform() - 1));
      largest = Math.max(largest, distance(await rerun({ input: { data: moved, dims } }), values));
    }
    return { value: largest === 0 ? 0 : largest / distance(values) };
  },
});

/** Euclidean distance of two maps; the length of one. */
function distance(a: Float32Array, b?: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] - (b?.[i] ?? 0)) ** 2;
  return Math.sqrt(sum);
}
