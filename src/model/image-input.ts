import { SightlineError, throwIfAborted } from "../core/errors.js";
import { checkOptions } from "../core/options.js";
import { pixelIndex } from "../core/pixel-index.js";
import { extent } from "../core/statistics.js";
import { isTensor, type Tensor } from "../core/tensor.js";
import { decodeImage } from "../image/decode.js";
import { resample } from "../image/resample.js";
import {
  type ImageSource,
  isPrepared,
  type Picture,
  type PreparedImage,
  type RawImage,
  type Rect,
} from "../image/types.js";
import { checkIntegers, type IntegerInput } from "./integer-input.js";
import { type Preprocessor, paint, unpaint } from "./preprocess.js";
import { checkInput, checkShape } from "./tensor-checks.js";
import type { InputGeometry, PrepareImageOptions } from "./types.js";

/** Inputs that were made of a picture, and are still what the picture looks like. */
const madeOfPictures = new WeakSet<Tensor>();

export const DECODE = { decode: ["full", "fast"] } as const;

/** How pictures become a model's input, and colours can be read from it again. */
export class ImageInput {
  readonly #preprocessor: Preprocessor;
  readonly #input: InputGeometry;

  readonly #integer?: IntegerInput;

  /** @param integer what the input may hold, where that is whole numbers */
  constructor(preprocessor: Preprocessor, input: InputGeometry, integer?: IntegerInput) {
    this.#preprocessor = preprocessor;
    this.#input = input;
    this.#integer = integer;
  }

  async prepare(image: ImageSource, { signal, decode = "full" }: PrepareImageOptions = {}): Promise<PreparedImage> {
    checkOptions("prepare", DECODE, { decode });
    const input = this.#input;
    if (isPrepared(image)) {
      checkShape(image.tensor, input, "the prepared image");
      return image;
    }
    if (isTensor(image)) {
      const tensor = checkInput(image, input, "the image");
      if (this.#integer) checkIntegers(tensor.data, this.#integer, "the image");
      const view = { x: 0, y: 0, width: input.width, height: input.height };
      return { tensor, picture: this.#pictureOfTensor(tensor), view };
    }
    const picture = await decodeImage(image, {
      signal,
      needed: decode === "fast" ? this.#preprocessor.needed : undefined,
    });
    throwIfAborted(signal);
    const { tensor, view } = await this.#preprocessor.toInput(picture.image);
    madeOfPictures.add(tensor);
    return { picture, tensor, view };
  }

  /**
   * An input as a picture, 0…255. Where preprocessing cannot be undone, an input made of a picture looks like that
   * picture, and any other one like the mean of its channels.
   */
  async pixels({ tensor, picture, view }: PreparedImage): Promise<RawImage> {
    const colours = this.#unpainted(tensor);
    if (colours) return colours;
    return madeOfPictures.has(tensor) ? cutOut(picture.image, view, this.#input) : greyPicture(tensor, this.#input);
  }

  /**
   * The input for a picture of one colour.
   * @throws SightlineError `not-supported` where a preprocess function does more than scale colours and cannot take it
   */
  fill(colour: readonly [number, number, number]): Tensor {
    const { colours, plain } = this.#preprocessor;
    const bytes = Uint8ClampedArray.from(colour);
    if (colours) return paint({ data: bytes, width: 1, height: 1 }, colours, this.#input);
    const [red, green, blue] = bytes;
    const input = plain?.([red, green, blue]);
    if (input) return { data: input.data.slice(), dims: input.dims };
    throw new SightlineError("not-supported", `the preprocess function makes no input of a plain picture (${bytes})`, {
      expected: "a function that takes plain pictures, or preprocess as data",
      next: "use another fill or baseline, such as blur or mean",
    });
  }

  #unpainted(tensor: Tensor): RawImage | undefined {
    const { colours } = this.#preprocessor;
    return colours && unpaint(tensor, colours, this.#input);
  }

  #pictureOfTensor(tensor: Tensor): Picture {
    const named = (image: RawImage, note: string): Picture => ({ image, name: "picture", notes: [note] });
    const image = this.#unpainted(tensor);
    if (image) return named(image, "the picture came as a tensor");
    const grey = greyPicture(tensor, this.#input);
    return named(grey, "the picture came as a tensor whose colours cannot be told: it is shown in grey");
  }
}

/** A part of a picture at the model's size; its border is repeated where the part goes beyond it. */
async function cutOut(image: RawImage, view: Rect, { width, height }: InputGeometry): Promise<RawImage> {
  const { data, width: columns, height: rows } = image;
  const inside = (value: number, size: number) => Math.min(size - 1, Math.max(0, value));
  const [left, top] = [Math.floor(view.x), Math.floor(view.y)];
  const part = { width: Math.max(1, Math.round(view.width)), height: Math.max(1, Math.round(view.height)) };
  const cut = new Uint8Array(part.width * part.height * 3);
  for (let y = 0; y < part.height; y++) {
    for (let x = 0; x < part.width; x++) {
      const from = (inside(top + y, rows) * columns + inside(left + x, columns)) * 3;
      for (let c = 0; c < 3; c++) cut[(y * part.width + x) * 3 + c] = data[from + c];
    }
  }
  return resample({ data: cut, ...part }, { width, height }, { x: 0, y: 0, width, height }, "bilinear");
}

/** The mean of an input's channels, its smallest value black and its largest white. */
function greyPicture({ data }: Tensor, input: InputGeometry): RawImage {
  const { width, height, channels } = input;
  const at = pixelIndex(input);
  const means = Float64Array.from({ length: width * height }, (_, place) => {
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += data[at(c, place)];
    return sum / channels;
  });
  const [low, high] = extent(means);
  const grey = means.map((value) => (high > low ? (255 * (value - low)) / (high - low) : 127.5));
  return {
    data: Uint8ClampedArray.from({ length: grey.length * 3 }, (_, i) => grey[Math.floor(i / 3)]),
    width,
    height,
  };
}
