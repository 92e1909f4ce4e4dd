import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { deserialize, serialize } from "node:v8";
import { classroom } from "../../../src/classroom/index.js";
import { random } from "../../../src/core/random.js";
import { supportOf } from "../../../src/methods/registry.js";
import { loadGraph } from "../../../src/model/load.js";
import { withFacts } from "../../../src/model/model-facts.js";
import { presentPredictions } from "../../../src/render/predictions-html.js";
import type { Checkpoint } from "../../../src/train/network/checkpoint.js";
import { inferenceGraph } from "../../../src/train/network/graphs.js";
import { layersOf } from "../../../src/train/network/parameters.js";
import { PREPROCESS, readPixels } from "../../../src/train/network/pixels.js";
import { shapeOf } from "../../../src/train/network/shape.js";
import { Training } from "../../../src/train/network/training.js";
import { type PlantedSet, plainPictures, type SetPicture } from "../../audit/planted-sets.js";

const SHAPE = shapeOf("classroom-32");
const LABELS = classroom.labels;
const BATCH = 32;
/** What the network learns first, from pictures with nothing planted, and then from each set. */
const BASE = { epochs: 10, rate: 0.004 };
const SET = { epochs: 4, rate: 0.003 };

interface Lesson {
  readonly epochs: number;
  readonly rate: number;
  readonly seed: number;
  readonly from?: Checkpoint;
}

/**
 * A small network that knows the objects and has then learned a set, all its layers: the last one alone, on what others
 * see, knows no tag.
 * @param folder where the network that knows the objects is kept
 */
export async function taughtNetwork({ learned }: PlantedSet, seed: number, folder: string) {
  const base = await baseNetwork(seed, folder);
  const { weights, statistics } = await taught(learned(), { ...SET, seed, from: base });
  const preprocess = { size: SHAPE.size, ...PREPROCESS };
  const bare = inferenceGraph({ size: SHAPE.size, layers: layersOf(SHAPE, LABELS.length) }, weights, statistics).graph;
  const graph = withFacts(bare, { labels: [...LABELS], preprocess });
  const resolved = { name: "planted", format: "onnx" as const, graph, labels: [...LABELS], preprocess };
  return loadGraph(
    { ...resolved, sha256: "", trusted: true, notes: [] },
    { threads: 1 },
    { support: supportOf, present: presentPredictions },
  );
}

const bases = new Map<number, Checkpoint>();

async function baseNetwork(seed: number, folder: string): Promise<Checkpoint> {
  const { pool, pictures } = plainPictures(seed);
  const file = join(folder, `base-${pool}.bin`);
  const kept = bases.get(pool) ?? (await readFile(file).then(deserialize, () => undefined));
  const base = kept ?? (await taught(await pictures(), { ...BASE, seed: pool }));
  if (!kept) {
    // another run may be reading it
    await writeFile(`${file}.${process.pid}`, serialize(base));
    await rename(`${file}.${process.pid}`, file);
  }
  bases.set(pool, base);
  return base;
}

async function taught(pictures: readonly SetPicture[], { epochs, rate, seed, from }: Lesson): Promise<Checkpoint> {
  const items = pictures.map(({ image, label }, i) => ({ image, index: LABELS.indexOf(label), name: `${i}` }));
  const pixels = await readPixels({ labels: LABELS, items, counts: [] }, SHAPE.size);
  const each = Math.floor(pictures.length / BATCH);
  const setting = { size: SHAPE.size, layers: layersOf(SHAPE, LABELS.length), seed, rate, decay: 0.01, threads: 1 };
  const start = from && { ...from, step: 0, history: [], moments: noMoments(from) };
  const training = await Training.open({ ...setting, steps: epochs * each }, "", start);
  try {
    for (let epoch = 0; epoch < epochs; epoch++) {
      const order = random(seed).fork(epoch).shuffle(Int32Array.from(items.keys()));
      for (let step = 0; step < each; step++) {
        await training.learn(pixels.batch(order.subarray(step * BATCH, (step + 1) * BATCH)));
      }
    }
    return training.checkpoint();
  } finally {
    await training.close();
  }
}

function noMoments({ weights }: Checkpoint): Checkpoint["moments"] {
  const nothing = () =>
    Object.fromEntries(Object.entries(weights).map(([name, { length }]) => [name, new Float32Array(length)]));
  return { first: nothing(), second: nothing() };
}
