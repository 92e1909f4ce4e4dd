import { sha256 } from "#platform/hash";
import { availableCores } from "#platform/threads";
import { checkKeys } from "../../core/checks.js";
import { throwIfAborted } from "../../core/errors.js";
import { checkOptions, type Limits } from "../../core/options.js";
import { type Random, random } from "../../core/random.js";
import type { RawMap } from "../../core/raw-map.js";
import { longWork, type Progress, type Work } from "../../core/work.js";
import { supportOf } from "../../methods/registry.js";
import { loadGraph } from "../../model/load.js";
import { withFacts } from "../../model/model-facts.js";
import { presentPredictions } from "../../render/predictions-html.js";
import { examinationSteps, examineTrained } from "../examination.js";
import { type Examples, examplesOf, type LabelledPicture, notesOn, type TrainingPictures } from "../examples.js";
import { finished, firstRight } from "../head.js";
import { chanceNote, heldOut } from "../scores.js";
import { Trained, type TrainedParts } from "../trained.js";
import { type Checkpoint, checkCheckpoint, type StepRecord } from "./checkpoint.js";
import { inferenceGraph } from "./graphs.js";
import { layersOf } from "./parameters.js";
import { type Pixels, PREPROCESS, readPixels } from "./pixels.js";
import { type NetworkName, type NetworkShape, shapeOf } from "./shape.js";
import { Training, type TrainingSetting } from "./training.js";

/** Options of {@link train}. */
export interface TrainOptions {
  /** How often every picture is seen. Default 5. */
  epochs?: number;
  /** Pictures a step. Default 64. */
  batch?: number;
  /** Highest learning rate of the cycle. Default .004. */
  rate?: number;
  /** Share of each class that is held out to measure what was learned, at least one picture. Default .15. */
  holdOut?: number;
  /** Decides the first weights, the order of the pictures and which are held out. Default 0. */
  seed?: number;
  /** Threads of the runtime; default: the machine's cores, at most 4. Weights are the same bit for bit with the same number. */
  threads?: number;
  /** The picture whose map moves while the network learns; the first held-out one when absent. */
  watch?: LabelledPicture;
  /** Goes on where a training stopped. */
  checkpoint?: Checkpoint;
  /** Stops the training, which then ends with `aborted`. */
  signal?: AbortSignal;
  /** Called after each step of the training, and of the examination behind it. */
  onProgress?(progress: TrainProgress): void;
}

/** How far a training is. */
export interface TrainProgress extends Progress {
  readonly phase: "learning" | "looking";
  /** How many batches there are to learn from in all. */
  readonly steps: number;
  /** Loss and accuracy of each batch so far. */
  readonly history: readonly StepRecord[];
  /** The map of the watched picture's class, as the network stands; made only when called. */
  maps(): Promise<RawMap[]>;
  /** Everything that is needed to go on from here, see `checkpoint` of {@link TrainOptions}. */
  checkpoint(): Checkpoint;
}

/** What {@link train} gives. */
export class TrainedNetwork extends Trained {
  /** Loss and accuracy of each batch. */
  readonly history: readonly StepRecord[];
  /** Where the training ended. */
  readonly checkpoint: Checkpoint;

  /** @internal */
  constructor(parts: TrainedParts, checkpoint: Checkpoint) {
    super(parts);
    this.checkpoint = checkpoint;
    this.history = checkpoint.history;
  }
}

const LIMITS: Limits<Pick<TrainOptions, "epochs" | "batch" | "rate" | "holdOut" | "seed" | "threads">> = {
  epochs: { from: 1, to: 1_000, whole: true },
  batch: { from: 2, to: 1_024, whole: true },
  rate: { above: 0, to: 1 },
  holdOut: { above: 0, to: 0.5 },
  seed: { whole: true },
  threads: { from: 1, to: 64, whole: true },
};
const OTHERS = ["watch", "checkpoint", "signal", "onProgress"];
const DECAY = 0.01;
const MOST_THREADS = 4;

/** What is behind the `train` of index.ts. */
export async function train(
  network: NetworkName | NetworkShape,
  pictures: TrainingPictures,
  options: TrainOptions = {},
): Promise<TrainedNetwork> {
  checkKeys(options, [...Object.keys(LIMITS), ...OTHERS], "train");
  return longWork("training of a network", options.signal, (work) => trainUnder(network, pictures, options, work));
}

async function trainUnder(
  network: NetworkName | NetworkShape,
  pictures: TrainingPictures,
  options: TrainOptions,
  work: Work,
): Promise<TrainedNetwork> {
  checkOptions("train", LIMITS, { ...options });
  const { epochs = 5, batch = 64, rate = 0.004, holdOut = 0.15, seed = 0 } = options;
  const threads = options.threads ?? Math.min(MOST_THREADS, availableCores());
  const { signal } = work;
  const shape = shapeOf(network);
  const examples = examplesOf(pictures, "train");
  const pixels = await readPixels(examples, shape.size, signal);
  const source = random(seed);
  const split = splitOf(examples, holdOut, source.fork(1));
  const steps = epochs * Math.ceil(split.learned.length / batch);
  const of = sha256(JSON.stringify([shape, examples.labels, pixels.prints, epochs, batch, rate, holdOut, seed]));
  if (options.checkpoint !== undefined) checkCheckpoint(options.checkpoint, of);
  const setting = {
    ...shape,
    layers: layersOf(shape, examples.labels.length),
    seed,
    steps,
    rate,
    decay: DECAY,
    threads,
  };
  const training = await Training.open(setting, of, options.checkpoint);
  try {
    const watched = await watchedInput(options.watch, examples, pixels, split.held[0]);
    const report = reporter(training, watched, options, work, { steps, total: steps + examinationSteps(examples) });
    await learnAll(training, setting, { pixels, learned: split.learned, batch, source }, signal, () =>
      report("learning", training.step),
    );
    return await trainedFrom(training, setting, { examples, pixels, held: split.held, seed }, work, (done) =>
      report("looking", steps + done),
    );
  } finally {
    await training.close();
  }
}

interface Split {
  readonly learned: Int32Array;
  /** Held-out pictures of all classes in turn. */
  readonly held: readonly number[];
}

function splitOf({ items, labels }: Examples, share: number, source: Random): Split {
  const held = labels.flatMap((_, index) => {
    const own = Array.from(items.keys()).filter((i) => items[i].index === index);
    return source.shuffle(own).slice(0, Math.max(1, Math.round(share * own.length)));
  });
  const left = new Set(held);
  return { held: held.sort((a, b) => a - b), learned: Int32Array.from(items.keys()).filter((i) => !left.has(i)) };
}

interface Lessons {
  readonly pixels: Pixels;
  readonly learned: Int32Array;
  readonly batch: number;
  readonly source: Random;
}

/** The steps that are left, each epoch in an order of its own. */
async function learnAll(
  training: Training,
  { steps }: TrainingSetting,
  { pixels, learned, batch, source }: Lessons,
  signal: AbortSignal | undefined,
  report: () => void,
): Promise<void> {
  const each = Math.ceil(learned.length / batch);
  while (training.step < steps) {
    const epoch = Math.floor(training.step / each);
    const order = source.fork(2 + epoch).shuffle(learned.slice());
    for (let step = training.step % each; step < each; step++) {
      throwIfAborted(signal);
      await training.learn(pixels.batch(order.subarray(step * batch, (step + 1) * batch)), signal);
      report();
    }
  }
}

interface Watched {
  readonly input: Float32Array;
  readonly index: number;
}

async function watchedInput(
  watch: LabelledPicture | undefined,
  examples: Examples,
  pixels: Pixels,
  first: number,
): Promise<Watched> {
  if (watch === undefined) {
    const { inputs, classes } = pixels.batch(Int32Array.of(first));
    return { input: inputs, index: classes[0] };
  }
  const index = examples.labels.indexOf(watch.label);
  checkOptions("train", { "a watched picture's label": examples.labels }, { "a watched picture's label": watch.label });
  return { input: await pixels.read(watch.image), index };
}

function reporter(
  training: Training,
  { input, index }: Watched,
  { onProgress }: TrainOptions,
  work: Work,
  { steps, total }: { steps: number; total: number },
) {
  return (phase: TrainProgress["phase"], done: number) => {
    const maps = async () => [await training.map(input, index)];
    work.progress({ done, total, maps });
    const { history } = training;
    onProgress?.({ phase, done, total, steps, history, maps, checkpoint: () => training.checkpoint() });
  };
}

interface Taught {
  readonly examples: Examples;
  readonly pixels: Pixels;
  readonly held: readonly number[];
  readonly seed: number;
}

/** The finished network as a model, measured on the held-out pictures and asked what it looks at. */
async function trainedFrom(
  training: Training,
  { size, layers, threads }: TrainingSetting,
  { examples, pixels, held, seed }: Taught,
  { signal }: Work,
  report: (done: number) => void,
): Promise<TrainedNetwork> {
  const { labels } = examples;
  const bare = inferenceGraph({ size, layers }, training.weights, training.statistics).graph;
  const graph = withFacts(bare, { labels, preprocess: { size, ...PREPROCESS } });
  const resolved = {
    name: "trained network",
    format: "onnx" as const,
    graph,
    sha256: sha256(graph.serialize()),
    labels,
    preprocess: { size, ...PREPROCESS },
    trusted: true,
    notes: [],
  };
  const model = await loadGraph(resolved, { threads }, { support: supportOf, present: presentPredictions });
  return finished(model, async () => {
    const answers = new Int32Array(examples.items.length).fill(-1);
    for (const i of held) {
      const { inputs } = pixels.batch(Int32Array.of(i));
      const { data } = await model.run({ data: inputs, dims: [1, 3, size, size] }, { signal });
      answers[i] = data.indexOf(Math.max(...data));
    }
    const classes = Int32Array.from(examples.items, ({ index }) => index);
    const measured = heldOut(
      labels.length,
      held.map((i) => [classes[i], answers[i]] as const),
    );
    const shown = labels.map((_, k) => firstRight(classes, answers, k));
    let done = 0;
    const step = () => report(++done);
    const examination = await examineTrained(model, examples, { seed, signal, shown, step });
    const notes = [...notesOn(examples, pixels.prints), ...chanceNote(measured), ...examination.notes];
    return new TrainedNetwork({ model, examples, heldOut: measured, examination, seed, notes }, training.checkpoint());
  });
}
