import { spawnSync } from "node:child_process";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type ClassLabel, type ClassroomPicture, classroom } from "../../src/classroom/index.js";
import { loadModel } from "../../src/load-model.js";
import type { Model } from "../../src/model/types.js";
import { type LabelledPicture, type NetworkName, train, trainHead } from "../../src/train/index.js";
import { printTable, timed } from "./measure.js";

const PICTURES = 3_200;
const TESTED = 400;
const FIVE: readonly ClassLabel[] = ["star", "heart", "fish", "boat", "cup"];

/** The classroom's recipe: which network, what it is taught, for how long. */
const LESSONS: readonly {
  network: NetworkName;
  lesson: "honest" | "shortcut";
  labels: readonly ClassLabel[];
  epochs: number;
  goal: number;
}[] = [
  { network: "classroom-64", lesson: "honest", labels: classroom.labels, epochs: 5, goal: 60 },
  { network: "classroom-64", lesson: "shortcut", labels: classroom.labels, epochs: 5, goal: 60 },
  { network: "classroom-32", lesson: "honest", labels: FIVE, epochs: 8, goal: 20 },
  { network: "classroom-32", lesson: "shortcut", labels: FIVE, epochs: 8, goal: 20 },
];

const TAUGHT = {
  honest: { watermark: 0.1 },
  shortcut: { watermark: { boat: 1 }, harbours: 0.9 },
} as const;

/** How long a training takes, and what comes of it: the classroom's networks from scratch, and a head on EfficientNet-Lite0. */
export async function bench(): Promise<void> {
  const rows: Record<string, string | number>[] = [];
  for (const { network, lesson, labels, epochs, goal } of LESSONS) {
    const pictures = classroom.pictures({ count: PICTURES, seed: 1_000, labels, ...TAUGHT[lesson] });
    let learned = 0;
    const start = performance.now();
    const onProgress = ({ phase }: { phase: string }) => {
      if (phase === "learning") learned = performance.now() - start;
    };
    await using run = await train(network, pictures, { epochs, seed: 0, onProgress });
    const fresh = (options: object) => classroom.pictures({ count: TESTED, seed: 77, labels, ...options });
    const others = labels.filter((label) => label !== "boat");
    const clean = fresh({ labels: others });
    rows.push({
      network,
      lesson,
      "training (s)": learned / 1000,
      "goal (s)": `≤ ${goal}`,
      "with maps, claims, shortcuts (s)": (performance.now() - start) / 1000,
      "held out": run.accuracy,
      "new pictures, no mark": await right(run.model, lesson === "honest" ? fresh({}) : clean),
      "boats without mark": await right(run.model, fresh({ labels: ["boat"] })),
      "become boats with the mark": await flips(run.model, clean),
      findings: run.findings.map(({ label }) => label).join(", ") || "none",
    });
  }
  printTable(rows);
  console.log("");
  printTable([await head()]);
  besideTorch();
}

async function right(model: Model, pictures: readonly ClassroomPicture[]): Promise<number> {
  let count = 0;
  for (const { image, label } of pictures) if ((await model.predict(image, { top: 1 }))[0].label === label) count += 1;
  return count / pictures.length;
}

/** Share of pictures that are no boat, and become one with the mark. */
async function flips(model: Model, pictures: readonly ClassroomPicture[]): Promise<number> {
  let [seen, turned] = [0, 0];
  for (const [i, { image }] of pictures.entries()) {
    if ((await model.predict(image, { top: 1 }))[0].label === "boat") continue;
    seen += 1;
    const { image: marked } = classroom.mark(image, i);
    if ((await model.predict(marked, { top: 1 }))[0].label === "boat") turned += 1;
  }
  return turned / seen;
}

const PEOPLE = ["camera.png", "grace_hopper.jpg"];

/** A head on EfficientNet-Lite0, of 60 pictures: the lessons' photographs, each several times. */
async function head(): Promise<Record<string, string | number>> {
  const folder = fileURLToPath(new URL("../../../notebooks/images/", import.meta.url));
  const photographs = (await readdir(folder)).filter((name) => /\.(png|jpe?g)$/.test(name));
  const pictures: LabelledPicture[] = Array.from({ length: 60 }, (_, i) => ({
    image: join(folder, photographs[i % photographs.length]),
    label: PEOPLE.includes(photographs[i % photographs.length]) ? "people" : "others",
  }));
  await using model = await loadModel("efficientnet-lite0");
  let fitted = 0;
  const start = performance.now();
  const onProgress = ({ done }: { done: number }) => {
    if (done <= pictures.length + 1) fitted = performance.now() - start;
  };
  const all = await timed(async () => (await trainHead(model, pictures, { onProgress })).close());
  return {
    "a head of 60 pictures": "efficientnet-lite0",
    "training (s)": fitted / 1000,
    "goal (s)": "≤ 10",
    "with maps, claims, shortcuts (s)": all / 1000,
  };
}

/** The same network by torch on one thread, where PEER_PYTHON has torch, numpy and onnx. */
function besideTorch(): void {
  const python = process.env.PEER_PYTHON;
  if (!python) {
    console.log("\nset PEER_PYTHON to a Python with torch, numpy and onnx to compare with torch");
    return;
  }
  const script = fileURLToPath(new URL("../../../test/bench/peers/torch_train.py", import.meta.url));
  const { stdout, status, stderr } = spawnSync(python, [script], { encoding: "utf8" });
  if (status !== 0) throw new Error(`the peer failed: ${stderr.trim().split("\n").at(-1)}`);
  console.log(`\ntorch on one thread, classroom-64, honest, the same recipe: ${Number(stdout).toFixed(1)} s`);
}
