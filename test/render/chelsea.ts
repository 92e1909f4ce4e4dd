import sharp from "sharp";
import { Explanation } from "../../src/explain/explanation.js";
import type { ExplanationParts, Provenance } from "../../src/explanation/parts.js";
import { SaliencyMap } from "../../src/explanation/saliency-map.js";
import type { RawImage } from "../../src/image/types.js";
import { fixture } from "../support/fixtures.js";
import { readNpz } from "../support/npz.js";
import { notebookImage } from "./pictures.js";

export const tigerCat = { index: 282, label: "tiger cat", probability: 0.3916 };
export const egyptianCat = { index: 285, label: "Egyptian cat", probability: 0.3579 };
const tabby = { index: 281, label: "tabby", probability: 0.1727 };

/** Maps of another tool on chelsea.png, with how our methods of the same name would be drawn. */
const METHODS = {
  "integrated-gradients": {
    key: "integrated_gradients",
    signed: true,
    type: "outlines",
    score: "logit",
    passes: [50, 50],
  },
  xrai: { key: "xrai", signed: false, type: "pixels", score: "logit", passes: [100, 100] },
  "recipro-cam": { key: "recipro_cam", signed: false, type: "pixels", score: "logit", passes: [2, 0] },
  "grad-cam": { key: "grad_cam", signed: true, type: "pixels", score: "logit", passes: [1, 1] },
  occlusion: { key: "occlusion", signed: true, type: "pixels", score: "probability", passes: [170, 0] },
} as const;

export type StoredMethod = keyof typeof METHODS;

export async function picture(name: string): Promise<RawImage> {
  const { data, info } = await sharp(notebookImage(name)).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

export async function storedMap(method: StoredMethod): Promise<SaliencyMap> {
  const { key, signed } = METHODS[method];
  const { shape, data } = (await readNpz(fixture("render/chelsea-maps.npz"))).get(key)!;
  const [height, width] = shape.slice(-2);
  const values = Float32Array.from(data as Float32Array);
  const regions = method === "xrai" ? Int32Array.from(values, (value) => Math.round(value * 1e4)) : undefined;
  return new SaliencyMap({ data: values, width, height, signed, regions });
}

/** An explanation of chelsea.png that a stored map stands for; several targets share it, each at its own strength. */
export async function chelsea(
  method: StoredMethod,
  { targets = [tigerCat], provenance = {} }: { targets?: (typeof tigerCat)[]; provenance?: Partial<Provenance> } = {},
): Promise<Explanation> {
  const map = await storedMap(method);
  const { type, score, passes } = METHODS[method];
  return new Explanation({
    image: {
      name: "chelsea.png",
      pixels: await picture("chelsea.png"),
      view: { x: 94.25, y: 18.75, width: 262.5, height: 262.5 },
    },
    prediction: tigerCat,
    predictions: [tigerCat, egyptianCat, tabby],
    targets,
    maps: targets.map((_, i) => new SaliencyMap({ ...map, data: map.data.map((value) => value / (i + 1)) })),
    defaults: { type },
    provenance: {
      model: { name: "efficientnet-lite0", sha256: "0".repeat(64) },
      method,
      options: {},
      seed: 0,
      score,
      forwardPasses: passes[0],
      backwardPasses: passes[1],
      milliseconds: 41,
      notes: [],
      version: "0.1.0",
      ...provenance,
    },
  });
}

/** The same explanation with some of its parts changed. */
export function variant(explanation: Explanation, parts: Partial<ExplanationParts>): Explanation {
  const { image, prediction, predictions, targets, artifacts, defaults, provenance } = explanation;
  const maps = targets.map(({ index }) => explanation.map(index));
  return new Explanation({ image, prediction, predictions, targets, maps, artifacts, defaults, provenance, ...parts });
}
