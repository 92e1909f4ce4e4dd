import { pictures } from "#platform/pictures";
import type { RawMap } from "../core/raw-map.js";
import type { Explanation } from "../explain/explanation.js";
import type { RawImage } from "../image/types.js";
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
    targets,
    maps: targets.map(({ index }) => wireMap(explanation.map(index))),
    scales: targets.map((target) => scoreScale(explanation, target)),
    defaults,
    provenance,
  };
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

/** Without loss. */
export function encodePng(image: RawImage): Promise<Uint8Array> {
  return pictures.encode(image, { format: "png" });
}

/** A small JPEG for a gallery. */
export async function thumbnail(image: RawImage, side: number): Promise<Uint8Array> {
  const small = await pictures.resize(image, { width: side, height: side, fit: "cover" });
  return pictures.encode(small, { format: "jpeg", quality: 80 });
}
