import { classroom } from "../../src/classroom/index.js";
import { runSync } from "../../src/core/cooperative.js";
import { random } from "../../src/core/random.js";
import { pearson } from "../../src/core/statistics.js";
import type { Tensor } from "../../src/core/tensor.js";
import { walk } from "../../src/evaluate/curve.js";
import { MetricContext } from "../../src/evaluate/metric-context.js";
import { centredGaussian, randomField } from "../../src/evaluate/random-baseline.js";
import { explain } from "../../src/explain/explain.js";
import { resizeMap } from "../../src/image/resize-map.js";
import type { ImageSource, PreparedImage, RawImage } from "../../src/image/types.js";
import { loadModel } from "../../src/load-model.js";
import { BalancedDesign } from "../../src/methods/black-box/gp-rise/balanced-design.js";
import { gpRise } from "../../src/methods/black-box/gp-rise/gp-rise.js";
import { PairProcess } from "../../src/methods/black-box/gp-rise/pair-process.js";
import { RiseDesign } from "../../src/methods/black-box/rise/rise-design.js";
import { catalogEntry } from "../../src/model/catalog.js";
import type { Model } from "../../src/model/types.js";
import { fillTensor, subtract } from "../../src/perturb/fill.js";
import { type Design, type DesignUnderTest, designs } from "./mask-designs.js";
import { paired, printTable } from "./measure.js";
import { elevenPhotographs, PHOTOGRAPHS, picturesOf } from "./photographs.js";
import { aroundWhiteBox } from "./white-box-prior.js";

/** Maps of one picture by name, at the model's resolution. */
type Maps = Map<string, Float32Array>;

/** Figures of one map: A = insertion (blur) − deletion (grey), B = insertion − deletion (black). */
interface Figures {
  readonly a: number;
  readonly b: number;
  /** Share of the object's area that the map's highest values cover, where the object is known. */
  readonly overlap?: number;
  /** Correlation with centred RISE of the most masks. */
  readonly likeness: number;
}

interface Picture {
  readonly name: string;
  readonly source: ImageSource;
  readonly mask?: Uint8Array;
}

interface Run {
  readonly tried: readonly DesignUnderTest[];
  /** Passes of each design. */
  readonly budgets: readonly number[];
  /** Masks of the published RISE that all are compared with. */
  readonly most: number;
  readonly each: boolean;
  /** Published RISE, gp-rise and the controls only. */
  readonly plain: boolean;
}

/** Priors that the likelihood may choose from, picture by picture. */
const PRIORS = [1 / 10, 1 / 7, 1 / 5].flatMap((reach) =>
  [10, 20, 40, 1000].map((colourReach) => ({ ...gpRise.defaults, reach, colourReach })),
);
/** Masks with which gp-rise is told of a white-box map, and without it. */
const FEW = 100;
const ANCHOR = "RISE as published";

/**
 * How good black-box maps are per forward pass: `npm run bench quality`. `--classroom` or `--photographs` for one half
 * only; `--tune` compares all designs on other classroom pictures, those on which variants may be chosen; `--short` for a
 * look at two pictures of each; `--each` prints the table after every picture; `--cost` stops after what gp-rise costs
 * beside its passes; `--plain` leaves all variants out. `--eleven` takes six more photographs (PEER_PYTHON),
 * `--folder=…` those of a folder instead, `--model=…` another EfficientNet-Lite as an ONNX file.
 */
export async function bench(flags: readonly string[] = []): Promise<void> {
  const tune = flags.includes("--tune");
  const short = flags.includes("--short");
  const plain = flags.includes("--plain");
  const tried = designs.filter(({ name, reported }) => (plain ? name === "gp-rise" : tune || reported));
  const most = tune || short ? 1000 : 5000;
  const each = flags.includes("--each");
  if (tune || !flags.includes("--photographs")) {
    const seed = tune ? 1001 : 2002;
    const { url, options } = classroom.models.honest;
    await using model = await loadModel(url, options);
    const count = short ? 2 : 24;
    const pictures = classroom.pictures({ count, seed }).map(({ image, mask, label }, i) => ({
      name: `${label} ${i}`,
      source: image,
      mask,
    }));
    await report(`classroom pictures of seed ${seed}`, model, pictures, {
      tried,
      budgets: tune ? [300] : [300, 1000],
      most,
      each,
      plain,
    });
  }
  if (!tune && !flags.includes("--classroom")) {
    await using model = await photographModel(wordOf(flags, "--model"));
    const folder = wordOf(flags, "--folder");
    const own = flags.includes("--eleven") ? elevenPhotographs() : PHOTOGRAPHS;
    const paths = folder ? picturesOf(folder) : own;
    if (flags.includes("--cost")) return arithmetic(model, paths[0]);
    const pictures = paths.slice(0, short ? 2 : paths.length).map((path) => ({ name: path, source: path }));
    await report("photographs", model, pictures, { tried, budgets: [300, 1000], most, each, plain });
  }
}

const wordOf = (flags: readonly string[], name: string) =>
  flags.find((flag) => flag.startsWith(`${name}=`))?.slice(name.length + 1);

/** The catalog's network, or one of its family with the same preprocessing. */
async function photographModel(path?: string): Promise<Model> {
  if (path === undefined) return loadModel("efficientnet-lite0");
  const { preprocess } = catalogEntry("efficientnet-lite0");
  await using plain = await loadModel(path);
  const { width } = plain.info.input;
  return loadModel(path, {
    preprocess: { ...preprocess, size: width, resize: `shortest-${Math.round(width / 0.875)}` },
  });
}

/** What gp-rise computes beside its passes: the kernel, covariances, the regression and its uncertainty. */
async function arithmetic(model: Model, source: ImageSource): Promise<void> {
  const prepared = await model.prepare(source);
  const image = await model.pixels(prepared);
  const { width, height } = model.info.input;
  const rows: Record<string, string | number>[] = [];
  for (const masks of [300, 1000]) {
    const design = new BalancedDesign(height, width, 8, random(0));
    let scores: number[] = [];
    const passing = async () => {
      scores = await scoresOf({ model, prepared, target: 0 }, masks, (from, count) => design.separable(from, count));
    };
    const computing = () => {
      const gaussian = runSync(PairProcess.of(image, gpRise.defaults));
      for (let pair = 0; pair < masks / 2; pair += 16) {
        const count = Math.min(16, masks / 2 - pair);
        gaussian.add(Array.from({ length: count }, (_, i) => design.blocks(pair + i)));
      }
      runSync(gaussian.uncertainty(runSync(gaussian.solve([scores]))));
    };
    await passing();
    const { a, b, ratio } = await paired(computing, passing, 3);
    rows.push({ masks, "arithmetic (ms)": a, "passes (ms)": b, share: ratio, goal: masks === 300 ? "< 0.1" : "< 0.2" });
  }
  printTable(rows);
}

async function report(title: string, model: Model, pictures: readonly Picture[], run: Run): Promise<void> {
  const all: Map<string, Figures>[] = [];
  for (const [i, picture] of pictures.entries()) {
    const prepared = await model.prepare(picture.source);
    const { data } = model.probabilities(await model.run(prepared.tensor));
    const target = data.indexOf(Math.max(...data));
    const maps = await mapsOf(model, prepared, target, run, i);
    all.push(await figuresOf(model, prepared, target, maps, picture.mask));
    process.stderr.write(`${title}: ${i + 1} of ${pictures.length}\n`);
    if (run.each || all.length === pictures.length) show(`${model.info.name}, ${all.length} ${title}`, all, run.most);
  }
}

/** Prints means over pictures, and paired differences against published RISE of the most masks with standard errors. */
function show(title: string, all: readonly ReadonlyMap<string, Figures>[], most: number): void {
  console.log(`\n${title}; Δ against ${ANCHOR}, ${most} masks\n`);
  const anchor = `${ANCHOR}, ${most}`;
  const columns: [string, (figures: Figures) => number][] = [
    ["A", ({ a }) => a],
    ["B", ({ b }) => b],
    ["mean of A and B", ({ a, b }) => (a + b) / 2],
  ];
  if ([...all[0].values()].some(({ overlap }) => overlap !== undefined))
    columns.push(["on the object", ({ overlap = 0 }) => overlap]);
  printTable(
    [...all[0].keys()].map((map) => {
      const row: Record<string, string> = { map };
      for (const [column, figure] of columns) {
        const values = all.map((figures) => figure(figures.get(map) as Figures));
        const differences = values.map((value, i) => value - figure(all[i].get(anchor) as Figures));
        const { mean, error } = meanOf(differences);
        row[column] = meanOf(values).mean.toFixed(3);
        row[`Δ ${column}`] = map === anchor ? "0" : `${signed(mean)} ± ${error.toFixed(3)}`;
      }
      row.r = meanOf(all.map((figures) => (figures.get(map) as Figures).likeness)).mean.toFixed(2);
      return row;
    }),
  );
}

const signed = (value: number) => (value < 0 ? "−" : "+") + Math.abs(value).toFixed(3);

function meanOf(values: readonly number[]): { mean: number; error: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, error: Math.sqrt(squares / Math.max(1, values.length - 1) / values.length) };
}

/** Every map under test of one picture; designs are run once, and smaller budgets take their first masks. */
async function mapsOf(
  model: Model,
  prepared: PreparedImage,
  target: number,
  { tried, budgets, most, plain }: Run,
  seed: number,
): Promise<Maps> {
  const { width, height } = model.info.input;
  const image = await model.pixels(prepared);
  const setting = { model, prepared, target, image, seed };
  const maps: Maps = new Map();
  const put = (name: string, map: { data: Float32Array; width: number; height: number }) =>
    maps.set(name, resizeMap(map.data, map.width, map.height, width, height));

  const published = new RiseDesign(height, width, 8, 0.5, random(seed));
  const scores = await scoresOf(setting, most, (from, count) => published.separable(from, count));
  for (const budget of [...budgets, most]) {
    const first = scores.slice(0, budget);
    put(`${ANCHOR}, ${budget}`, { data: published.accumulate(first), width, height });
    if (plain && budget !== most) continue;
    const { mean } = meanOf(first);
    put(`RISE, centred, ${budget}`, { data: published.accumulate(first.map((one) => one - mean)), width, height });
  }
  const whiteBox =
    model.layers().length > 0
      ? (await explain(model, prepared.tensor, { method: "recipro-cam", targets: target })).map()
      : undefined;
  const largest = Math.max(...budgets);
  const prior = gpRise.defaults;
  for (const { name, make } of tried) {
    const design = make({ height, width, random: random(seed + 500), image, prior });
    const answers = await scoresOf(setting, largest, (from, count) => design.separable(from, count));
    if (name === "gp-rise") {
      const few = answers.slice(0, FEW);
      put(`gp-rise, ${FEW}`, regression(image, prior, design, few));
      if (whiteBox)
        put(`gp-rise around recipro-cam, ${FEW}`, aroundWhiteBox({ image, prior, design, scores: few }, whiteBox));
    }
    for (const budget of budgets) {
      put(`${name}, ${budget}`, regression(image, prior, design, answers.slice(0, budget)));
      if (name !== "gp-rise") continue;
      if (plain && budget !== largest) continue;
      const blind = { ...prior, colourReach: 1000 };
      put(`gp-rise without colour, ${budget}`, regression(image, blind, design, answers.slice(0, budget)));
      const shuffled = random(seed + 7).shuffle(answers.slice(0, budget));
      put(`control: shuffled scores, ${budget}`, regression(image, prior, design, shuffled));
      if (!plain) put(`gp-rise, prior by likelihood, ${budget}`, likeliest(image, design, answers.slice(0, budget)));
    }
  }
  if (whiteBox) put("recipro-cam (white box)", whiteBox);
  maps.set("control: centre", centredGaussian(width, height));
  maps.set("control: random", randomField(random(seed + 9), width, height));
  return maps;
}

interface Setting {
  readonly model: Model;
  readonly prepared: PreparedImage;
  readonly target: number;
}

/** The target's probability of each masked copy. */
async function scoresOf(
  { model, prepared, target }: Setting,
  count: number,
  separable: RiseDesign["separable"],
): Promise<number[]> {
  const { tensor } = prepared;
  const base = fillTensor({ input: tensor, geometry: model.info.input, fill: (colour) => model.fill(colour) }, "zero");
  const delta = subtract(tensor, base);
  const scores: number[] = [];
  for (let from = 0; from < count; from += 50) {
    const size = Math.min(50, count - from);
    const raw = await model.masked({ base, delta, count: size, masks: separable(from, size) });
    const { data, dims } = model.probabilities(raw);
    for (let n = 0; n < size; n++) scores.push(data[n * dims[1] + target]);
  }
  return scores;
}

function regression(image: RawImage, prior: typeof gpRise.defaults, design: Design, scores: readonly number[]) {
  return solved(image, prior, design, scores).map;
}

function solved(image: RawImage, prior: typeof gpRise.defaults, design: Design, scores: readonly number[]) {
  const gaussian = runSync(PairProcess.of(image, prior));
  gaussian.add(Array.from({ length: scores.length >> 1 }, (_, pair) => design.blocks(pair)));
  return runSync(gaussian.solve([scores]))[0];
}

/** The map of the prior under which the scores are likeliest. */
function likeliest(image: RawImage, design: Design, scores: readonly number[]) {
  const all = PRIORS.map((prior) => solved(image, prior, design, scores));
  const cost = ({ fit }: (typeof all)[number]) => fit?.cost ?? Number.POSITIVE_INFINITY;
  return all.reduce((best, one) => (cost(one) < cost(best) ? one : best)).map;
}

async function figuresOf(
  model: Model,
  prepared: PreparedImage,
  target: number,
  maps: Maps,
  mask: Uint8Array | undefined,
): Promise<Map<string, Figures>> {
  const setting = { model, prepared, target, seed: 0, counter: { passes: 0 }, cache: new Map() };
  const centred = [...maps.keys()].filter((name) => name.startsWith("RISE, centred")).at(-1) as string;
  const grey: Tensor = { data: new Float32Array(prepared.tensor.data.length), dims: prepared.tensor.dims };
  const figures = new Map<string, Figures>();
  for (const [name, values] of maps) {
    const context = new MetricContext(setting, { values, native: values, signed: true, seed: 0, score: "probability" });
    const curve = async (from: Tensor, to: Tensor) =>
      (await walk(context, from, to, { steps: 50, baseline: "black", order: "morf", score: "probability" })).value;
    const { input } = context;
    const [blur, black] = [context.baseline("blur"), context.baseline("black")];
    figures.set(name, {
      a: (await curve(blur, input)) - (await curve(input, grey)),
      b: (await curve(black, input)) - (await curve(input, black)),
      likeness: pearson(values, maps.get(centred) as Float32Array),
      ...(mask && { overlap: overlapOf(values, mask) }),
    });
  }
  return figures;
}

/** Share of the object's pixels among as many of the map's highest. */
function overlapOf(values: Float32Array, mask: Uint8Array): number {
  const area = mask.reduce((sum, value) => sum + value, 0);
  const highest = Array.from(values.keys()).sort((p, q) => values[q] - values[p]);
  return highest.slice(0, area).filter((p) => mask[p] === 1).length / Math.max(1, area);
}
