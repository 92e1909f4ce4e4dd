import { classroom } from "../../src/classroom/index.js";
import { loadModel, type Model, recommend } from "../../src/index.js";
import { printTable } from "./measure.js";

const PASSES = ["run", "observe", "masked", "gradient"] as const;

/** When passes of a model were under way, and how many rows they had. */
class Watch {
  rows = 0;
  calls = 0;
  /** Milliseconds in which at least one pass was under way. */
  busy = 0;
  #under = 0;
  #since = 0;

  async during<T>(pass: () => Promise<T>): Promise<T> {
    if (this.#under++ === 0) this.#since = performance.now();
    this.calls += 1;
    try {
      return await pass();
    } finally {
      if (--this.#under === 0) this.busy += performance.now() - this.#since;
    }
  }

  /** The same model, whose passes are watched, those of its edited copies included. */
  over(model: Model): Model {
    return new Proxy(model, {
      get: (target, name) => {
        const value = Reflect.get(target, name, target);
        if (typeof value !== "function") return value;
        if (name === "edited") return async (change: never) => this.over(await value.call(target, change));
        if (!PASSES.includes(name as never)) return value.bind(target);
        return (first: { dims?: readonly number[]; count?: number }, ...rest: unknown[]) => {
          this.rows += first.count ?? first.dims?.[0] ?? 1;
          return this.during(() => value.call(target, first, ...rest));
        };
      },
    });
  }
}

/**
 * `npm run bench recommend -- --pictures=5 --model=FILE`: how long `recommend` takes, beside the time in which at least one pass
 * of the model was under way; the rest is drawing masks, metrics, segments and ranks between passes.
 */
export async function bench(flags: readonly string[] = []): Promise<void> {
  const flag = (name: string) => flags.find((one) => one.startsWith(`--${name}=`))?.slice(name.length + 3);
  const count = Number(flag("pictures") ?? 5);
  const { url, options } = classroom.models.honest;
  const named = flag("model");
  await using model = named ? await loadModel(named) : await loadModel(url, { ...options, threads: 1 });
  const images = classroom.pictures({ count, seed: 1 }).map(({ image }) => image);
  const watch = new Watch();
  const started = performance.now();
  const recommendation = await recommend(watch.over(model), images);
  const seconds = (performance.now() - started) / 1000;
  printTable([
    {
      model: model.info.name,
      pictures: count,
      methods: recommendation.rows.filter(({ verdict }) => verdict !== undefined).length,
      calls: watch.calls,
      rows: watch.rows,
      "time (s)": seconds.toFixed(1),
      "in passes (s)": (watch.busy / 1000).toFixed(1),
      "time / passes": (seconds / (watch.busy / 1000)).toFixed(2),
      recommended: recommendation.method ?? "none",
    },
  ]);
}
