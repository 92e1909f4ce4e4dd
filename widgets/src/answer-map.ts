import type { RawImage } from "../../src/image/types.js";
import type { MapLike } from "../../src/render/noise.js";
import type { PictureAnswer } from "../../src/widgets/traits/index.js";
import { type Drawable, draw } from "./drawing.js";
import { readMap } from "./explanation.js";
import type { Received } from "./model.js";
import { canvasOf, paintCanvas, toRgb, toRgba } from "./pictures.js";

/** Least pixels of the longer side of a picture that a map is drawn on. */
const LEAST = 256;

/** A map to be drawn over a picture. */
export interface OverPicture extends Pick<Drawable, "prediction" | "defaults" | "provenance"> {
  readonly map: MapLike;
  /** Size of the score behind the map. */
  readonly scale: number;
  /** The part of the picture that the model sees, in its pixels. */
  readonly view: Drawable["panels"]["view"]["view"];
}

/** The map of an answer over its picture; the picture alone where there is no map. */
export function answerCanvas(image: RawImage, answer: Received<PictureAnswer>): HTMLCanvasElement {
  const { maps, view, scale, predictions, defaults, provenance } = answer;
  const [map] = maps;
  if (!map || !defaults || !provenance) return enlarged(image).canvas;
  return mapCanvas(image, { map: readMap(map), prediction: predictions[0], view, scale, defaults, provenance });
}

/** A map over a picture. */
export function mapCanvas(image: RawImage, over: OverPicture): HTMLCanvasElement {
  const { canvas, context, times } = enlarged(image);
  if (!context) return canvas;
  const { map, scale, view, prediction, defaults, provenance } = over;
  const at = (value: number) => Math.round(value * times);
  const panel = {
    picture: toRgb(context.getImageData(0, 0, canvas.width, canvas.height)),
    shown: { x: 0, y: 0, width: image.width, height: image.height },
    view: { x: at(view.x), y: at(view.y), width: at(view.width), height: at(view.height) },
  };
  const drawable: Drawable = {
    name: "picture",
    panels: { view: panel, picture: panel },
    prediction,
    predictions: [prediction],
    targets: [prediction],
    maps: [map],
    scales: [scale],
    defaults,
    provenance,
  };
  return draw(drawable, 0, {}).canvas();
}

/** A picture with pixels enough for a map. */
function enlarged(image: RawImage) {
  const times = Math.max(1, Math.ceil(LEAST / Math.max(image.width, image.height)));
  const canvas = canvasOf(image.width * times, image.height * times);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (context) {
    context.imageSmoothingEnabled = false;
    context.drawImage(paintCanvas(toRgba(image)), 0, 0, canvas.width, canvas.height);
  }
  return { canvas, context, times };
}
