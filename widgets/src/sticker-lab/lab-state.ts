import { pasteSticker, type StickerPlace } from "../../../src/image/sticker.js";
import type { RawImage } from "../../../src/image/types.js";
import type { StickerLabTraits, WireSticker } from "../../../src/widgets/traits/index.js";
import { ViewError } from "../error-box.js";
import { bytesOf, type Received } from "../model.js";
import { decodePicture, toRgb } from "../pictures.js";
import type { View } from "../view.js";

export type StickerView = View<Received<StickerLabTraits>>;

/** What was decoded once. */
export interface LabContents {
  readonly pictures: readonly RawImage[];
}

interface Move {
  readonly picture: number;
  readonly sticker: number;
  readonly place: StickerPlace | null;
}

/**
 * Where the sticker is in this view, ahead of the kernel: one move is asked at a time, and when its answer is there the
 * latest of those made meanwhile.
 */
export class LabState {
  readonly pictures: readonly RawImage[];
  #stickers: readonly WireSticker[] = [];
  readonly #view: StickerView;
  readonly #onmove: () => void;
  #now: Move;
  /** The move that the kernel was asked for and has not answered. */
  #asked: number | undefined;
  #number: number;
  #late = false;

  static async read(view: StickerView): Promise<LabContents> {
    const pictures = await Promise.all(view.get("pictures").map(async (png) => toRgb(await decodePicture(png))));
    if (pictures.length === 0) throw new ViewError("there are no pictures to paste stickers on: run the cell again");
    return { pictures };
  }

  constructor(view: StickerView, { pictures }: LabContents, onmove: () => void) {
    this.#view = view;
    this.pictures = pictures;
    this.#onmove = onmove;
    this.#now = moveOf(view);
    this.#number = view.get("move");
    this.restock();
  }

  get stickers(): readonly WireSticker[] {
    return this.#stickers;
  }

  get picture(): number {
    return this.#now.picture;
  }

  get sticker(): number {
    return this.#now.sticker;
  }

  get place(): StickerPlace | null {
    return this.#now.place;
  }

  /** Whether the kernel has yet to answer the latest move. */
  get waiting(): boolean {
    return this.#asked !== undefined || this.#late;
  }

  /** Reads the stickers anew; one that the reader has just made is taken into the hand. */
  restock(): void {
    const before = this.#stickers.length;
    this.#stickers = this.#view.get("stickers").map(({ data, ...rest }) => {
      const sticker = { ...rest, data: bytesOf(data) };
      if (sticker.data.length !== sticker.width * sticker.height * 4) throw new RangeError(`the sticker ${rest.name}`);
      return sticker;
    });
    if (before > 0 && this.#stickers.length > before) this.choose({ sticker: this.#stickers.length - 1 });
  }

  choose(change: Partial<Move>): void {
    this.#now = { ...this.#now, ...change };
    this.#ask();
    this.#onmove();
  }

  move(place: StickerPlace | null): void {
    this.choose({ place });
  }

  /** Whether this sticker lies at this place. */
  lies(sticker: number, { x, y, size }: StickerPlace): boolean {
    const { place, sticker: held } = this.#now;
    return held === sticker && place?.x === x && place.y === y && place.size === size;
  }

  /** Has the kernel count with the sticker where the hand left it, also where it has yet to answer that move. */
  count(): void {
    const { picture, sticker, place } = this.#now;
    if (place) this.#view.request({ type: "count", picture, sticker, place });
  }

  /** The picture with the sticker, as a move has it. */
  image({ picture, sticker, place }: Move = this.#now): RawImage | undefined {
    const image = this.pictures[picture];
    const pasted = this.#stickers[sticker];
    return image && place && pasted ? pasteSticker(image, pasted, place) : image;
  }

  /**
   * The picture that the kernel's answer is about. Asks for the latest move where the hand has gone on; follows the
   * kernel where the hand rests, since a cell or another view may have moved the sticker.
   */
  answered(): RawImage | undefined {
    if (this.#asked !== undefined && this.#asked <= this.#view.get("move")) this.#asked = undefined;
    if (this.#late && this.#asked === undefined) this.#ask();
    const move = moveOf(this.#view);
    if (!this.waiting) {
      this.#now = move;
      this.#onmove();
    }
    return this.image(move);
  }

  #ask(): void {
    if (!this.#view.live) return;
    this.#late = this.#asked !== undefined;
    if (this.#late) return;
    this.#number = Math.max(this.#number, this.#view.get("move")) + 1;
    this.#asked = this.#number;
    this.#view.request({ type: "place", move: this.#number, ...this.#now });
  }
}

/** The move that the kernel has answered last. */
const moveOf = (view: StickerView): Move => ({
  picture: view.get("picture"),
  sticker: view.get("sticker"),
  place: view.get("place"),
});
