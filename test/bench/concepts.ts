import { pathToFileURL } from "node:url";
import { type ClassroomPicture, classroom } from "../../src/classroom/index.js";
import { random } from "../../src/core/random.js";
import { decodeImage } from "../../src/image/decode.js";
import { cutOut } from "../../src/image/geometry.js";
import { type ConceptBank, concepts, loadModel, type Model } from "../../src/index.js";
import { fixture } from "../support/fixtures.js";
import { median, printTable } from "./measure.js";

const NETS = [3, 4, 5] as const;
const SEEDS = Array.from({ length: 20 }, (_, i) => 200 + i);
const BOATS = 24;
/** Pictures of other classes that the mark is pasted on. */
const OTHERS = 14;
/** Of a concept's crops that touch the mark, from which it is the mark's. */
const MOST = 0.7;
/** The Sobol' index from which a concept counts in the honest nets. */
const COUNTS = 0.1;

const touches = ({ markMask }: ClassroomPicture, rect: { x: number; y: number; width: number; height: number }) => {
  const [x, y] = [markMask.indexOf(1) % 64, Math.floor(markMask.indexOf(1) / 64)];
  return rect.x < x + 13 && rect.x + rect.width > x && rect.y < y + 13 && rect.y + rect.height > y;
};

const isOfMark = (bank: ConceptBank, concept: number, boats: readonly ClassroomPicture[]) => {
  const { crops } = bank.concepts[concept];
  return crops.filter(({ picture, rect }) => touches(boats[picture], rect)).length >= MOST * crops.length;
};

/** How many pictures the mark turns into boats, and how many of these ablating a concept turns back. */
async function pasteAndAblate(model: Model, bank: ConceptBank, seed: number): Promise<[pasted: number, back: number]> {
  const labels = classroom.labels.filter((label) => label !== "boat");
  const plain = classroom.pictures({ count: OTHERS, seed: seed + 1000, labels, watermark: false });
  let [pasted, back] = [0, 0];
  for (const { image } of plain) {
    const [{ label }] = await model.predict(image, { top: 1 });
    const { before, after } = await bank.ablate(0, classroom.mark(image, seed).image);
    if (label === "boat" || before.label !== "boat") continue;
    pasted++;
    if (after.label !== "boat") back++;
  }
  return [pasted, back];
}

/** Seconds for so many photographs on EfficientNet-Lite0: one photograph, shifted, so that all are given one class. */
async function time(count: number): Promise<void> {
  await using model = await loadModel("efficientnet-lite0");
  const { image } = await decodeImage("notebooks/images/camera.png");
  const source = random(0);
  const side = Math.min(image.width, image.height) - 32;
  const images = Array.from({ length: count }, () =>
    cutOut(image, { x: source.integer(33), y: source.integer(33), width: side, height: side }),
  );
  const started = performance.now();
  const bank = await concepts(model, images, { count: 10, seed: 0 });
  const seconds = (performance.now() - started) / 1000;
  printTable([
    {
      model: "efficientnet-lite0",
      pictures: `${bank.pictures}`,
      crops: `${bank.crops}`,
      concepts: `${bank.concepts.length}`,
      "time (s)": seconds.toFixed(0),
      "goal (s)": "≤ 300",
    },
  ]);
}

/**
 * `npm run bench concepts -- --sets=20 --enlarge`: concepts of "boat" in nets that learned the watermark and nets that did not, on sets of
 * marked boats. Whether the first concept is the mark, and whether ablating it flips what pasting flips. `--time=500` says how
 * long so many photographs take instead.
 */
export async function bench(flags: readonly string[] = []): Promise<void> {
  const photographs = flags.find((flag) => flag.startsWith("--time="))?.slice(7);
  if (photographs) return time(Number(photographs));
  const sets = Number(flags.find((flag) => flag.startsWith("--sets="))?.slice(7) ?? SEEDS.length);
  const enlarge = flags.includes("--enlarge");
  const rows: Record<string, string>[] = [];
  for (const lesson of ["shortcut", "honest"] as const) {
    for (const net of NETS) {
      const url = pathToFileURL(fixture(`classroom/${lesson}-${net}.onnx`));
      await using model = await loadModel(url, { ...classroom.models[lesson].options, threads: 1 });
      const found = { first: 0, any: 0, pasted: 0, back: 0 };
      const [indices, controls, stability, logit, activations]: number[][] = [[], [], [], [], []];
      for (const seed of SEEDS.slice(0, sets)) {
        const boats = classroom.pictures({ count: BOATS, seed, labels: ["boat"], watermark: true });
        const images = boats.map(({ image }) => image);
        const bank = await concepts(model, images, { target: "boat", seed, enlarge });
        const [first] = bank.concepts;
        found.first += Number(isOfMark(bank, 0, boats));
        found.any += Number(bank.concepts.some(({ sobol }, k) => sobol.value >= COUNTS && isOfMark(bank, k, boats)));
        const [pasted, back] = await pasteAndAblate(model, bank, seed);
        found.pasted += pasted;
        found.back += back;
        indices.push(first.sobol.value);
        controls.push(first.sobol.control);
        stability.push(first.stability.value);
        logit.push(bank.completeness.logit.value);
        activations.push(bank.completeness.activations.value);
      }
      rows.push({
        net: `${lesson} ${net}`,
        "mark is the first concept": `${found.first} of ${sets} sets`,
        "mark is a concept that counts": `${found.any} of ${sets} sets`,
        "turned by pasting": `${found.pasted} of ${sets * OTHERS}`,
        "turned back by ablating": `${found.back}`,
        "first concept's index": range(indices),
        "random direction": range(controls),
        stability: range(stability),
        "logit kept": range(logit),
        "activations kept": range(activations),
      });
    }
  }
  printTable(rows);
}

const range = (values: readonly number[]) =>
  `${Math.min(...values).toFixed(2)} … ${median([...values]).toFixed(2)} … ${Math.max(...values).toFixed(2)}`;
