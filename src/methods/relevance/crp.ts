import { checkRange } from "../../core/options.js";
import type { Tensor } from "../../core/tensor.js";
import { channelMask, channelSums } from "../../model/layer-channels.js";
import {
  COMPOSITE_DEFAULTS,
  COMPOSITE_LIMITS,
  type CompositeOptions,
  compositeOf,
  reasonAgainstRelevance,
} from "../../model/relevance.js";
import type { LayerInfo } from "../../model/types.js";
import { method } from "../method.js";
import { chooseLayer, needsLayer } from "../target-layer.js";
import { type Relevance, relevanceMap } from "./relevance-map.js";

export interface CrpOptions extends CompositeOptions {
  /** Name of the layer whose channels are asked about; the best candidate when absent. */
  targetLayer?: string;
  /** The channel that relevance must pass; the one with most of it when absent. */
  channel?: number;
}

/** Channels told in the provenance. */
const TOLD = 10;

/**
 * Concept relevance propagation: relevance handed down from the class's score through one channel of a layer alone,
 * R(x | class, channel): what the class owes to this channel, and where the channel found it. The maps of all channels add up
 * to LRP's. Channels with most relevance stand in the provenance (`channels`), each with its share of the layer's.
 * Achtibat et al., Nature Machine Intelligence 2023, eq. 5–6.
 */
export const crp = method<CrpOptions>({
  name: "crp",
  summary: "what the class owes to one channel of a layer, and where that channel found it",
  needs: ["gradient"],
  signed: true,
  view: "outlines",
  source: "Achtibat et al., From Attribution Maps to Human-Understandable Explanations through CRP, Nature MI 2023",
  formula: "map = R(x | class, channel): LRP with the relevance of the layer's other channels set to 0 on the way",
  useWhen:
    "Asks not only where, but by which feature: one channel at a time, strongest first. relevantPictures shows what a channel stands for.",
  cannotShow:
    "What the channel means: look at pictures that give it most relevance. A concept may need several channels, and one channel may serve several.",
  defaults: COMPOSITE_DEFAULTS,
  limits: { ...COMPOSITE_LIMITS, targetLayer: undefined, channel: { from: 0, whole: true } },
  presets: { speed: {}, balance: {}, quality: {} },
  cost: () => ({ forward: 0, backward: 2 }),
  unsupported: (model, layers) => needsLayer(model, layers) ?? reasonAgainstRelevance(model),
  async explain(subject, { targetLayer, channel, ...rules }) {
    const layer = chooseLayer(subject.layers(), targetLayer);
    if (channel !== undefined) checkRange("channel", channel, 0, layer.geometry.channels - 1, true);
    const composite = compositeOf(rules, subject);
    const found: Relevance[] = [];
    const chosen: number[] = [];
    const told: { channel: number; share: number }[][] = [];
    for (const target of subject.targets) {
      const whole = await subject.gradient(subject.input, { target, relevance: { composite }, layers: [layer.name] });
      const strongest = rankChannels(whole.gradients.get(layer.name) as Tensor, layer);
      const taken = channel ?? strongest[0].channel;
      const through = { layer: layer.name, weights: channelMask(layer, taken) };
      const answered = await subject.gradient(subject.input, { target, relevance: { composite, through } });
      found.push(relevanceMap(subject, answered));
      chosen.push(taken);
      told.push(strongest.slice(0, TOLD));
    }
    return {
      maps: found.map(({ map }) => map),
      score: "logit",
      resolved: { targetLayer: layer.name, channel: channel ?? chosen, channels: told },
    };
  },
});

/** Channels by what they carry of a layer's relevance, most first; shares are of the sum over channels. */
function rankChannels(relevance: Tensor, layer: LayerInfo): { channel: number; share: number }[] {
  const sums = channelSums(relevance, layer);
  const total = sums.reduce((sum, value) => sum + value, 0);
  return Array.from(sums, (value, channel) => ({ channel, share: total === 0 ? 0 : value / total })).sort(
    (a, b) => b.share - a.share || a.channel - b.channel,
  );
}
