import { mkdtemp, readdir, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { audit } from "../../src/audit/index.js";
import { collectLessOften } from "../../src/cli/heap-growth.js";
import { random } from "../../src/core/random.js";
import { explain } from "../../src/explain/explain.js";
import { loadModel } from "../../src/load-model.js";
import type { Model } from "../../src/model/types.js";
import { paired, printTable } from "./measure.js";

const PHOTOS = "notebooks/images";
const SIZE = "640x480";

/** Photographs as they come from a camera's memory card: cuts of a few pictures, JPEG. */
async function photographs(count: number, size: { width: number; height: number }): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "sightline-photographs-"));
  const names = (await readdir(PHOTOS)).filter((name) => /\.(png|jpg)$/.test(name)).sort();
  const source = random(1);
  for (let i = 0; i < count; i++) {
    const picture = sharp(join(PHOTOS, names[i % names.length]));
    const { width = 0, height = 0 } = await picture.metadata();
    const side = Math.round(Math.min(width, height) * (0.6 + 0.4 * source.uniform()));
    const left = source.integer(width - side + 1);
    const top = source.integer(height - side + 1);
    const file = join(folder, `${String(i).padStart(4, "0")}.jpg`);
    await picture
      .removeAlpha()
      .toColourspace("srgb")
      .extract({ left, top, width: side, height: side })
      .resize({ ...size, fit: "fill" })
      .jpeg({ quality: 90 })
      .toFile(file);
  }
  return folder;
}

/** Pictures whose passes are kept to be made again; of more pictures they are made several times. */
const MOST_RECORDED = 96;

const PASSES = ["run", "observe", "masked", "gradient"] as const;

/** The passes of a method on one picture, to be made again with nothing around them. */
async function recorded(model: Model, picture: string, method: string): Promise<(() => Promise<unknown>)[]> {
  const passes: (() => Promise<unknown>)[] = [];
  const spy = new Proxy(model, {
    get(target, key) {
      const value = Reflect.get(target, key, target) as unknown;
      if (typeof value !== "function") return value;
      const call = value.bind(target) as (...args: unknown[]) => Promise<unknown>;
      if (!PASSES.includes(key as (typeof PASSES)[number])) return call;
      return (...args: unknown[]) => {
        const own = args.map((one) => (isControl(one) ? { ...one, signal: undefined } : one));
        passes.push(() => call(...own));
        return call(...args);
      };
    },
  });
  await explain(spy, picture, { method: method as "auto", preset: "speed" });
  return passes;
}

const isControl = (value: unknown): value is object =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;

/**
 * How fast an audit is beside the forward passes that its method makes, which are made again with nothing around them,
 * on the same session and as many pictures side by side. Decoding, maps, thumbnails, Parquet files and the report are
 * the audit's own. `--model=` takes another model than EfficientNet-Lite0, `--method=` one of the methods alone,
 * `--pictures=` and `--rounds=` other numbers, `--size=4000x3000` other photographs, `--decode=fast` the option of that name.
 */
export async function bench(words: readonly string[] = []): Promise<void> {
  collectLessOften();
  const option = (name: string) => words.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3);
  const count = Number(option("pictures") ?? 960);
  const rounds = Number(option("rounds") ?? 3);
  const [width, height] = (option("size") ?? SIZE).split("x").map(Number);
  const decode = option("decode") === "fast" ? "fast" : "full";
  const folder = await photographs(count, { width, height });
  const threads = availableParallelism();
  await using model = await loadModel(option("model") ?? "efficientnet-lite0", { threads });
  const rows: Record<string, string | number>[] = [];
  for (const [method, pictures] of [
    ["recipro-cam", count],
    ["occlusion", Math.max(1, count >> 5)],
  ] as const) {
    if (method !== (option("method") ?? method)) continue;
    const list = (await readdir(folder)).sort().slice(0, pictures);
    const work: (() => Promise<unknown>)[][] = [];
    for (const name of list.slice(0, MOST_RECORDED)) work.push(await recorded(model, join(folder, name), method));
    const bare = async () => {
      let next = 0;
      const lane = async () => {
        while (next < pictures) for (const pass of work[next++ % work.length]) await pass();
      };
      await Promise.all([lane(), lane(), lane(), lane()]);
    };
    const ours = async () => {
      const out = await mkdtemp(join(tmpdir(), "sightline-bench-"));
      const source = pictures === count ? folder : join(folder, `{${list.join(",")}}`);
      await audit(model, source, { out, method, preset: "speed", shortcuts: false, decode });
      await rm(out, { recursive: true });
    };
    const { a, b, ratio, low, high } = await paired(bare, ours, rounds);
    rows.push({
      method,
      pictures,
      "bare passes (pictures/s)": (1000 * pictures) / a,
      "audit (pictures/s)": (1000 * pictures) / b,
      ratio,
      "lowest and highest": `${low.toFixed(2)} … ${high.toFixed(2)}`,
      goal: "≥ 0.85",
    });
  }
  console.log(`${model.info.name}, ${threads} threads, JPEG ${width}×${height}, decode ${decode}\n`);
  printTable(rows);
  await rm(folder, { recursive: true });
}
