import { sha256 } from "#platform/hash";
import { isSightlineError, SightlineError, throwIfAborted } from "../core/errors.js";
import { kindOf } from "../core/kind-of.js";
import type { ImageSource, PreparedImage } from "../image/types.js";
import type { Model } from "../model/types.js";
import { plural } from "../render/format.js";

/** A picture and the class that it shows. */
export interface LabelledPicture {
  readonly image: ImageSource;
  readonly label: string;
}

/** Pictures to learn from: a list for each class, or pictures that say their class, as `classroom.pictures` makes them. */
export type TrainingPictures = Readonly<Record<string, readonly ImageSource[]>> | readonly LabelledPicture[];

/** A picture to learn from. */
export interface Example {
  readonly image: ImageSource;
  /** Position of its class among the labels. */
  readonly index: number;
  /** What it is called in reports: its path, or its class and number. */
  readonly name: string;
}

/** Pictures to learn from, checked. */
export interface Examples {
  readonly labels: readonly string[];
  readonly items: readonly Example[];
  /** Pictures of each class. */
  readonly counts: readonly number[];
}

const SHAPE = "{ cat: images, cup: images }, or a list of { image, label }";
/** Fewer pictures of a class are enough to be said. */
const FEW = 10;
/** So many times more pictures of one class than of another are worth saying. */
const UNEVEN = 3;

/**
 * @param of who asks, for the error's sentence
 * @throws SightlineError `bad-config` unless there are at least two classes of at least two pictures
 */
export function examplesOf(pictures: TrainingPictures, of: string): Examples {
  const byLabel = picturesByLabel(pictures, of);
  const labels = [...byLabel.keys()];
  if (labels.length < 2) {
    throw new SightlineError("bad-config", `${of} got ${plural(labels.length, "class", "classes")}`, {
      received: labels,
      expected: "at least 2",
      next: "add pictures of what it is to be told from",
    });
  }
  const items = labels.flatMap((label, index) => {
    const images = byLabel.get(label) ?? [];
    if (images.length < 2) {
      throw new SightlineError("bad-config", `${of} got ${plural(images.length, "picture")} of '${label}'`, {
        received: images.length,
        expected: "at least 2 of each class, as some are held out to measure what was learned",
      });
    }
    return images.map((image, i) => ({
      image,
      index,
      name: typeof image === "string" && !image.startsWith("data:") ? image : `${label} ${i + 1}`,
    }));
  });
  return { labels, items, counts: labels.map((label) => byLabel.get(label)?.length ?? 0) };
}

/** Pictures of each class, as they were given. @throws SightlineError `bad-config` */
export function picturesByLabel(pictures: TrainingPictures, of: string): ReadonlyMap<string, readonly ImageSource[]> {
  if (typeof pictures !== "object" || pictures === null) throw wrong(of, pictures);
  if (!isList(pictures)) {
    for (const images of Object.values(pictures)) if (!Array.isArray(images)) throw wrong(of, images);
    return new Map(Object.entries(pictures));
  }
  const byLabel = new Map<string, ImageSource[]>();
  for (const picture of pictures) {
    const { image, label } = picture ?? {};
    if (image === undefined || typeof label !== "string") throw wrong(of, picture);
    byLabel.set(label, [...(byLabel.get(label) ?? []), image]);
  }
  return byLabel;
}

const isList = (pictures: TrainingPictures): pictures is readonly LabelledPicture[] => Array.isArray(pictures);

const wrong = (of: string, received: unknown) =>
  new SightlineError("bad-config", `${of} cannot learn from ${kindOf(received)}`, { received, expected: SHAPE });

/** Prepares a picture; an error says which one it was. */
export async function prepareExample(
  model: Pick<Model, "prepare">,
  example: Example,
  signal?: AbortSignal,
): Promise<PreparedImage> {
  throwIfAborted(signal);
  try {
    return await model.prepare(example.image, { signal });
  } catch (error) {
    if (!isSightlineError(error, "bad-image")) throw error;
    const { received, expected, next } = error;
    throw new SightlineError("bad-image", `the picture '${example.name}' cannot be read`, {
      received,
      expected,
      next: next ?? "leave it out",
      cause: error,
    });
  }
}

/** What is to be said about the pictures themselves. @param prints one for each picture: equal pictures have equal ones */
export function notesOn({ labels, items, counts }: Examples, prints: readonly string[]): string[] {
  const least = Math.min(...counts);
  const most = Math.max(...counts);
  const [rare, common] = [labels[counts.indexOf(least)], labels[counts.indexOf(most)]];
  const notes: string[] = [];
  if (least < FEW) notes.push(`only ${plural(least, "picture")} of '${rare}': what was learned may rest on chance`);
  if (most >= UNEVEN * least) {
    notes.push(`${most} pictures of '${common}', but ${least} of '${rare}': each class counts the same in sum`);
  }
  const first = new Map<string, Example>();
  let [twice, torn] = [0, 0];
  for (const [i, item] of items.entries()) {
    const same = first.get(prints[i]);
    if (!same) first.set(prints[i], item);
    else if (same.index === item.index) twice += 1;
    else torn += 1;
  }
  if (twice > 0) {
    notes.push(
      `${plural(twice, "picture is", "pictures are")} there more than once: held-out pictures were seen before`,
    );
  }
  if (torn > 0)
    notes.push(`${plural(torn, "picture is", "pictures are")} in two classes at once: no model can be right on both`);
  return notes;
}

/** Equal for equal inputs. */
export function fingerprint({ tensor: { data } }: PreparedImage): string {
  return sha256(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}
