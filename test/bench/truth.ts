import { mkdir, writeFile } from "node:fs/promises";
import { type ClassroomPicture, classroom } from "../../src/classroom/index.js";
import { SightlineError } from "../../src/core/errors.js";
import { random } from "../../src/core/random.js";
import { pointsAt } from "../../src/evaluate/pointing.js";
import { centredGaussian, randomField } from "../../src/evaluate/random-baseline.js";
import { massInside } from "../../src/evaluate/relevance-mass.js";
import { rankInside } from "../../src/evaluate/relevance-rank.js";
import { explain } from "../../src/explain/explain.js";
import type { RawImage } from "../../src/image/types.js";
import { loadModel } from "../../src/load-model.js";
import { type MethodName, methods } from "../../src/methods/registry.js";
import type { Model } from "../../src/model/types.js";
import { printTable } from "./measure.js";

const { size } = classroom;
const TOLERANCE = 3;
const PICTURES = 32;
/** Passes that a method may spend in all; costly ones see fewer pictures. */
const PASSES = 6_000;
const FEWEST = 4;

/** Windows and sizes for pictures of 64 pixels, where a method's defaults are made for 224. */
const SMALL: Readonly<Record<string, object>> = {
  occlusion: { window: 12, stride: 4, fill: "mean" },
  rise: { masks: 1000, cells: 8 },
};

/** Rows beside the methods' own: options that change the answer most. */
const VARIANTS: Readonly<Record<string, { method: string } & Readonly<Record<string, unknown>>>> = {
  "integrated-gradients, mean baseline": { method: "integrated-gradients", baseline: "mean" },
  ...Object.fromEntries(
    ["epsilon", "epsilon-plus-flat", "epsilon-gamma-box", "epsilon-alpha2-beta1", "epsilon-alpha2-beta1-flat"].map(
      (composite) => [`lrp, ${composite}`, { method: "lrp", composite }],
    ),
  ),
};

/** Methods that cannot be measured on these nets, and why. */
const LEFT_OUT: readonly (readonly [names: readonly MethodName[], why: string])[] = [
  [["vit-recipro-cam"], "needs a layer of patch tokens, and the nets are made of convolutions"],
  [["attention-rollout", "transformer-relevance", "attn-lrp"], "need the attention matrices of a transformer"],
  [["d-rise", "det-class-probability-map"], "explain the boxes of detectors, and the nets have one answer a picture"],
  [
    ["embedded"],
    "needs an output `saliency_map`, which the nets do not have; what `insertXai` adds is the map of recipro-cam or activation-map",
  ],
  [["feature-visualization"], "makes pictures of what a unit responds to, and explains none"],
];

const isLeftOut = (name: MethodName) => LEFT_OUT.some(([names]) => names.includes(name));

/** Methods that need a transformer, and what they are compared with. */
const TRANSFORMER: readonly MethodName[] = [
  "vit-recipro-cam",
  "gradient-x-input",
  "integrated-gradients",
  "attention-rollout",
  "transformer-relevance",
  "attn-lrp",
];

/** One model, the pictures that it decides by what it learned, and where that is. */
interface Lesson {
  readonly model: Model;
  readonly pictures: readonly ClassroomPicture[];
  /** The class to explain. */
  target(picture: ClassroomPicture): number;
  truth(picture: ClassroomPicture): Uint8Array;
}

interface Score {
  pointing: number;
  share: number;
  iou: number;
}

type Mapper = (lesson: Lesson, picture: ClassroomPicture, seed: number) => Promise<Float32Array>;

const controls: Readonly<Record<string, Mapper>> = {
  random: async (_lesson, _picture, seed) => randomField(random(seed), size, size),
  centre: async () => centredGaussian(size, size),
  edges: async (_lesson, { image }) => edges(image),
};

/** Strength of the brightness gradient (Sobel). */
function edges({ data, width, height }: RawImage): Float32Array {
  const light = (x: number, y: number) => {
    const at = (Math.min(height - 1, Math.max(0, y)) * width + Math.min(width - 1, Math.max(0, x))) * 3;
    return 0.299 * data[at] + 0.587 * data[at + 1] + 0.114 * data[at + 2];
  };
  return Float32Array.from({ length: width * height }, (_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    const column = (dx: number) => light(x + dx, y - 1) + 2 * light(x + dx, y) + light(x + dx, y + 1);
    const row = (dy: number) => light(x - 1, y + dy) + 2 * light(x, y + dy) + light(x + 1, y + dy);
    return Math.hypot(column(1) - column(-1), row(1) - row(-1));
  });
}

async function score(lesson: Lesson, mapper: Mapper, count: number): Promise<Score> {
  const sum: Score = { pointing: 0, share: 0, iou: 0 };
  const pictures = lesson.pictures.slice(0, count);
  for (const [i, picture] of pictures.entries()) {
    const truth = lesson.truth(picture);
    const values = await mapper(lesson, picture, i);
    const overlap = rankInside(values, truth);
    sum.pointing += pointsAt(values, truth, size, TOLERANCE) / pictures.length;
    sum.share += massInside(values, truth) / pictures.length;
    sum.iou += overlap / (2 - overlap) / pictures.length;
  }
  return sum;
}

/** Pictures that the model decides as it was taught, the same share of every class. */
async function decided(model: Model, seed: number, watermark: boolean, target: Lesson["target"]) {
  const made = classroom.pictures({ count: 2 * PICTURES, seed, watermark });
  const kept: ClassroomPicture[] = [];
  for (const picture of made) {
    const [{ index }] = await model.predict(picture.image, { top: 1 });
    if (index === target(picture)) kept.push(picture);
  }
  return kept.slice(0, PICTURES);
}

/**
 * Every method on models whose truth is known: the object on the honest one, the watermark on the shortcut one.
 * @param flags `--write` puts the table into docs/truth.md, `--only=NAME` measures one method
 */
export async function bench(flags: readonly string[] = []): Promise<void> {
  const load = ({ url, options }: (typeof classroom.models)["honest"]) => loadModel(url, { ...options, threads: 1 });
  await using honest = await load(classroom.models.honest);
  await using shortcut = await load(classroom.models.shortcut);
  const boat = classroom.labels.indexOf("boat");
  const labelled = ({ index }: ClassroomPicture) => index;
  const lessons: Lesson[] = [
    {
      model: honest,
      pictures: await decided(honest, 31, false, labelled),
      target: labelled,
      truth: ({ mask }) => mask,
    },
    {
      model: shortcut,
      pictures: await decided(shortcut, 32, true, () => boat),
      target: () => boat,
      truth: ({ markMask }) => markMask,
    },
  ];

  const only = flags.find((flag) => flag.startsWith("--only="))?.slice(7);
  const rows = await table({ object: lessons[0], mark: lessons[1] }, (name) => !isLeftOut(name), VARIANTS, only);
  await using transformer = await loadModel("test/fixtures/gallery/vit.onnx", classroom.models.honest.options);
  const seen = await decided(transformer, 31, false, labelled);
  const patches: Lesson = { model: transformer, pictures: seen, target: labelled, truth: ({ mask }) => mask };
  const ofTransformers = await table({ object: patches }, (name) => TRANSFORMER.includes(name), {}, only);
  if (flags.includes("--write") && !only) await write(rows, ofTransformers);
}

/** A row for each method and control: what its maps have on the truth of each lesson. */
async function table(
  lessons: Readonly<Record<string, Lesson>>,
  suits: (name: MethodName) => boolean,
  variants: typeof VARIANTS,
  only: string | undefined,
): Promise<Record<string, string>[]> {
  const rows: Record<string, string>[] = [];
  const add = async (method: string, mapper: Mapper, count: number, cost: () => string) => {
    try {
      const started = performance.now();
      const cells: Record<string, string> = {};
      for (const [name, lesson] of Object.entries(lessons)) {
        const { pointing, share, iou } = await score(lesson, mapper, count);
        cells[`${name}: pointing`] = short(pointing);
        cells[`${name}: share`] = short(share);
        cells[`${name}: IoU`] = short(iou);
      }
      rows.push({ method, "passes (+ backward)": cost(), pictures: `${count}`, ...cells });
      console.error(`${method}: ${((performance.now() - started) / 1000).toFixed(0)} s`);
    } catch (error) {
      if (!(error instanceof SightlineError)) throw error;
      console.log(`${method}: ${error.message}\n`);
    }
  };
  const facts = methods().filter(({ name }) => suits(name));
  const runs = [
    ...facts.map(({ name }) => [name, { method: name, ...SMALL[name] }] as const),
    ...Object.entries(variants),
  ];
  for (const [name, own] of runs) {
    if (only && own.method !== only) continue;
    let passes = "";
    const mapper: Mapper = async ({ model, target }, picture, seed) => {
      const options = { preset: "speed", ...own, targets: target(picture), seed };
      const e = await explain(model, picture.image, options as object);
      const { forwardPasses, backwardPasses } = e.provenance;
      passes = backwardPasses ? `${forwardPasses} + ${backwardPasses}` : `${forwardPasses}`;
      return e.map().resize(size, size).data;
    };
    const passesOf = facts.find((one) => one.name === own.method)?.presets.speed ?? { forward: 1, backward: 0 };
    const count = Math.floor(PASSES / (passesOf.forward + 2 * passesOf.backward));
    await add(name, mapper, Math.max(FEWEST, Math.min(PICTURES, count)), () => passes);
  }
  for (const [name, mapper] of Object.entries(controls)) await add(`*${name}*`, mapper, PICTURES, () => "0");
  printTable(rows);
  return rows;
}

const short = (value: number) => value.toFixed(2).replace(/^0\./, ".");

type Rows = readonly Readonly<Record<string, string>>[];

function markdown(rows: Rows): string {
  const keys = Object.keys(rows[0]);
  const lines = [keys, keys.map(() => "---"), ...rows.map((row) => keys.map((key) => row[key]))];
  return lines.map((line) => `| ${line.join(" | ")} |`).join("\n");
}

async function write(rows: Rows, ofTransformers: Rows): Promise<void> {
  const text = `# Do the maps show what the model looks at?

Written by \`npm run bench truth -- --write\`. Two small models whose truth is known (\`src/classroom/\`): the honest one
knows eight shapes, so its evidence should lie on the object; the shortcut one calls "boat" whatever carries a
watermark, so its evidence for "boat" should lie on the watermark. Both look at generated 64 × 64 pictures with exact
masks, of which only those are used that the model decides as it was taught.

- **pointing**: the map's maximum lies on the truth, ${TOLERANCE} pixels of tolerance;
- **share**: share of the positive evidence on the truth (relevance mass accuracy);
- **IoU**: overlap of the truth with as many of the map's largest values.

Methods run with their preset "speed" (occlusion with windows of 12 pixels, rise with 1,000 masks). The last three rows
are controls that look at no model: smooth random fields, a Gaussian in the middle, plain edges. Pointing at objects is
too easy, edges alone do it; trust the shares, the IoU and the watermark.

${markdown(rows)}

The same on a small vision transformer (\`test/fixtures/gallery/vit.onnx\`), which knows the shapes, for methods that need one:

${markdown(ofTransformers)}

Left out of the first table, as they do not apply to these nets:

${LEFT_OUT.map(([names, why]) => `- ${names.join(", ")}: ${why}`).join(";\n")}.
`;
  await mkdir("docs", { recursive: true });
  await writeFile("docs/truth.md", text);
}
