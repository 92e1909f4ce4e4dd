import { cp, link, mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { audit } from "../../src/audit/index.js";
import { isSightlineError } from "../../src/core/errors.js";
import { repeatBatch, type Tensor } from "../../src/core/tensor.js";
import { explain } from "../../src/explain/explain.js";
import type { ExplainOptions } from "../../src/explain/options.js";
import { loadModel } from "../../src/load-model.js";
import { METHODS, type MethodName } from "../../src/methods/registry.js";
import type { Model } from "../../src/model/types.js";
import type { Device } from "../../src/platform/devices.js";
import { pictureFolder } from "../audit/pictures.js";
import { fixture } from "../support/fixtures.js";
import { savedModel } from "../support/models.js";
import { resnet50, vitB16 } from "./device/networks.js";
import { pack } from "./device/pack.js";
import { printTable, timed } from "./measure.js";

interface Counts {
  readonly masks: number;
  readonly fewMasks: number;
  readonly steps: number;
  readonly pictures: number;
}

const WHOLE: Counts = { masks: 1000, fewMasks: 300, steps: 50, pictures: 20_000 };
const SHORT: Counts = { masks: 32, fewMasks: 16, steps: 8, pictures: 16 };
/** Small networks, whose maps by every method stand beside the processor's. */
const SMALL = ["resnet", "transformer"].map((name) => fixture(`gradients/${name}.legacy.onnx`));
const FEW = { budget: { passes: 24 }, masks: 24, steps: 4, samples: 4, iterations: 2 };
/** Pictures that an audit's are links to. */
const DIFFERENT = 256;

/**
 * What an accelerator is worth here: passes, RISE, gp-rise, integrated gradients and an audit beside the processor's, and
 * every method's map beside the processor's. ResNet-50 and ViT-B/16 have made-up weights, so that nothing is fetched.
 * `--pack=FILE.tar.xz` instead writes Node, the built package and this benchmark into a file for a bare Linux machine.
 * `--devices=webgpu,cuda` names the accelerators, `--model=PATH` another network, `--short` makes do with small ones and small counts.
 */
export async function bench(flags: readonly string[] = []): Promise<void> {
  const option = (name: string) => flags.find((flag) => flag.startsWith(`--${name}=`))?.slice(name.length + 3);
  const file = option("pack");
  if (file !== undefined) return console.log(await pack(file));
  const short = flags.includes("--short");
  const devices = (option("devices") ?? "webgpu,cuda").split(",") as Device[];
  const counts = short ? SHORT : WHOLE;
  await maps(devices);
  const given = option("model");
  const networks = given
    ? [given]
    : short
      ? SMALL
      : [resnet50, vitB16].map((make) => savedModel(make(), `${make.name}.onnx`));
  for (const network of networks) await speeds(network, devices, counts);
  await audits(networks[0], devices, counts);
}

/** Opens a model on a device; says why where it is not to be had. */
async function opened(source: string, device: Device): Promise<Model | undefined> {
  try {
    return await loadModel(source, { device });
  } catch (error) {
    if (!isSightlineError(error, "not-supported", "device-lost", "run-failed")) throw error;
    console.log(`\n${device}, ${basename(source)}: ${error.message}`);
    return undefined;
  }
}

/** A picture with something in every place, as the model's input. */
function pictureFor(model: Model): Tensor {
  const input = model.fill([200, 90, 20]);
  for (let i = 0; i < input.data.length; i++) input.data[i] += 0.5 * Math.sin(0.37 * i);
  return input;
}

/** The largest difference between every method's map on a device and on the processor, as a share of the largest value. */
async function maps(devices: readonly Device[]): Promise<void> {
  const rows: Record<string, string | number>[] = [];
  for (const source of SMALL) {
    await using own = await loadModel(source);
    for (const device of devices) {
      await using card = await opened(source, device);
      if (!card) continue;
      for (const { method, supported } of own.info.methods) {
        if (!supported) continue;
        const known = Object.keys(METHODS[method as MethodName].limits);
        const few = Object.fromEntries(Object.entries(FEW).filter(([name]) => known.includes(name)));
        const settings = { method, targets: 3, preset: "speed", ...few } as unknown as ExplainOptions<"rise">;
        const [here, there] = [
          await explain(own, pictureFor(own), settings),
          await explain(card, pictureFor(own), settings),
        ];
        const apart = difference(here.map(3).data, there.map(3).data).toExponential(1);
        rows.push({ network: basename(source, ".onnx"), method, device, "map differs": apart, tolerance: "1e-3" });
      }
    }
  }
  if (rows.length === 0) return;
  console.log();
  printTable(rows);
}

/** A map without a larger value is what rounding leaves of zero, such as HiRes-CAM's in front of a layer norm. */
const ROUNDING = 1e-6;

function difference(own: Float32Array, other: Float32Array): number {
  let [apart, largest] = [0, 0];
  for (const [i, value] of own.entries()) {
    apart = Math.max(apart, Math.abs(value - other[i]));
    largest = Math.max(largest, Math.abs(value));
  }
  return apart / Math.max(largest, ROUNDING);
}

/** Milliseconds of each kind of work on a device, the first time apart, when shaders are compiled. */
async function timesOf(model: Model, { masks, fewMasks, steps }: Counts): Promise<Record<string, number>> {
  const input = pictureFor(model);
  const batch = await model.batchSize();
  const several = repeatBatch(input, batch);
  const passes = async (count: number) => {
    for (let done = 0; done < count; done += batch) await model.run(several);
  };
  const run = (method: string, options: object) => () =>
    explain(model, input, { method, targets: 0, ...options } as unknown as ExplainOptions<"rise">);
  const warm = async (work: () => unknown, first: () => unknown = work) => {
    await first();
    return await timed(work);
  };
  return {
    batch,
    forward:
      (await warm(
        () => passes(masks),
        () => passes(1),
      )) /
      (Math.ceil(masks / batch) * batch),
    bare: await timed(() => passes(masks)),
    rise: await warm(run("rise", { masks }), run("rise", { masks: 2 * batch })),
    gp: await warm(run("gp-rise", { masks: fewMasks }), run("gp-rise", { masks: 2 * batch })),
    ig: await warm(run("integrated-gradients", { steps })),
  };
}

async function speeds(source: string, devices: readonly Device[], counts: Counts): Promise<void> {
  const rows: Record<string, string | number>[] = [];
  let own: Record<string, number> | undefined;
  for (const device of ["cpu", ...devices] as Device[]) {
    await using model = await opened(source, device);
    if (!model) continue;
    const times = await timesOf(model, counts);
    own ??= times;
    const row = (what: string, key: string, goal = "–") =>
      rows.push({
        device,
        what: `${what}, processor / this`,
        ms: times[key],
        ratio: (own?.[key] ?? 0) / times[key],
        goal,
      });
    row(`forward, one picture of a batch of ${times.batch}`, "forward");
    row(`RISE ${counts.masks}`, "rise");
    const bare = `RISE ${counts.masks} / as many bare batched passes`;
    rows.push({ device, what: bare, ms: times.bare, ratio: times.rise / times.bare, goal: "≤ 1.15" });
    row(`gp-rise ${counts.fewMasks}`, "gp");
    row(`integrated gradients ${counts.steps}`, "ig", device === "cpu" ? "–" : "≥ 10");
  }
  console.log(`\n${basename(source)}, ${availableParallelism()} cores\n`);
  printTable(rows);
}

/** Audits of many pictures by recipro-cam, beside the slower of bare batched passes and decoding alone. */
async function audits(source: string, devices: readonly Device[], { pictures }: Counts): Promise<void> {
  const folder = await manyPictures(pictures);
  const files = (await readdir(folder)).slice(0, DIFFERENT).map((name) => join(folder, name));
  const rows: Record<string, string | number>[] = [];
  for (const device of devices) {
    await using model = await opened(source, device);
    if (!model) continue;
    const batch = repeatBatch(pictureFor(model), await model.batchSize());
    const rounds = Math.ceil(Math.min(pictures, 2048) / batch.dims[0]);
    await model.run(batch);
    const bare = await timed(async () => {
      for (let i = 0; i < rounds; i++) await model.run(batch);
    });
    const decoding = await timed(() => Promise.all(files.map((path) => model.prepare(path))));
    const out = await mkdtemp(join(tmpdir(), "sightline-bench-"));
    const whole = await timed(() =>
      audit(model, folder, { out, method: "recipro-cam", preset: "speed", shortcuts: false }),
    );
    await rm(out, { recursive: true });
    const [passes, decoded] = [(1000 * rounds * batch.dims[0]) / bare, (1000 * files.length) / decoding];
    const reached = (1000 * pictures) / whole;
    rows.push({
      device,
      pictures,
      "bare passes (pictures/s)": passes,
      "decoding (pictures/s)": decoded,
      "audit (pictures/s)": reached,
      "audit / the slower": reached / Math.min(passes, decoded),
      goal: "≥ 0.8",
    });
  }
  await rm(folder, { recursive: true });
  if (rows.length === 0) return;
  console.log(`\naudit, recipro-cam, ${basename(source)}\n`);
  printTable(rows);
}

/** So many files, links to a few pictures of the classroom. */
async function manyPictures(count: number): Promise<string> {
  const made = await pictureFolder(Math.min(count, DIFFERENT), 18);
  const folder = await mkdtemp(join(tmpdir(), "sightline-pictures-"));
  const names = (await readdir(made, { recursive: true })).filter((name) => name.endsWith(".png"));
  await mkdir(join(folder, "different"));
  for (const [i, name] of names.entries()) await cp(join(made, name), join(folder, "different", `${i}.png`));
  for (let i = 0; i < count; i++) {
    const to = join(folder, `${String(i).padStart(6, "0")}.png`);
    await link(join(folder, "different", `${i % names.length}.png`), to);
  }
  await rm(join(folder, "different"), { recursive: true });
  await rm(made, { recursive: true });
  return folder;
}
