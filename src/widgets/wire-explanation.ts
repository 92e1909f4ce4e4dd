import sharp from "sharp";
import type { Explanation } from "../explain/explanation.js";
import type { Provenance, ViewDefaults } from "../explanation/parts.js";
import type { SaliencyMap } from "../explanation/saliency-map.js";
import type { RawImage, Rect } from "../image/types.js";
import type { Prediction } from "../model/types.js";
import { backdrop } from "../render/panel.js";
import { scoreScale } from "../render/visualize.js";
import { bytes } from "./buffers.js";

/** A map as it travels: raw floats at the method's own resolution, 4 bytes each, little-endian. */
export interface WireMap {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly signed: boolean;
  /** Segment of each value, 4 bytes each. */
  readonly regions?: Uint8Array;
  /** Standard deviation of each value, 4 bytes each. */
  readonly uncertainty?: Uint8Array;
}

/** The picture under a map, as `visualize` cuts it. */
export interface WirePanel {
  /** PNG: without loss. */
  readonly picture: Uint8Array;
  /** The part that maps lie over, in whole pixels. */
  readonly view: Rect;
  /** The part of the explained picture that it shows, in that picture's pixels. */
  readonly shown: Rect;
}

/** An explanation as it travels to the browser, once. */
export interface WireExplanation {
  readonly name: string;
  /** What the model saw; and the whole picture where that is more. */
  readonly panels: { readonly view: WirePanel; readonly picture?: WirePanel };
  readonly prediction: Prediction;
  readonly predictions: readonly Prediction[];
  readonly targets: readonly Prediction[];
  readonly maps: readonly WireMap[];
  /** Size of the scores behind each map, for telling evidence from rounding. */
  readonly scales: readonly number[];
  readonly defaults: ViewDefaults;
  readonly provenance: Provenance;
}

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

export function wireMap({ data, width, height, signed, regions, uncertainty }: SaliencyMap): WireMap {
  return {
    data: bytes(data),
    width,
    height,
    signed,
    ...(regions && { regions: bytes(regions) }),
    ...(uncertainty && { uncertainty: bytes(uncertainty) }),
  };
}

export async function encodePng({ data, width, height }: RawImage): Promise<Uint8Array> {
  const png = await sharp(data, { raw: { width, height, channels: 3 } })
    .png({ compressionLevel: 6 })
    .toBuffer();
  return new Uint8Array(png.buffer, png.byteOffset, png.byteLength);
}

/** A small JPEG for a gallery. */
export async function thumbnail({ data, width, height }: RawImage, side: number): Promise<Uint8Array> {
  const jpeg = await sharp(data, { raw: { width, height, channels: 3 } })
    .resize(side, side, { fit: "cover" })
    .jpeg({ quality: 80 })
    .toBuffer();
  return new Uint8Array(jpeg.buffer, jpeg.byteOffset, jpeg.byteLength);
}
