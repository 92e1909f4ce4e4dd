import type { Explanation } from "../../src/explain/explanation.js";
import { SaliencyMap } from "../../src/explanation/saliency-map.js";
import type { Figure } from "../../src/render/figure.js";
import { visualize } from "../../src/render/visualize.js";
import { chelsea, egyptianCat, storedMap, tigerCat, variant } from "../render/chelsea.js";

const both = { targets: [tigerCat, egyptianCat] };

/** Every kind of figure that a reader meets, by name. */
export const gallery: Readonly<Record<string, () => Promise<Figure>>> = {
  "integrated-gradients": async () =>
    visualize(await chelsea("integrated-gradients"), {
      type: "Outlines",
      polarity: "positive",
      clip_below_percentile: 70,
      clip_above_percentile: 99.9,
      color_map: "pink_green",
      overlay_type: "grayscale",
    }),
  "integrated-gradients-both": async () => visualize(await chelsea("integrated-gradients"), { polarity: "both" }),
  xrai: async () =>
    visualize(await chelsea("xrai"), {
      type: "Pixels",
      polarity: "positive",
      clip_below_percentile: 0,
      clip_above_percentile: 100,
      color_map: "viridis",
      overlay_type: "grayscale",
    }),
  "xrai-outlines": async () => visualize(await chelsea("xrai"), { type: "Outlines", color_map: "magma" }),
  "recipro-cam": async () => visualize(await chelsea("recipro-cam")),
  "recipro-cam-cells": async () => visualize(await chelsea("recipro-cam"), { resize: false }),
  "whole-picture": async () => visualize(await chelsea("recipro-cam"), { resize: true }),
  "two-classes": async () => visualize(await chelsea("occlusion", both), { polarity: "both" }),
  "none-both": async () => visualize(await chelsea("occlusion"), { polarity: "both", overlay_type: "none" }),
  "mask-black": async () => visualize(await chelsea("grad-cam"), { overlay_type: "mask_black" }),
  "original-magma": async () =>
    visualize(await chelsea("occlusion"), { overlay_type: "original", color_map: "magma", overlay_weight: 0.8 }),
  methods: async () =>
    visualize(
      await Promise.all(
        (["grad-cam", "xrai", "occlusion", "integrated-gradients"] as const).map((method) => chelsea(method)),
      ),
    ),
  "methods-and-classes": async () =>
    visualize(await Promise.all((["grad-cam", "occlusion"] as const).map((method) => chelsea(method, both)))),
  seeds: async () =>
    visualize(await Promise.all([1, 2, 3].map((seed) => chelsea("occlusion", { provenance: { seed } }))), {
      columns: 2,
    }),
  flat: async () =>
    visualize(
      await withMap(new SaliencyMap({ data: new Float32Array(49).fill(0.5), width: 7, height: 7, signed: false })),
    ),
  "long-label": async () =>
    visualize(
      await chelsea("grad-cam", {
        targets: [
          tigerCat,
          { ...egyptianCat, label: `West Highland white terrier <b>& "friends"</b> 猫 ${"and more ".repeat(20)}` },
        ],
      }),
    ),
  counterfactual: async () => {
    const explanation = await chelsea("grad-cam");
    const { data, width, height } = explanation.image.pixels;
    const difference = await storedMap("integrated-gradients");
    return visualize(
      variant(explanation, {
        artifacts: [
          { kind: "image", title: "Changed", data: Float32Array.from(data), width, height },
          { kind: "signed", title: "What was changed", data: difference.data, width: 224, height: 224 },
        ],
      }),
    );
  },
  "feature-maps": async () => {
    const channel = (c: number) =>
      Float32Array.from({ length: 64 }, (_, i) =>
        Math.max(0, Math.sin(((i % 8) * c) / 9) * Math.cos((Math.floor(i / 8) * c) / 13)),
      );
    const artifacts = Array.from({ length: 24 }, (_, c) => ({
      kind: "unsigned" as const,
      title: `channel ${c}`,
      data: channel(c + 2),
      width: 8,
      height: 8,
    }));
    const explanation = await withMap(
      new SaliencyMap({ data: new Float32Array(49), width: 7, height: 7, signed: false }),
    );
    return visualize(variant(explanation, { artifacts }));
  },
  boxes: async () => visualize(await detected("occlusion"), { polarity: "both" }),
  "boxes-whole-picture": async () => visualize(await detected("xrai"), { resize: true, targets: [1] }),
};

/** As of a detector: the cat's face and its parts, one of them beyond the edge. */
async function detected(method: "occlusion" | "xrai"): Promise<Explanation> {
  const explanation = await chelsea(method, both);
  const predictions = [
    { index: 0, label: "face", probability: 0.97, box: [120, 30, 330, 260] as const },
    {
      index: 1,
      label: `nose <of> "${"a very long-haired ".repeat(4)}cat"`,
      probability: 0.81,
      box: [205, 150, 260, 200] as const,
    },
    { index: 2, label: "ear", probability: 0.42, box: [300, -40, 380, 70] as const },
  ];
  const maps = explanation.targets.map(({ index }) => explanation.map(index));
  return variant(explanation, { predictions, targets: predictions.slice(0, 2), maps });
}

async function withMap(map: SaliencyMap): Promise<Explanation> {
  return variant(await chelsea("grad-cam"), { maps: [map] });
}
