import { checkKeys } from "../core/checks.js";
import type { MimeBundle } from "../core/display.js";
import { SightlineError } from "../core/errors.js";
import { kindOf } from "../core/kind-of.js";
import { unwatched } from "../core/work.js";
import { boxRegion } from "../evaluate/region.js";
import { cutSticker, pasteSticker, type Sticker, type StickerPlace } from "../image/sticker.js";
import type { ImageSource, RawImage } from "../image/types.js";
import { find, type MethodName } from "../methods/registry.js";
import { checkModel } from "../model/check-model.js";
import type { Model } from "../model/types.js";
import { escapeHtml } from "./fallback.js";
import { LatestOnly } from "./latest-only.js";
import { PacedProgress } from "./paced-progress.js";
import { askedOf } from "./picture-answer.js";
import { type HoldOption, SightlineWidget, typeOf } from "./sightline-widget.js";
import { stickerCode } from "./sticker-code.js";
import { countTurned, describeCount } from "./sticker-count.js";
import { isIndex, messageOf } from "./trait-values.js";
import type { StickerAnswer, StickerCounts, StickerLabTraits, WireSticker } from "./traits/index.js";
import { encodePng, labPicture } from "./wire-explanation.js";

/** Options of {@link StickerLab}. */
export interface StickerLabOptions extends HoldOption {
  /** One to four models by the names that are shown, left to right: `{ shortcut, honest }`. */
  models: Readonly<Record<string, Model>>;
  /** Pictures to try stickers on, and to count over; larger ones are reduced to 512 pixels a side. */
  images: readonly ImageSource[];
  /** What can be pasted, by name; readers add cut-outs and paintings of their own. */
  stickers: Readonly<Record<string, Sticker>>;
  /** Whose maps follow the hand; null for none. Default "recipro-cam", which costs one pass and the head of another. */
  method?: MethodName | null;
}

/** Most stickers, the reader's own included. */
const MOST_STICKERS = 24;
/** Most pictures: each is on the page. */
const MOST_PICTURES = 200;

interface Wanted {
  readonly move: number;
  readonly picture: number;
  readonly sticker: number;
  readonly place: StickerPlace | null;
}

/**
 * Models side by side, and a sticker to drag over the picture: maps and bars follow the hand. Counting asks over all
 * pictures how often the sticker, where it lies, turns the answer, and how often random content of its size does.
 * @example
 * const { shortcut, honest } = classroom.models;
 * const cheat = await loadModel(shortcut.url, shortcut.options);
 * const fair = await loadModel(honest.url, honest.options);
 * const lab = new StickerLab({
 *   models: { cheat, fair },
 *   images: classroom.pictures({ count: 8, seed: 1 }).map(({ image }) => image),
 *   stickers: { "©": classroom.sticker },
 * });
 * await lab.paste({ x: 0.15, y: 0.85, size: 0.2 });
 * await lab.count();
 * lab.describe();
 * @throws SightlineError `unknown-method`, `unknown-option`, `bad-config`
 */
export class StickerLab extends SightlineWidget<StickerLabTraits> {
  declare readonly names: readonly string[];
  /** The reader's own included. */
  declare readonly stickers: readonly WireSticker[];
  /** As they were given. */
  readonly models: Readonly<Record<string, Model>>;
  readonly #sources: readonly ImageSource[];
  readonly #method: MethodName | null;
  #images: Promise<readonly RawImage[]> | undefined;
  readonly #moves = new LatestOnly<Wanted>((wanted) => this.#answerMove(wanted));
  #counting: AbortController | undefined;

  constructor(options: StickerLabOptions) {
    checkKeys(options, ["models", "images", "stickers", "method", "hold"], "StickerLab");
    const { models, images, stickers, method = "recipro-cam", hold } = options;
    if (method !== null) find(method);
    const names = checkModels(models);
    if (!Array.isArray(images) || images.length === 0 || images.length > MOST_PICTURES) {
      throw new SightlineError("bad-config", `StickerLab cannot use images: ${kindOf(images)}`, {
        received: images,
        expected: `a list of 1 to ${MOST_PICTURES} pictures`,
      });
    }
    super({
      kind: "sticker-lab",
      hold,
      defaults: {
        names,
        pictures: [],
        stickers: Object.entries(stickers).map(([name, sticker]) => wireSticker(name, sticker)),
        picture: 0,
        sticker: 0,
        place: null,
        answers: [],
        plain: [],
        move: 0,
        counts: [],
        state: "ready",
        progress: null,
        message: "",
      },
    });
    this.models = models;
    this.#sources = images;
    this.#method = method;
    this.onMessage((content, buffers) => this.#fromRequest(content, buffers[0]));
  }

  /** The pictures as the models are shown them. */
  images(): Promise<readonly RawImage[]> {
    this.#images ??= Promise.all(this.#sources.map((source) => labPicture(Object.values(this.models)[0], source)));
    return this.#images;
  }

  /**
   * Pastes a sticker as if the reader had dragged it there; only the latest of several moves is answered.
   * @param place null takes it off
   */
  async paste(
    place: StickerPlace | null,
    { picture = this.get("picture"), sticker = this.get("sticker") }: { picture?: number; sticker?: number } = {},
  ): Promise<void> {
    if (!isIndex(picture, this.#sources.length) || (place && !isIndex(sticker, this.stickers.length))) {
      throw new SightlineError("index-out-of-range", `there is no picture ${picture} or no sticker ${sticker}`, {
        received: place ? sticker : picture,
        expected: `below ${this.#sources.length} and ${this.stickers.length}`,
      });
    }
    await this.#moves.ask({ move: this.get("move") + 1, picture, sticker, place });
  }

  /**
   * Counts over all pictures how often the sticker, as it lies, turns the answer to what the first model says.
   * @returns undefined when it was cancelled
   * @throws SightlineError `bad-config` before a sticker was pasted
   */
  async count(): Promise<StickerCounts | undefined> {
    await this.#moves.rest();
    return this.#count({ picture: this.get("picture"), sticker: this.get("sticker"), place: this.get("place") });
  }

  /** What was counted, in a sentence; what each model says now before that. */
  describe(): string {
    const [counts] = this.get("counts");
    if (counts) return counts.sentence;
    return this.get("answers")
      .map(({ predictions: [{ label, probability }] }, i) => `${this.names[i]}: ${label} ${probability.toFixed(2)}`)
      .join("; ");
  }

  /** The latest count as TypeScript that does it again with `pasteSticker`; empty before one. */
  code(): string {
    const [counts] = this.get("counts");
    return counts ? stickerCode(counts) : "";
  }

  override async prepare(): Promise<void> {
    if (this.get("pictures").length > 0) return;
    this.set("pictures", await Promise.all((await this.images()).map(encodePng)));
    if (this.get("answers").length === 0) await this.paste(this.get("place"));
  }

  protected override fallback(): MimeBundle {
    const sentence = this.describe();
    return { "text/html": `<p>${escapeHtml(sentence)}</p>`, "text/plain": sentence };
  }

  protected override dispose(): void {
    this.#counting?.abort();
  }

  async #answerMove({ move, picture, sticker, place }: Wanted): Promise<void> {
    try {
      const image = (await this.images())[picture];
      const changed = place ? pasteSticker(image, this.stickers[sticker], place) : image;
      const isNew = picture !== this.get("picture") || this.get("plain").length === 0;
      const plain = isNew && place ? await this.#ask(image) : undefined;
      const answers = await this.#ask(changed);
      const known = plain ?? (place ? this.get("plain") : answers);
      this.set({ answers, plain: known, move, picture, sticker, place, message: "" });
    } catch (error) {
      // the page waits for this number before it asks again
      this.set({ move });
      throw error;
    }
  }

  async #count({ picture, sticker: index, place }: Omit<Wanted, "move">): Promise<StickerCounts | undefined> {
    if (!place) throw new SightlineError("bad-config", "no sticker is on the picture", { next: "paste one first" });
    this.#counting?.abort();
    this.#counting = new AbortController();
    const { signal } = this.#counting;
    const paced = new PacedProgress(({ done, total, left }) => this.set("progress", { done, total, left }));
    this.set({ state: "counting", message: "", progress: { done: 0, total: 0, left: null } });
    try {
      const [models, images, sticker] = [this.models, await this.images(), this.stickers[index]];
      const [first] = Object.values(models);
      const [{ label }] = await first.predict(pasteSticker(images[picture], sticker, place), { top: 1, signal });
      const plan = { models: new Map(Object.entries(models)), images, sticker, place, label };
      const counts = await countTurned(plan, { signal, progress: paced.add });
      const counted = { label, sticker: index, place, models: counts, sentence: describeCount(label, counts) };
      this.set("counts", [counted]);
      return counted;
    } catch (error) {
      if (signal.aborted) return undefined;
      throw error;
    } finally {
      paced.stop();
      if (this.#counting?.signal === signal) this.set({ state: "ready", progress: null });
    }
  }

  #ask(image: RawImage): Promise<StickerAnswer[]> {
    return unwatched(() => Promise.all(Object.values(this.models).map((model) => askedOf(model, image, this.#method))));
  }

  async #fromRequest(content: unknown, pixels: Uint8Array | undefined): Promise<void> {
    const message = (content ?? {}) as Record<string, unknown>;
    try {
      switch (typeOf(content)) {
        case "place":
          await this.#placed(message);
          break;
        case "count":
          await this.#countFrom(message);
          break;
        case "cancel":
          this.#counting?.abort();
          break;
        case "cut":
          await this.#cut(message);
          break;
        case "paint":
          await this.#paint(message, pixels);
      }
    } catch (error) {
      this.set("message", messageOf(error));
      if (!(error instanceof SightlineError)) throw error;
    }
  }

  async #countFrom({ picture, sticker, place }: Record<string, unknown>): Promise<void> {
    if (!isIndex(picture, this.#sources.length) || !isIndex(sticker, this.stickers.length)) return;
    await this.#count({ picture, sticker, place: placeOf(place) });
  }

  async #placed({ move, picture, sticker, place }: Record<string, unknown>): Promise<void> {
    if (!Number.isSafeInteger(move)) return;
    if (!isIndex(picture, this.#sources.length) || !isIndex(sticker, this.stickers.length)) return;
    await this.#moves.ask({ move: move as number, picture, sticker, place: placeOf(place) });
  }

  async #cut({ picture, box }: Record<string, unknown>): Promise<void> {
    if (!isIndex(picture, this.#sources.length) || !Array.isArray(box) || box.length !== 4) return;
    if (!box.every((value) => typeof value === "number" && Math.abs(value) <= 1)) return;
    const image = (await this.images())[picture];
    const [x, y, width, height] = box as number[];
    if (x < 0 || y < 0 || width * image.width < 1 || height * image.height < 1) return;
    const cut = cutSticker(image, boxRegion({ x, y, width, height }, image));
    if (cut.width > 0) this.#add("cut-out", cut);
  }

  async #paint({ picture }: Record<string, unknown>, data: Uint8Array | undefined): Promise<void> {
    if (!isIndex(picture, this.#sources.length)) return;
    const { width, height } = (await this.images())[picture];
    if (data?.length === width * height * 4) this.#add("painting", { data: data.slice(), width, height });
  }

  /** Adds a sticker of the reader's own. @throws SightlineError `bad-config` where there are too many */
  #add(kind: string, sticker: Sticker): void {
    const known = this.get("stickers");
    if (known.length >= MOST_STICKERS) {
      throw new SightlineError("bad-config", `there are ${MOST_STICKERS} stickers already`, {
        next: "use one of these",
      });
    }
    this.set("stickers", [...known, wireSticker(`${kind} ${known.length + 1}`, sticker)]);
  }
}

/** @returns the models' names @throws SightlineError `bad-config` */
function checkModels(models: unknown): string[] {
  const names = typeof models === "object" && models !== null ? Object.keys(models) : [];
  if (names.length < 1 || names.length > 4 || Array.isArray(models)) {
    throw new SightlineError("bad-config", `StickerLab cannot use models: ${kindOf(models)}`, {
      received: models,
      expected: "one to four models by name: { shortcut, honest }",
    });
  }
  for (const model of Object.values(models as object)) checkModel(model);
  return names;
}

/** @throws SightlineError `bad-config` */
function wireSticker(name: string, { data, width, height }: Sticker): WireSticker {
  const isWhole = [width, height].every((side) => Number.isInteger(side) && side > 0 && side <= 1024);
  if (!isWhole || data?.length !== width * height * 4) {
    throw new SightlineError("bad-config", `the sticker '${name.slice(0, 40)}' has ${data?.length} values`, {
      received: { width, height },
      expected: "RGBA: width × height × 4 values, at most 1024 pixels a side",
      next: "cutSticker makes one of a picture",
    });
  }
  return { name: name.slice(0, 40), data: new Uint8Array(data), width, height };
}

/** A place that a page sent; null where it is none. */
function placeOf(place: unknown): StickerPlace | null {
  const { x, y, size } = (place ?? {}) as Partial<Record<string, unknown>>;
  const within = (value: unknown, low: number, high: number): value is number =>
    typeof value === "number" && value >= low && value <= high;
  return within(x, -1, 2) && within(y, -1, 2) && within(size, 0.01, 2) ? { x, y, size } : null;
}
