import sharp from "sharp";
import type { Explanation, Provenance, ViewDefaults } from "../explanation.js";
import type { RawImage, Rect } from "../image/types.js";
import type { Prediction } from "../model/types.js";
import type { SaliencyMap } from "../saliency-map.js";

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

/** An explanation as it travels to the browser, once. */
export interface WireExplanation {
  readonly name: string;
  /** PNG: the picture without loss. */
  readonly picture: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly view: Rect;
  readonly prediction: Prediction;
  readonly predictions: readonly Prediction[];
  readonly targets: readonly Prediction[];
  readonly maps: readonly WireMap[];
  readonly defaults: ViewDefaults;
  readonly provenance: Provenance;
}

export async function wireExplanation(explanation: Explanation): Promise<WireExplanation> {
  const { image, prediction, predictions, targets, defaults, provenance } = explanation;
  return {
    name: image.name,
    picture: await encodePng(image.pixels),
    width: image.pixels.width,
    height: image.pixels.height,
    view: image.view,
    prediction,
    predictions,
    targets,
    maps: targets.map(({ index }) => wireMap(explanation.map(index))),
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

/** Float32 or Int32 values as bytes. */
export function bytes(values: Float32Array | Int32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

export async function encodePng({ data, width, height }: RawImage): Promise<Uint8Array> {
  const png = await sharp(data, { raw: { width, height, channels: 3 } }).png({ compressionLevel: 6 }).toBuffer();
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
