import { spawnSync } from "node:child_process";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { concatenate } from "../../src/core/bytes.js";
import { pearson } from "../../src/core/statistics.js";
import { explain } from "../../src/explain/explain.js";
import { loadModel } from "../../src/load-model.js";
import { fetchModel } from "../../src/model/catalog.js";
import { CATALOG } from "../../src/model/catalog-entries.js";
import type { Model } from "../../src/model/types.js";
import { median, paired, printTable } from "./measure.js";
import { PHOTOGRAPHS } from "./photographs.js";

const ROUNDS = 9;
/** Photographs by which the range of each tensor is found; the others are only looked at. */
const CALIBRATED = 3;
const METHODS = ["recipro-cam", "grad-cam", "integrated-gradients"] as const;

/**
 * The same network in float16 and in int8 beside its float32: pictures a second, scores, and maps of the class that float32
 * sees first. Both are made by onnxruntime for Python (PEER_PYTHON, with onnx). --model=PATH: another one than
 * EfficientNet-Lite0, which needs preprocess in its file.
 */
export async function bench(flags: readonly string[] = []): Promise<void> {
  const python = process.env.PEER_PYTHON;
  if (!python) {
    console.log("set PEER_PYTHON to a Python with onnx and onnxruntime");
    return;
  }
  const given = flags.find((flag) => flag.startsWith("--model="))?.slice("--model=".length);
  const [entry] = CATALOG;
  const source = given ?? (await fetchModel(entry.name));
  const folder = await mkdtemp(join(tmpdir(), "sightline-precision-"));
  try {
    await using wide = await loadModel(given ?? entry.name, { threads: 1 });
    const files = { float16: join(folder, "float16.onnx"), int8: join(folder, "int8.onnx") };
    await lower(python, source, wide, folder, files);
    const { preprocess } = wide.info;
    const rows = [];
    for (const [name, path] of Object.entries(files)) {
      await using narrow = await loadModel(path, { threads: 1, labels: [...wide.labels], preprocess });
      rows.push(await rowOf(name, wide, narrow, [source, path]));
    }
    console.log(`${given ? basename(given) : entry.name}, one thread, ${PHOTOGRAPHS.length} photographs\n`);
    printTable(rows);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function lower(
  python: string,
  source: string,
  model: Model,
  folder: string,
  { float16, int8 }: { float16: string; int8: string },
): Promise<void> {
  const inputs = [];
  for (const picture of PHOTOGRAPHS.slice(0, CALIBRATED)) {
    const { data } = (await model.prepare(picture)).tensor;
    inputs.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  const pictures = join(folder, "pictures.f32");
  await writeFile(pictures, concatenate(inputs));
  const script = fileURLToPath(new URL("../../../test/bench/peers/lower_precision.py", import.meta.url));
  const { status, stderr } = spawnSync(python, [script, source, pictures, float16, int8], { encoding: "utf8" });
  if (status !== 0) throw new Error(`the peer failed: ${stderr.trim().split("\n").at(-1)}`);
}

async function rowOf(name: string, wide: Model, narrow: Model, files: readonly string[]) {
  const [before, after] = await Promise.all(files.map(async (path) => (await stat(path)).size));
  const { tensor } = await wide.prepare(PHOTOGRAPHS[0]);
  const speed = await paired(
    () => wide.run(tensor),
    () => narrow.run(tensor),
    ROUNDS,
  );
  let [difference, same] = [0, 0];
  const alike = new Map<string, number[]>(METHODS.map((method) => [method, []]));
  for (const picture of PHOTOGRAPHS) {
    const [expected, found] = await Promise.all(
      [wide, narrow].map((model) => model.predict(picture, { top: model.info.classes })),
    );
    const [best] = expected;
    const byLabel = new Map(found.map(({ index, probability }) => [index, probability]));
    for (const { index, probability } of expected)
      difference = Math.max(difference, Math.abs(probability - (byLabel.get(index) ?? 0)));
    same += Number(found[0].index === best.index);
    for (const method of METHODS) {
      const options = { method, targets: best.index, preset: "speed" } as const;
      const maps = [];
      for (const model of [wide, narrow]) maps.push((await explain(model, picture, options)).map().data);
      alike.get(method)?.push(pearson(maps[0], maps[1]));
    }
  }
  return {
    network: name,
    "file / float32's": after / before,
    "pictures/s": 1000 / speed.b,
    "pictures/s, float32": 1000 / speed.a,
    "times float32's speed": speed.ratio,
    "largest difference of a probability": difference,
    "same first class": `${same} of ${PHOTOGRAPHS.length}`,
    ...Object.fromEntries([...alike].map(([method, values]) => [`${method}: r, median`, median(values)])),
  };
}
