import { SightlineError, throwIfAborted } from "../core/errors.js";
import { isTensor, type Tensor } from "../core/tensor.js";
import { decodeImage } from "../image/decode.js";
import { type ImageSource, isPrepared, type PreparedImage, type RawImage } from "../image/types.js";
import { type ColourMap, type Preprocessor, paint, unpaint } from "./preprocess.js";
import { checkInput, checkShape } from "./tensor-checks.js";
import type { Control, InputGeometry } from "./types.js";

/** How pictures become a model's input, and colours can be read from it again. */
export class ImageInput {
  readonly #preprocessor: Preprocessor;
  readonly #input: InputGeometry;

  constructor(preprocessor: Preprocessor, input: InputGeometry) {
    this.#preprocessor = preprocessor;
    this.#input = input;
  }

  async prepare(image: ImageSource, { signal }: Control = {}): Promise<PreparedImage> {
    const input = this.#input;
    if (isPrepared(image)) {
      checkShape(image.tensor, input, "the prepared image");
      return image;
    }
    if (isTensor(image)) {
      const tensor = checkInput(image, input, "the image");
      const picture = { image: this.pixels(tensor), name: "picture", notes: ["the picture came as a tensor"] };
      return { tensor, picture, view: { x: 0, y: 0, width: input.width, height: input.height } };
    }
    const picture = await decodeImage(image, { signal });
    throwIfAborted(signal);
    return { picture, ...(await this.#preprocessor.toInput(picture.image)) };
  }

  /** The colours of an input, 0…255. @throws SightlineError `not-supported` where they cannot be told */
  pixels(tensor: Tensor): RawImage {
    const image = unpaint(tensor, this.#colourMap(), this.#input);
    if (image) return image;
    throw new SightlineError("not-supported", "the preprocessing cannot be undone", {
      next: "give preprocess as data where a method needs pixels",
    });
  }

  /** The input for a picture of one colour. @throws SightlineError `not-supported` where colours are not mapped */
  fill(colour: readonly [number, number, number]): Tensor {
    return paint({ data: Uint8ClampedArray.from(colour), width: 1, height: 1 }, this.#colourMap(), this.#input);
  }

  #colourMap(): ColourMap {
    const { colours } = this.#preprocessor;
    if (colours) return colours;
    throw new SightlineError("not-supported", "the preprocess function does more than scale colours", {
      next: "give preprocess as data where a method needs fills or pixels",
    });
  }
}
