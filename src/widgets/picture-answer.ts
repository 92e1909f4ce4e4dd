import { explain } from "../explain/explain.js";
import type { Explanation } from "../explain/explanation.js";
import type { PreparedImage, RawImage } from "../image/types.js";
import type { MethodName } from "../methods/registry.js";
import type { Model, Prediction } from "../model/types.js";
import { scoreScale } from "../render/map-items.js";
import type { PictureAnswer } from "./traits/index.js";
import { wireMap } from "./wire-explanation.js";

/** Most bars of a model. */
const TOP = 5;

/** A class as a model sees it in a picture: the one that was chosen, else the likeliest. */
export async function askedClass(model: Model, { tensor }: PreparedImage, chosen?: number): Promise<Prediction> {
  const { data } = model.probabilities(await model.run(tensor));
  const index = chosen ?? data.indexOf(Math.max(...data));
  return { index, label: model.labels[index], probability: data[index] };
}

/** What a model says of a picture, with the map of the class on top. @param method null for no map */
export async function askedOf(model: Model, image: RawImage, method: MethodName | null): Promise<PictureAnswer> {
  if (method !== null) return pictureAnswer(await explain(model, image, { method }));
  const { view } = await model.prepare(image);
  const predictions = await model.predict(image, { top: TOP });
  return { predictions, maps: [], scale: 0, view, defaults: null, provenance: null };
}

/** An explanation of its first class, for a page that has the picture. */
export function pictureAnswer(explanation: Explanation): PictureAnswer {
  const [target] = explanation.targets;
  const { predictions, defaults, provenance, image } = explanation;
  return {
    predictions: predictions.slice(0, TOP),
    maps: [wireMap(explanation.map(target.index))],
    scale: scoreScale(explanation, target),
    view: image.view,
    defaults,
    provenance,
  };
}
