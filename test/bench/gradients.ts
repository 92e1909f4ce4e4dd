import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import ort from "onnxruntime-node";
import { repeatBatch } from "../../src/core/tensor.js";
import { explain } from "../../src/explain/explain.js";
import { loadModel } from "../../src/load-model.js";
import { xraiOf } from "../../src/methods/gradient/xrai.js";
import { fetchModel } from "../../src/model/catalog.js";
import { CATALOG } from "../../src/model/catalog-entries.js";
import { GradientPasses } from "../../src/model/gradient-passes.js";
import { loadModel as loadGraphModel } from "../../src/model/load.js";
import { chainOf, passesOver } from "../support/chains.js";
import { median, paired, peakMemory, printTable, timed } from "./measure.js";

const STEPS = 50;
const PICTURE = "notebooks/images/camera.png";

/**
 * What gradients cost beside plain forward passes, and beside Captum where Python has torch and captum. The first gradient of
 * further models: --model=PATH.
 */
export async function bench(flags: readonly string[]): Promise<void> {
  await using model = await loadModel("efficientnet-lite0", { threads: 1 });
  const prepared = await model.prepare(PICTURE);
  const { tensor } = prepared;
  const scores = (await model.run(tensor)).data;
  const target = scores.indexOf(Math.max(...scores));
  const gradient = () => model.gradient(tensor, { target });
  const backward = await paired(gradient, () => model.run(tensor), 40);

  const several = await severalAtOnce();
  const integrated = () => explain(model, tensor, { method: "integrated-gradients", targets: target, steps: STEPS });
  const bare = async () => {
    for (let i = 0; i < STEPS; i++) await gradient();
  };
  const path = await paired(integrated, bare, 5);

  const pixels = await model.pixels(prepared);
  const attribution = (await explain(model, tensor, { method: "gradient", targets: target })).map(target);
  const ranking = [];
  for (let i = 0; i < 5; i++) {
    const options = { algorithm: "full", minPixelDifference: 50 } as const;
    ranking.push(await timed(() => xraiOf({ ...attribution, data: attribution.data }, pixels, options)));
  }
  const row = (what: string, a: number, b: number, ratio: number, goal: string) => ({
    what,
    "ours (ms)": a,
    "beside (ms)": b,
    ratio,
    goal,
  });
  const rows = [
    row("forward and backward / forward, batch 1", backward.a, backward.b, backward.ratio, "≤ 3.5"),
    row("backward, 4 pictures a pass / one by one, processor", several.a, several.b, several.ratio, "–"),
    row(`integrated gradients, ${STEPS} steps / as many passes`, path.a, path.b, path.ratio, "≤ 1.1"),
    row("xrai beside its integrated gradients / 2 s", median(ranking), 2000, median(ranking) / 2000, "≤ 1"),
  ];
  const captum = besideCaptum();
  if (captum !== undefined) {
    const ours = await processorTime(integrated, 3);
    const { clock, processor } = captum;
    rows.push(
      row("Captum / ours, integrated gradients", clock, path.a, clock / path.a, "≥ 2.5"),
      row("the same, processor time", processor, ours, processor / ours, "≥ 2.5"),
    );
  }
  rows.push(chains());
  const given = flags.filter((flag) => flag.startsWith("--model=")).map((flag) => flag.slice("--model=".length));
  for (const source of ["efficientnet-lite0", ...given]) {
    const { cold, cached, bare } = await firstGradient(source);
    const what = `before the first gradient pass of ${basename(source)}`;
    rows.push(
      row(`${what} / 2 s`, cold, 2000, cold / 2000, "≤ 1"),
      row(`${what}, graph from the cache / 2 s`, cached, 2000, cached / 2000, "≤ 1"),
      row(`${what}, graph from the cache / bare session of the model`, cached, bare, cached / bare, "–"),
    );
  }
  printTable(rows);
  if (captum === undefined)
    console.log("\nno Python with torch and captum: set PEER_PYTHON to one to compare with Captum");

  const methods = ["integrated-gradients", "smooth-grad", "grad-cam", "xrai"];
  const peaks = methods.map((method) => {
    const measured = peakMemory(`import { explain, loadModel } from "sightline";
      const model = await loadModel("efficientnet-lite0");
      await explain(model, ${JSON.stringify(PICTURE)}, { method: ${JSON.stringify(method)} });`);
    return { what: `peak memory of a process that runs ${method} (MiB)`, measured, goal: "< 1,536" };
  });
  console.log();
  printTable(peaks);
}

/** Gradients of four pictures in one pass beside those of one a pass: why a processor takes them one by one. */
async function severalAtOnce() {
  await using model = await loadGraphModel("efficientnet-lite0", { threads: 1 });
  const input = repeatBatch((await model.prepare(PICTURE)).tensor, 4);
  const [together, single] = [[4], []].map((batches) => new GradientPasses(model.network, model.info, batches));
  const gradient = (passes: GradientPasses) => passes.run(input, { target: 0 });
  await gradient(together);
  // two rounds and the uncounted one are what it tries four at once for before it decides
  return await paired(
    () => gradient(together),
    () => gradient(single),
    2,
  );
}

/**
 * Milliseconds between a loaded model and its first gradient pass, which are surgery and a session: with an empty cache, and
 * in the next model of the same file. Beside them the bare creation of a session of the file.
 */
async function firstGradient(source: string): Promise<{ cold: number; cached: number; bare: number }> {
  const path = CATALOG.some(({ name }) => name === source) ? await fetchModel(source) : source;
  const { SIGHTLINE_CACHE } = process.env;
  const cache = await mkdtemp(join(tmpdir(), "sightline-gradients-"));
  process.env.SIGHTLINE_CACHE = cache;
  const beforePass = async () => {
    await using model = await loadModel(path, { isolate: false, threads: 1 });
    const { tensor } = await model.prepare(PICTURE);
    const gradient = () => model.gradient(tensor, { target: 0 });
    return (await timed(gradient)) - (await timed(gradient));
  };
  try {
    const cold = await beforePass();
    await isKept(join(cache, "gradients"));
    const cached = await beforePass();
    const bytes = await readFile(path);
    const create = async () => (await ort.InferenceSession.create(bytes, { intraOpNumThreads: 1 })).release();
    return { cold, cached, bare: Math.min(await timed(create), await timed(create), await timed(create)) };
  } finally {
    if (SIGHTLINE_CACHE === undefined) delete process.env.SIGHTLINE_CACHE;
    else process.env.SIGHTLINE_CACHE = SIGHTLINE_CACHE;
    await rm(cache, { recursive: true });
  }
}

/** Waits until a backward graph is in a folder: it is written beside the work. */
async function isKept(folder: string): Promise<void> {
  for (let i = 0; i < 600; i++) {
    const names = await readdir(folder).catch(() => []);
    if (names.some((name) => name.endsWith(".grad"))) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`no backward graph came into ${folder}`);
}

/** Time a node of finding layers in and differentiating a chain of 10,000 operators, beside one of 1,000. */
function chains() {
  const [short, long] = [1_000, 10_000].map((nodes) => {
    const graph = chainOf(nodes);
    const times = Array.from({ length: 3 }, () => passesOver(graph));
    return { nodes, milliseconds: Math.min(...times) };
  });
  const perNode = [long, short].map(({ nodes, milliseconds }) => milliseconds / nodes);
  return {
    what: "our passes over a graph, a node of 10,000 / a node of 1,000",
    "ours (ms)": perNode[0],
    "beside (ms)": perNode[1],
    ratio: perNode[0] / perNode[1],
    goal: "≤ 2",
  };
}

/** Median milliseconds of processor time, all threads of this process together. */
async function processorTime(work: () => unknown, rounds: number): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < rounds; i++) {
    const before = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(before);
    times.push((user + system) / 1000);
  }
  return median(times);
}

/** Milliseconds that Captum takes for the same, on one thread; undefined where it is not installed. */
function besideCaptum(): { clock: number; processor: number } | undefined {
  const python = process.env.PEER_PYTHON;
  if (!python) return undefined;
  const script = fileURLToPath(new URL("../../../test/bench/peers/captum_ig.py", import.meta.url));
  const { stdout, status, stderr } = spawnSync(python, [script, String(STEPS)], { encoding: "utf8" });
  if (status !== 0) throw new Error(`the peer failed: ${stderr.trim().split("\n").at(-1)}`);
  const [clock, processor] = stdout.split(" ").map(Number);
  return { clock, processor };
}
