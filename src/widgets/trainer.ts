import { pictures as codec } from "#platform/pictures";
import { checkKeys } from "../core/checks.js";
import type { MimeBundle } from "../core/display.js";
import { displaySymbol } from "../core/display.js";
import { isSightlineError, SightlineError } from "../core/errors.js";
import { isTensor } from "../core/tensor.js";
import { unwatched } from "../core/work.js";
import { describeClaim } from "../evaluate/claim-test.js";
import { decodeImage } from "../image/decode.js";
import { type ImageSource, isPrepared, type RawImage } from "../image/types.js";
import { checkModel } from "../model/check-model.js";
import type { Model } from "../model/types.js";
import { oneLine, plural } from "../render/format.js";
import { picturesByLabel } from "../train/examples.js";
import {
  type Checkpoint,
  type NetworkName,
  type NetworkShape,
  type Trained,
  type TrainingPictures,
  type TrainOptions,
  type TrainProgress,
  train,
  trainHead,
} from "../train/index.js";
import { findingSentence } from "../train/trained-html.js";
import { bytes } from "./buffers.js";
import { PacedProgress } from "./paced-progress.js";
import { type HoldOption, SightlineWidget, typeOf } from "./sightline-widget.js";
import { messageOf } from "./trait-values.js";
import type { TrainerClass, TrainerResult, TrainerTraits } from "./traits/index.js";
import { encodePng, thumbnail, wireExplanation, wireMap } from "./wire-explanation.js";

/** Options of {@link Trainer}: the seed, and for a network from scratch those of `train`. */
export interface TrainerOptions
  extends HoldOption,
    Pick<TrainOptions, "seed" | "epochs" | "batch" | "rate" | "holdOut" | "threads"> {}

const OF_A_HEAD = ["seed", "hold"] as const;
const OF_A_NETWORK = [...OF_A_HEAD, "epochs", "batch", "rate", "holdOut", "threads"] as const;

const SHOWN = 8;
const THUMBNAIL = 72;
const WATCHED = 256;
const MOST_CLASSES = 12;
const MOST_PICTURES = 2_000;
const LONGEST_LABEL = 60;

/** The traits that a change of pictures brings back to the beginning. */
const NOTHING_LEARNED = {
  progress: null,
  phase: "",
  losses: new Uint8Array(0),
  accuracies: new Uint8Array(0),
  steps: 0,
  preview: [],
  results: [],
} satisfies Partial<TrainerTraits>;

/**
 * Teach a model classes of one's own and see at once what it learned: pictures by camera, file, folder or code, a button, a curve
 * and a map that move while a network learns; then the accuracy on held-out pictures with its interval, for each class a
 * map and the test of its claim, and whether a shortcut was found. Stopped, a network goes on where it was.
 * @example
 * const trainer = new Trainer("classroom-32", classroom.pictures({ count: 40, labels: ["star", "cup"] }), { epochs: 1 });
 * await trainer.train();
 * trainer.trained?.accuracy;
 * trainer;                                                    // shows it
 */
export class Trainer extends SightlineWidget<TrainerTraits> {
  readonly #subject: Model | NetworkName | NetworkShape;
  readonly #options: Omit<TrainerOptions, "hold">;
  readonly #pictures: Map<string, ImageSource[]>;
  #trained: Trained | undefined;
  #checkpoint: Checkpoint | undefined;
  #work: AbortController | undefined;
  /** Pictures that were given and are looked at, one lot after the other; training waits for them. */
  #adding: Promise<unknown> = Promise.resolve();
  /** How often somebody wanted it to train or to stop: the latest wish counts. */
  #wishes = 0;

  /**
   * @param subject a model that gets a new last layer, or a network to train from scratch
   * @param pictures to begin with; more are added by the reader, or by `add`
   * @throws SightlineError `bad-config`; `unknown-option`, also for what only a network from scratch has
   */
  constructor(
    subject: Model | NetworkName | NetworkShape,
    pictures: TrainingPictures = {},
    options: TrainerOptions = {},
  ) {
    const fromScratch = typeof subject === "string" || (typeof subject === "object" && subject && "stages" in subject);
    if (!fromScratch) checkModel(subject);
    checkKeys(options, fromScratch ? OF_A_NETWORK : OF_A_HEAD, "Trainer");
    const { hold, ...settings } = options;
    const groups = picturesByLabel(pictures, "Trainer");
    const name = typeof subject === "string" ? subject : "a network of your own";
    super({
      kind: "trainer",
      hold,
      defaults: {
        ...NOTHING_LEARNED,
        subject: fromScratch ? `${name}, from scratch` : `a new head on ${(subject as Model).info.name}`,
        fromScratch,
        groups: [...groups].map(([label, images]) => ({ label, count: images.length, thumbnails: [] })),
        state: "ready",
        watched: new Uint8Array(0),
        message: "",
      },
    });
    this.#subject = subject;
    this.#options = settings;
    this.#pictures = new Map([...groups].map(([label, images]) => [label, [...images]]));
    this.onMessage(async (content, buffers) => {
      const { label } = (content ?? {}) as { label?: unknown };
      if (typeOf(content) === "add-pictures") await this.#inTurn(() => this.#addFrom(label, buffers));
      if (typeOf(content) === "remove-class" && typeof label === "string") await this.remove(label);
      if (typeOf(content) === "train") await this.train();
      if (typeOf(content) === "cancel") this.stop();
    });
  }

  /** What was learned; closed when it is trained again. */
  get trained(): Trained | undefined {
    return this.#trained;
  }

  /** The pictures of each class. */
  get pictures(): Readonly<Record<string, readonly ImageSource[]>> {
    return Object.fromEntries([...this.#pictures].map(([label, images]) => [label, [...images]]));
  }

  /**
   * Adds pictures to a class, which is made where it is new.
   * @throws SightlineError `bad-image`; `bad-config` for a class without a name, or for more than can be
   */
  add(label: string, images: readonly ImageSource[]): Promise<void> {
    return this.#inTurn(() => this.#add(label, images));
  }

  async #add(label: string, images: readonly ImageSource[]): Promise<void> {
    const name = oneLine(String(label));
    if (name === "" || name.length > LONGEST_LABEL) {
      throw new SightlineError("bad-config", `a class cannot be called '${name.slice(0, LONGEST_LABEL)}'`, {
        received: label,
        expected: `a name of 1 to ${LONGEST_LABEL} characters`,
      });
    }
    const own = this.#pictures.get(name) ?? [];
    if (!this.#pictures.has(name) && this.#pictures.size >= MOST_CLASSES) {
      throw new SightlineError("bad-config", `there are ${MOST_CLASSES} classes already`, { next: "remove one" });
    }
    if (own.length + images.length > MOST_PICTURES) {
      throw new SightlineError("bad-config", `'${name}' would have ${own.length + images.length} pictures`, {
        expected: `at most ${MOST_PICTURES} of a class`,
      });
    }
    const shown = await Promise.all(images.map((image, i) => checked(image, own.length + i < SHOWN)));
    this.#pictures.set(name, [...own, ...images]);
    const { thumbnails } = this.get("groups").find((group) => group.label === name) ?? { thumbnails: [] };
    const group = { label: name, count: own.length + images.length, thumbnails: [...thumbnails, ...shown.flat()] };
    this.#changed(group);
  }

  /** Takes away a class with its pictures. */
  remove(label: string): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#pictures.delete(label)) this.#changed({ label, count: 0, thumbnails: [] });
    });
  }

  /**
   * Trains with the pictures as they are; a stopped network goes on where it was. The latest training wins.
   * @returns what was learned; undefined where it was stopped, or failed, which `message` then says
   */
  async train(): Promise<Trained | undefined> {
    this.#wishes += 1;
    const wish = this.#wishes;
    await this.#adding;
    if (wish !== this.#wishes) return undefined;
    this.#work?.abort();
    const work = new AbortController();
    this.#work = work;
    const goesOn = this.#checkpoint !== undefined;
    this.set({ ...(goesOn ? { results: [] } : NOTHING_LEARNED), state: "working", phase: "learning", message: "" });
    try {
      await this.#trained?.close();
      this.#trained = undefined;
      const trained = await unwatched(() => this.#run(work.signal));
      const result = await wireResult(trained);
      if (work.signal.aborted) {
        await trained.close();
        return undefined;
      }
      this.#trained = trained;
      this.#checkpoint = undefined;
      this.set({ results: [result], state: "done", phase: "", progress: null });
      return trained;
    } catch (error) {
      if (this.#work !== work) return undefined;
      if (work.signal.aborted) this.set({ state: "stopped", phase: "", progress: null });
      else {
        this.set({ state: "failed", phase: "", progress: null, message: messageOf(error) });
        if (!(error instanceof SightlineError)) throw error;
      }
      return undefined;
    }
  }

  /** Stops the training; the next one goes on from here where a network is trained from scratch. */
  stop(): void {
    this.#wishes += 1;
    this.#work?.abort();
  }

  override async prepare(): Promise<void> {
    const groups = await Promise.all(
      this.get("groups").map(async (group) => {
        if (group.thumbnails.length > 0) return group;
        const images = (this.#pictures.get(group.label) ?? []).slice(0, SHOWN);
        return { ...group, thumbnails: (await Promise.all(images.map((image) => checked(image, true)))).flat() };
      }),
    );
    this.set("groups", groups);
  }

  protected override async fallback(): Promise<MimeBundle> {
    if (this.#trained) return this.#trained[displaySymbol]();
    const groups = this.get("groups").map(({ label, count }) => `${label}: ${plural(count, "picture")}`);
    return { "text/plain": [`Trainer, ${this.get("subject")}`, ...groups].join("\n") };
  }

  protected override dispose(): void {
    this.#work?.abort();
    this.#trained?.close().catch(() => {});
  }

  async #run(signal: AbortSignal): Promise<Trained> {
    const subject = this.#subject;
    const { seed } = this.#options;
    let latest: TrainProgress | undefined;
    const paced = new PacedProgress(
      ({ done, total, left }) => {
        if (!signal.aborted) this.set({ progress: { done, total, left }, ...curveOf(latest) });
      },
      ([map]) => {
        if (!signal.aborted) this.set("preview", [wireMap({ ...map, signed: true })]);
      },
    );
    try {
      if (!this.get("fromScratch")) {
        return await trainHead(subject as Model, this.pictures, { seed, signal, onProgress: paced.add });
      }
      const [[label, images] = ["", []]] = this.#pictures;
      const image = images.at(-1);
      if (image !== undefined) this.set("watched", await watchedPng(image));
      return await train(subject as NetworkName | NetworkShape, this.pictures, {
        ...this.#options,
        ...(image !== undefined && { watch: { image, label } }),
        checkpoint: this.#checkpoint,
        signal,
        onProgress: (progress) => {
          latest = progress;
          if (progress.phase === "learning") this.#checkpoint = progress.checkpoint();
          paced.add(progress);
        },
      });
    } finally {
      paced.stop();
    }
  }

  /** Pictures have changed: what was learned of others is gone. */
  #changed(group: TrainerClass): void {
    this.#work?.abort();
    this.#work = undefined;
    this.#checkpoint = undefined;
    const groups = this.get("groups");
    const at = groups.findIndex(({ label }) => label === group.label);
    const others = groups.filter(({ label }) => label !== group.label);
    const kept = group.count > 0 ? others.toSpliced(at < 0 ? others.length : at, 0, group) : others;
    this.set({ ...NOTHING_LEARNED, groups: kept, state: "ready", message: "" });
  }

  /** Changes the pictures after what was to change them before. */
  #inTurn(change: () => Promise<void>): Promise<void> {
    const done = this.#adding.then(change);
    this.#adding = done.catch(() => {});
    return done;
  }

  /** What the reader gave: files that are no pictures are left out, and counted. */
  async #addFrom(label: unknown, buffers: readonly Uint8Array[]): Promise<void> {
    const images: Uint8Array[] = [];
    for (const buffer of buffers) {
      const fits = await checked(buffer, false).catch((error) => {
        if (!isSightlineError(error, "bad-image", "image-too-large")) throw error;
        return undefined;
      });
      if (fits) images.push(buffer.slice());
    }
    const left = buffers.length - images.length;
    try {
      if (images.length > 0) await this.#add(String(label), images);
      if (left > 0) this.set("message", `${plural(left, "file is", "files are")} no picture and left out`);
    } catch (error) {
      if (!(error instanceof SightlineError)) throw error;
      this.set("message", error.message);
    }
  }
}

/** A thumbnail where one is wanted. @throws SightlineError `bad-image`, `image-too-large` */
async function checked(image: ImageSource, wanted: boolean): Promise<Uint8Array[]> {
  const pixels = await pixelsOf(image);
  return wanted && pixels ? [await thumbnail(pixels, THUMBNAIL)] : [];
}

/** A picture's pixels; undefined for a tensor, which only a model can read. */
async function pixelsOf(image: ImageSource): Promise<RawImage | undefined> {
  if (isPrepared(image)) return image.picture.image;
  return isTensor(image) ? undefined : (await decodeImage(image)).image;
}

/** A picture as a network of square pictures sees it. */
async function watchedPng(image: ImageSource): Promise<Uint8Array> {
  const pixels = await pixelsOf(image);
  if (!pixels) return new Uint8Array(0);
  const small = await codec.resize(pixels, { width: WATCHED, height: WATCHED, fit: "fill" });
  return encodePng({ data: small.data, width: WATCHED, height: WATCHED });
}

function curveOf(progress: TrainProgress | undefined): Partial<TrainerTraits> {
  if (!progress) return {};
  const { history, phase, steps } = progress;
  return {
    phase,
    steps,
    losses: bytes(Float32Array.from(history, ({ loss }) => loss)),
    accuracies: bytes(Float32Array.from(history, ({ accuracy }) => accuracy)),
  };
}

async function wireResult(trained: Trained): Promise<TrainerResult> {
  const { labels, accuracy, interval, confusion, findings, notes } = trained;
  const looks = trained.looks.map(async ({ label, explanation, claim }) => ({
    label,
    explanation: await wireExplanation(explanation),
    claim: describeClaim(claim),
    before: claim.target.probability,
    after: claim.target.probability + claim.change,
  }));
  return {
    labels,
    accuracy,
    interval,
    heldOut: confusion.flat().reduce((sum, count) => sum + count, 0),
    confusion,
    looks: await Promise.all(looks),
    findings: findings.map(findingSentence),
    notes,
  };
}
