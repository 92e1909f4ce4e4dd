import { failureOf, isOfTheCall } from "../core/failures.js";
import type { ImageSource, PreparedImage } from "../image/types.js";
import type { Control, Model } from "../model/types.js";
import type { ConceptFailure } from "./bank-facts.js";

/** Pictures under way, and what is done with each. */
export interface Look extends Control {
  /** Which pictures of the list; all when absent. */
  readonly only?: readonly number[];
  /** Called after every picture. */
  onPicture(): void;
}

/** Looks at pictures one after the other; those that cannot be read are named in what it returns. */
export async function lookAtEach(
  model: Model,
  images: readonly ImageSource[],
  { only, signal, onPicture }: Look,
  work: (prepared: PreparedImage, index: number) => Promise<void>,
): Promise<ConceptFailure[]> {
  const failures: ConceptFailure[] = [];
  for (const picture of only ?? images.keys()) {
    try {
      await work(await model.prepare(images[picture], { signal }), picture);
    } catch (error) {
      if (isOfTheCall(error)) throw error;
      failures.push({ picture, ...failureOf(error) });
    }
    onPicture();
  }
  return failures;
}
