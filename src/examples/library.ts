import { checkKeys, checkList } from "../core/checks.js";
import { SightlineError } from "../core/errors.js";
import { type Failure, failureOf, isOfTheCall } from "../core/failures.js";
import { optionNames } from "../core/options.js";
import { longWork, type Progress } from "../core/work.js";
import type { ImageSource } from "../image/types.js";
import { checkClassifier } from "../model/check-model.js";
import type { Control, Model } from "../model/types.js";
import { describePicture } from "./features.js";

/** Options of {@link pictureLibrary}. */
export interface LibraryOptions extends Control {
  /** Called after every picture. */
  onProgress?(progress: Progress): void;
}

/** A picture of a library. */
export interface LibraryPicture {
  /** Its place in the list of pictures given. */
  readonly index: number;
  readonly name: string;
  /** What the model's last layer reads. */
  readonly features: Float32Array;
  /** Colours on a grid of 8 × 8. */
  readonly colours: Float32Array;
}

/** A picture that could not be taken in, and why. */
export interface LibraryFailure extends Failure {
  readonly index: number;
}

/** Pictures as a model sees them, to be searched as often as one likes; see {@link pictureLibrary}. */
export class PictureLibrary {
  constructor(
    readonly model: { readonly name: string; readonly sha256: string },
    readonly images: readonly ImageSource[],
    readonly pictures: readonly LibraryPicture[],
    readonly failures: readonly LibraryFailure[],
  ) {
    Object.freeze(this);
  }
}

const OPTIONS = optionNames<LibraryOptions>({ signal: true, onProgress: true });

/**
 * Takes the features of pictures, one forward pass each: what the last linear layer reads. Pictures that cannot be read are
 * named in `failures`.
 * @example
 * const library = await pictureLibrary(model, ["cat.png", "dog.png"]);
 * library.pictures.length;
 * @throws SightlineError `not-supported` where the model has no last linear layer, `bad-config` for an empty list, the
 *   first failure where no picture could be taken in, `aborted`
 */
export async function pictureLibrary(
  model: Model,
  images: readonly ImageSource[],
  options: LibraryOptions = {},
): Promise<PictureLibrary> {
  checkClassifier(model);
  checkKeys(options, OPTIONS, "pictureLibrary");
  checkList(images, "the pictures", "a list of pictures");
  return longWork(`features of ${images.length} pictures`, options.signal, async ({ signal, progress }) => {
    const taken: LibraryPicture[] = [];
    const failures: LibraryFailure[] = [];
    let first: unknown;
    for (const [index, image] of images.entries()) {
      try {
        const prepared = await model.prepare(image, { signal });
        const { features, colours } = await describePicture(model, prepared, { signal });
        taken.push({ index, name: prepared.picture.name, features, colours });
      } catch (error) {
        if (isOfTheCall(error) || failureOf(error).code === "not-supported") throw error;
        first ??= error;
        failures.push({ index, ...failureOf(error) });
      }
      const state = { done: index + 1, total: images.length };
      options.onProgress?.(state);
      progress(state);
    }
    if (taken.length === 0) throw first;
    const { name, sha256 } = model.info;
    return new PictureLibrary({ name, sha256 }, images, taken, failures);
  });
}

/** The library itself, or one made of a list. @throws SightlineError `bad-config` where it is of another model */
export async function libraryOf(
  model: Model,
  library: PictureLibrary | readonly ImageSource[],
  options: LibraryOptions,
): Promise<PictureLibrary> {
  if (!(library instanceof PictureLibrary)) return pictureLibrary(model, library, options);
  if (library.model.sha256 === model.info.sha256) return library;
  throw new SightlineError("bad-config", `this library is of ${library.model.name}, not of ${model.info.name}`, {
    received: library.model.sha256,
    expected: model.info.sha256,
    next: "make one with this model: pictureLibrary(model, images)",
  });
}
