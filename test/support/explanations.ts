import { Explanation } from "../../src/explain/explanation.js";
import type { Provenance } from "../../src/explanation/parts.js";
import { SaliencyMap } from "../../src/explanation/saliency-map.js";
import type { RawImage } from "../../src/image/types.js";
import type { Model } from "../../src/model/types.js";

/** An explanation with a map written by hand. */
export function handmade(
  model: Model,
  image: RawImage,
  map: { data: ArrayLike<number>; width: number; height: number; signed?: boolean },
  { target = 0, ...provenance }: { target?: number } & Partial<Provenance> = {},
): Explanation {
  const prediction = { index: target, label: model.labels[target], probability: 1 };
  return new Explanation({
    image: { name: "handmade", pixels: image, view: { x: 0, y: 0, width: image.width, height: image.height } },
    prediction,
    predictions: [prediction],
    targets: [prediction],
    maps: [new SaliencyMap({ signed: false, ...map, data: Float32Array.from(map.data) })],
    defaults: { type: "pixels" },
    provenance: {
      model: { name: model.info.name, sha256: model.info.sha256 },
      method: "by-hand",
      options: {},
      seed: 0,
      score: "probability",
      forwardPasses: 1,
      backwardPasses: 0,
      milliseconds: 1,
      notes: [],
      version: "0",
      ...provenance,
    },
  });
}

/** A picture of one colour. */
export function plain(width: number, height: number, value = 255): RawImage {
  return { data: new Uint8Array(width * height * 3).fill(value), width, height };
}
