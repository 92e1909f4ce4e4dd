import { throwIfAborted } from "../core/errors.js";
import type { Work } from "../core/work.js";
import { noiseSticker, pasteSticker, type Sticker, type StickerPlace } from "../image/sticker.js";
import type { RawImage } from "../image/types.js";
import { hasIndependentLabels, SEEN_FROM } from "../model/ranking.js";
import type { Model } from "../model/types.js";
import type { StickerCount } from "./traits/index.js";

/** What is counted: how often a sticker at a place turns pictures to a class. */
export interface CountPlan {
  readonly models: ReadonlyMap<string, Model>;
  readonly images: readonly RawImage[];
  readonly sticker: Sticker;
  readonly place: StickerPlace;
  readonly label: string;
}

/**
 * Asks every model of every picture: as it is, with the sticker, and with random content of the sticker's size in its
 * place. Pictures that have the class already are not counted.
 */
export async function countTurned(
  { models, images, sticker, place, label }: CountPlan,
  { signal, progress }: Work,
): Promise<StickerCount[]> {
  const counts: StickerCount[] = [];
  const total = models.size * images.length;
  let done = 0;
  for (const [name, model] of models) {
    const isTurned = async (image: RawImage) => {
      if (!hasIndependentLabels(model.info)) {
        const [{ label: said }] = await model.predict(image, { top: 1, signal });
        return said === label;
      }
      const answers = await model.predict(image, { top: model.labels.length, signal });
      return answers.some((one) => one.label === label && one.probability >= SEEN_FROM);
    };
    let [counted, turned, byNoise] = [0, 0, 0];
    for (const [i, image] of images.entries()) {
      throwIfAborted(signal);
      if (!(await isTurned(image))) {
        counted += 1;
        if (await isTurned(pasteSticker(image, sticker, place))) turned += 1;
        if (await isTurned(pasteSticker(image, noiseSticker(sticker, i), place))) byNoise += 1;
      }
      done += 1;
      progress({ done, total });
    }
    counts.push({ model: name, counted, turned, byNoise });
  }
  return counts;
}

/** A count in a sentence that claims no more than was measured. */
export function describeCount(label: string, counts: readonly StickerCount[]): string {
  const each = counts.map(
    ({ model, counted, turned, byNoise }) => `${model}: ${turned} of ${counted} (random content ${byNoise})`,
  );
  return `turned to ${label} by the sticker: ${each.join("; ")}`;
}
