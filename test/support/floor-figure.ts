import { ExplanationData } from "../../src/explanation/explanation-data.js";
import { SaliencyMap } from "../../src/explanation/saliency-map.js";
import type { Figure } from "../../src/render/figure.js";
import { visualize } from "../../src/render/visualize.js";

const SIDE = 384;

/** A figure with all that figures have: a painted map, a scale, text of two weights, boxes with and without a name. */
export function floorFigure(): Promise<Figure> {
  const box = (x: number, y: number, side: number) => [x, y, x + side, y + side] as const;
  const boat = { index: 0, label: "Boat, à gauche 漢", probability: 0.91, box: box(40, 60, 150) };
  const buoy = { index: 1, label: "buoy", probability: 0.4, box: box(200, 180, 120) };
  const data = Float32Array.from({ length: 64 }, (_, i) => Math.sin(i / 5) * (i % 8));
  const pixels = Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, i) => (i * 7 + Math.floor(i / 1152) * 3) % 200);
  return visualize(
    new ExplanationData({
      image: {
        name: "by hand",
        pixels: { data: pixels, width: SIDE, height: SIDE },
        view: { x: 0, y: 0, width: SIDE, height: SIDE },
      },
      prediction: boat,
      predictions: [boat, buoy],
      targets: [boat],
      maps: [new SaliencyMap({ data, width: 8, height: 8, signed: true })],
      defaults: { type: "pixels" },
      provenance: {
        model: { name: "none", sha256: "0".repeat(64) },
        method: "by-hand",
        options: {},
        seed: 0,
        score: "probability",
        forwardPasses: 1,
        backwardPasses: 0,
        milliseconds: 1,
        notes: [],
        version: "0",
      },
    }),
  );
}
