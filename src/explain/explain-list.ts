import { type Failure, failureOf, isOfTheCall } from "../core/failures.js";
import type { ImageSource } from "../image/types.js";
import { Explanation } from "./explanation.js";

/** A picture of a list that could not be explained, and why. */
export interface PictureFailure extends Failure {
  /** Its position in the list. */
  readonly index: number;
  /** Its path or address, or "picture 3" where it has none. */
  readonly image: string;
}

/** Explanations of a list of pictures, in its order, without those of the pictures in `failures`. */
export type Explanations = Explanation[] & { readonly failures: readonly PictureFailure[] };

/**
 * Explains each of several pictures. What can be explained is; the others are named in `failures` and in the notes of
 * every explanation.
 * @throws what is wrong with the call itself; the first failure where there is nothing else
 */
export async function explainList(
  images: readonly ImageSource[],
  explainOne: (image: ImageSource) => Promise<Explanation>,
): Promise<Explanations> {
  const explanations: Explanation[] = [];
  const failures: PictureFailure[] = [];
  let first: unknown;
  for (const [index, image] of images.entries()) {
    try {
      explanations.push(await explainOne(image));
    } catch (error) {
      if (isOfTheCall(error)) throw error;
      first ??= error;
      failures.push({ index, image: nameOf(image, index), ...failureOf(error) });
    }
  }
  if (explanations.length === 0 && failures.length > 0) throw first;
  const noted =
    failures.length > 0 ? explanations.map((one) => withNote(one, noteOf(failures, images.length))) : explanations;
  return Object.assign(noted, { failures });
}

/** A data: URL is no name. */
function nameOf(image: ImageSource, index: number): string {
  const named = (typeof image === "string" && !image.startsWith("data:")) || image instanceof URL;
  return named ? String(image) : `picture ${index + 1}`;
}

/** Failures that a note tells. */
const TOLD = 3;

function noteOf(failures: readonly PictureFailure[], count: number): string {
  const told = failures.slice(0, TOLD).map(({ image, message }) => `${image} (${message})`);
  const more = failures.length > TOLD ? [`and ${failures.length - TOLD} more`] : [];
  return `${failures.length} of the ${count} pictures could not be explained: ${[...told, ...more].join("; ")}`;
}

function withNote(explanation: Explanation, note: string): Explanation {
  const { provenance, targets } = explanation;
  return new Explanation({
    ...explanation,
    maps: targets.map(({ index }) => explanation.map(index)),
    provenance: { ...provenance, notes: [...provenance.notes, note] },
  });
}
