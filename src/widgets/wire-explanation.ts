import { pictures } from "#platform/pictures";
import type { RawMap } from "../core/raw-map.js";
import type { Explanation } from "../explain/explanation.js";
import type { ExplainedImage } from "../explanation/parts.js";
import type { ImageSource, RawImage } from "../image/types.js";
import type { Model } from "../model/types.js";
import { backdrop } from "../render/backdrop.js";
import { scoreScale } from "../render/map-items.js";
import { bytes } from "./buffers.js";
import type { WireExplanation, WireMap, WirePanel } from "./traits/index.js";

/** Bounds of a picture's longer side: enough to look closely, not more. */
const BOUNDS = { least: 384, most: 1024 };

export async function wireExplanation(explanation: Explanation): Promise<WireExplanation> {
  const { image, prediction, predictions, targets, defaults, provenance } = explanation;
  const { width, height } = image.pixels;
  const whole = image.view.width >= width && image.view.height >= height;
  const panel = async (extent: "view" | "picture"): Promise<WirePanel> => {
    const { picture, view, shown } = await backdrop(image, { extent }, BOUNDS);
    return { picture: await encodePng(picture), view, shown };
  };
  return {
    name: image.name,
    panels: { view: await panel("view"), ...(!whole && { picture: await panel("picture") }) },
    prediction,
    predictions,
    targets: targets.map(({ within: _, ...target }) => target),
    maps: targets.map(({ index }) => wireMap(explanation.map(index))),
    scales: targets.map((target) => scoreScale(explanation, target)),
    defaults,
    provenance,
  };
}

/** The part of a picture that the model sees, without loss. */
export async function viewPicture(
  image: Pick<ExplainedImage, "pixels" | "view">,
  longest: { readonly least: number; readonly most: number } = BOUNDS,
): Promise<Uint8Array> {
  const { picture } = await backdrop({ name: "", ...image }, { extent: "view" }, longest);
  return encodePng(picture);
}

/** A map as it travels; of a saved explanation or one that is being made. */
export function wireMap(map: RawMap & { readonly signed: boolean }): WireMap {
  const { data, width, height, signed, regions, uncertainty } = map;
  return {
    data: bytes(data),
    width,
    height,
    signed,
    ...(regions && { regions: bytes(regions) }),
    ...(uncertainty && { uncertainty: bytes(uncertainty) }),
  };
}

/** Most pixels a side of a picture that stickers are pasted on: each move prepares it anew. */
const LAB_SIDE = 512;

/** A picture to paste stickers on, made smaller where it is large. */
export async function labPicture(model: Model, source: ImageSource): Promise<RawImage> {
  const { image } = (await model.prepare(source)).picture;
  const scale = LAB_SIDE / Math.max(image.width, image.height);
  if (scale >= 1) return image;
  const [width, height] = [image.width, image.height].map((side) => Math.max(1, Math.round(side * scale)));
  return pictures.resize(image, { width, height, fit: "fill" });
}

/** Without loss. */
export function encodePng(image: RawImage): Promise<Uint8Array> {
  return pictures.encode(image, { format: "png" });
}

/** A small JPEG for a gallery. */
export async function thumbnail(image: RawImage, side: number): Promise<Uint8Array> {
  const small = await pictures.resize(image, { width: side, height: side, fit: "cover" });
  return pictures.encode(small, { format: "jpeg", quality: 80 });
}
