import { pictures } from "#platform/pictures";
import { edition } from "#platform/versions";
import { checkKeys } from "../core/checks.js";
import type { MimeBundle } from "../core/display.js";
import { SightlineError } from "../core/errors.js";
import { unwatched } from "../core/work.js";
import { decodeImage } from "../image/decode.js";
import { shrink } from "../image/shrink.js";
import type { Picture, RawImage } from "../image/types.js";
import { reasonAgainst } from "../methods/method.js";
import { find, type MethodName } from "../methods/registry.js";
import { checkModel } from "../model/check-model.js";
import type { Model } from "../model/types.js";
import { oneLine } from "../render/format.js";
import { escapeHtml } from "./fallback.js";
import { LatestOnly } from "./latest-only.js";
import { askedOf } from "./picture-answer.js";
import { type HoldOption, SightlineWidget, typeOf } from "./sightline-widget.js";
import { messageOf } from "./trait-values.js";
import type { PictureBoothTraits } from "./traits/index.js";
import { encodePng } from "./wire-explanation.js";

/** Options of {@link PictureBooth}. */
export interface PictureBoothOptions extends HoldOption {
  /**
   * Whose map lies over the picture; null for none. Default "recipro-cam", which costs one pass and the head of another;
   * models that it cannot explain have none.
   */
  method?: MethodName | null;
}

/** Most pixels a side of a picture that is kept. */
const LONGEST = 1024;
/** Most pixels of a picture that a page sends. */
const MOST_PIXELS = 100_000_000;
/** Most bytes of one. */
const MOST_BYTES = 32_000_000;
/** Most characters of its name. */
const LONGEST_NAME = 80;
/** Pictures of so few pixels are shown without loss. */
const SMALL = 256 * 256;

const NOTHING = new Uint8Array(0);

interface Wanted {
  readonly number: number;
  readonly name: string;
  readonly live: boolean;
  readonly encoded: Uint8Array;
}

/**
 * Bring your own picture: dropped, pasted, from a file or the camera, also live; what the model says of it, and where it
 * looks. The page turns it upright and makes it smaller before it travels. `picture` goes into `explain` and every widget.
 * @example
 * const booth = new PictureBooth(model);
 * await booth.show("cat.png");                                   // or by hand, in its view
 * booth.picture.width;
 * await explain(model, booth.picture);
 * @throws SightlineError `unknown-method`, `not-supported`, `unknown-option`, `bad-config`
 */
export class PictureBooth extends SightlineWidget<PictureBoothTraits> {
  /** What the picture is called; "camera" for one of the camera. */
  declare readonly name: string;
  readonly #model: Model;
  readonly #method: MethodName | null;
  /** Why there is no map where one was expected. */
  readonly #without: string | undefined;
  #picture: RawImage | undefined;
  readonly #pictures = new LatestOnly<Wanted>((wanted) => this.#answer(wanted));
  /** How many pictures were asked about, and the number of the one that is shown: what was asked before it is not. */
  #asked = 0;
  #latest = 0;

  constructor(model: Model, options: PictureBoothOptions = {}) {
    checkModel(model);
    checkKeys(options, ["method", "hold"], "PictureBooth");
    const { method, hold } = options;
    const wanted = method === undefined ? "recipro-cam" : method;
    const reason = wanted === null ? undefined : reasonAgainst(find(wanted), model.info, model.layers());
    if (reason !== undefined && method !== undefined) {
      throw new SightlineError("not-supported", `${wanted} cannot explain this model: ${reason}`, {
        received: wanted,
        next: "name another method, or null for no map",
      });
    }
    super({
      kind: "picture-booth",
      hold,
      defaults: {
        subject: model.info.name,
        inPage: edition === "browser",
        name: "",
        shown: NOTHING,
        answer: [],
        number: 0,
        notes: [],
        message: "",
      },
    });
    this.#model = model;
    this.#method = reason === undefined ? wanted : null;
    this.#without = reason;
    this.onMessage((content, buffers) => this.#fromRequest(content, buffers[0]));
  }

  /**
   * The picture, upright, at most 1024 pixels a side: what `explain` and every widget take.
   * @throws SightlineError `bad-config` before there is one
   */
  get picture(): RawImage {
    if (this.#picture) return this.#picture;
    throw new SightlineError("bad-config", "there is no picture in the booth", {
      next: "drop one on it, choose a file or use the camera; in code: await booth.show('cat.png')",
    });
  }

  /** Whether there is a picture. */
  get hasPicture(): boolean {
    return this.#picture !== undefined;
  }

  /**
   * Shows a picture as if a reader had brought it.
   * @param source path, URL, encoded bytes or raw pixels
   * @throws SightlineError `bad-image`, `file-not-found`, `image-too-large`, `download-failed`
   */
  async show(source: string | URL | Uint8Array | RawImage): Promise<void> {
    await this.#take(decodeImage(source, { maxPixels: MOST_PIXELS }));
  }

  /** Forgets the picture. */
  clear(): void {
    this.#latest = ++this.#asked;
    // the page waits for this number before it asks again
    const number = this.#pictures.drop()?.number ?? this.get("number");
    this.#picture = undefined;
    this.set({ number, name: "", shown: NOTHING, answer: [], notes: [], message: "" });
  }

  /** What the model says, in a sentence. */
  describe(): string {
    const [answer] = this.get("answer");
    if (!answer) return "no picture yet";
    const [{ label, probability }] = answer.predictions;
    return `${this.get("name")}: ${label} ${probability.toFixed(2)}`;
  }

  protected override fallback(): MimeBundle {
    const sentence = this.describe();
    return { "text/html": `<p>${escapeHtml(sentence)}</p>`, "text/plain": sentence };
  }

  /** Shows a picture unless one that was asked about later is shown by now. @param from the page's request for it */
  async #take(decoding: Promise<Picture>, from?: Wanted): Promise<void> {
    const turn = ++this.#asked;
    const { image, name, notes } = await decoding;
    const small = (await shrink(image, LONGEST)).image;
    const answer = await unwatched(() => askedOf(this.#model, small, this.#method));
    const shown = from?.live ? NOTHING : await encoded(small);
    if (turn < this.#latest) {
      // the page waits for this number before it asks again
      if (from) this.set({ number: from.number });
      return;
    }
    this.#latest = turn;
    this.#picture = small;
    const reduced = small === image ? [] : [`reduced from ${sizeOf(image)} to ${sizeOf(small)}`];
    this.set({
      name: from?.name ?? name,
      shown,
      answer: [answer],
      number: from?.number ?? this.get("number") + 1,
      notes: [...notes, ...reduced, ...(this.#without ? [`no map: ${this.#without}`] : [])],
      message: "",
    });
  }

  async #answer(wanted: Wanted): Promise<void> {
    try {
      await this.#take(decodeImage(wanted.encoded, { maxPixels: MOST_PIXELS }), wanted);
    } catch (error) {
      // the page waits for this number before it asks again
      this.set({ number: wanted.number, message: messageOf(error) });
      if (!(error instanceof SightlineError)) throw error;
    }
  }

  async #fromRequest(content: unknown, bytes: Uint8Array | undefined): Promise<void> {
    const { number, name, live } = (content ?? {}) as Record<string, unknown>;
    if (typeOf(content) === "clear") this.clear();
    if (typeOf(content) !== "picture" || !Number.isSafeInteger(number) || !bytes) return;
    const kept = [...oneLine(typeof name === "string" ? name : "")].slice(0, LONGEST_NAME).join("") || "picture";
    if (bytes.length > MOST_BYTES) {
      const size = Math.round(bytes.length / 1e6);
      this.set({
        number: number as number,
        message: `${kept} has ${size} MB: at most ${MOST_BYTES / 1e6} MB are read`,
      });
      return;
    }
    await this.#pictures.ask({
      number: number as number,
      name: kept,
      live: live === true,
      encoded: bytes.slice(),
    });
  }
}

const sizeOf = ({ width, height }: RawImage) => `${width} × ${height} pixels`;

/** A picture for the page: without loss where it is small. */
function encoded(image: RawImage): Promise<Uint8Array> {
  if (image.width * image.height <= SMALL) return encodePng(image);
  return pictures.encode(image, { format: "jpeg", quality: 88 });
}
