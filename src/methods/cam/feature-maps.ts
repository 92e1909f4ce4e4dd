import { checkRange } from "../../core/options.js";
import type { Artifact } from "../../core/raw-map.js";
import { mean } from "../../core/statistics.js";
import { method } from "../method.js";
import { chooseLayer, needsLayer, observesLayer, planesOf } from "../target-layer.js";

export interface FeatureMapsOptions {
  /** Name of an inner tensor; the model's best candidate when absent. */
  targetLayer?: string;
  /** Channels to show; those that respond most when absent. */
  channels?: readonly number[];
  /** How many channels are chosen. */
  count: number;
}

/**
 * The channels of a layer as a grid of pictures, those with the largest mean activation first; the map is their mean. What
 * the network has found, whatever the class.
 */
export const featureMaps = method<FeatureMapsOptions>({
  name: "feature-maps",
  summary: "channels of a layer as pictures",
  needs: ["activation"],
  signed: true,
  view: "pixels",
  source: "Zeiler & Fergus, Visualizing and Understanding Convolutional Networks, ECCV 2014",
  formula: "map = mean of the chosen channels; artifacts = the channels A_c",
  useWhen: "Asks what a layer has found, channel by channel. To look inside, and to teach what a feature is.",
  cannotShow: "What a channel means for the answer, or for any class: nothing here looks at the output.",
  defaults: { count: 16 },
  limits: {
    targetLayer: undefined,
    channels: { each: { from: 0, whole: true } },
    count: { from: 1, to: 4096, whole: true },
  },
  presets: { speed: {}, balance: {}, quality: { count: 64 } },
  cost: () => ({ forward: 1, backward: 0 }),
  unsupported: needsLayer,
  observes: observesLayer,
  async explain(subject, { targetLayer, channels, count }) {
    const layer = chooseLayer(subject.layers(), targetLayer);
    const { width, height, channels: all } = layer.geometry;
    for (const channel of channels ?? []) checkRange("a channel", channel, 0, all - 1, true);
    const planes = planesOf(await subject.activation(layer.name), layer);
    const means = planes.map(mean);
    const strongest = means.map((_, c) => c).sort((a, b) => means[b] - means[a]);
    const chosen = channels ?? strongest.slice(0, count);
    const artifacts = chosen.map((c): Artifact => {
      const data = planes[c];
      const kind = data.some((value) => value < 0) ? "signed" : "unsigned";
      return { kind, title: `channel ${c}`, data, width, height };
    });
    const data = new Float32Array(width * height);
    for (const { data: values } of artifacts)
      for (let p = 0; p < data.length; p++) data[p] += values[p] / artifacts.length;
    const maps = subject.targets.map(() => ({ data, width, height }));
    return { maps, artifacts, score: "none", resolved: { targetLayer: layer.name, channels: chosen } };
  },
});
