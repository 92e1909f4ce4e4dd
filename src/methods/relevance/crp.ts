import { runYielding } from "../../core/cooperative.js";
import { SightlineError } from "../../core/errors.js";
import { checkRange } from "../../core/options.js";
import { sizeOf, type Tensor } from "../../core/tensor.js";
import { channelMask, channelSums } from "../../model/layer-channels.js";
import {
  COMPOSITE_DEFAULTS,
  COMPOSITE_LIMITS,
  type CompositeOptions,
  compositeOf,
  reasonAgainstRelevance,
} from "../../model/relevance.js";
import type { LayerInfo } from "../../model/types.js";
import { checkBankModel, layerOf } from "../concepts/concepts.js";
import { presenceOf } from "../concepts/factorise.js";
import { type ConceptDirections, cellsOf, conceptIndex, flatDirections, partsOf } from "../concepts/parts.js";
import { method, type Subject } from "../method.js";
import { chooseLayer, needsLayer } from "../target-layer.js";
import { type Relevance, relevanceMap } from "./relevance-map.js";

export interface CrpOptions extends CompositeOptions {
  /** Name of the layer whose channels are asked about; the best candidate when absent. */
  targetLayer?: string;
  /** The channel that relevance must pass; the one with most of it when absent. */
  channel?: number;
  /** What `concepts` found in this model: relevance must then pass one of its concepts instead of a channel. */
  bank?: ConceptDirections;
  /** Number or name of that concept; the one with most relevance when absent. */
  concept?: number | string;
}

/** Channels or concepts told in the provenance. */
const TOLD = 10;

/**
 * Concept relevance propagation: relevance handed down from the class's score through one channel of a layer alone,
 * R(x | class, channel): what the class owes to this channel, and where the channel found it. The maps of all channels add up
 * to LRP's. Channels with most relevance stand in the provenance (`channels`), each with its share of the layer's.
 * Achtibat et al., Nature Machine Intelligence 2023, eq. 5–6.
 *
 * With a `bank` it is handed through one of its concepts, a direction w over all channels. The layer is A = Σ_k u_k·w_k + rest, and
 * each element's relevance is shared by what each concept adds to it, R_k = R · u_k·w_k / A (the ε-rule of that sum, as by a layer
 * put in between: Chormai et al., Disentangled Explanations, TPAMI 2024). The maps of all concepts and of the rest add up to LRP's.
 */
export const crp = method<CrpOptions>({
  name: "crp",
  summary: "what the class owes to one channel of a layer, or one concept, and where that was found",
  needs: ["gradient"],
  signed: true,
  view: "outlines",
  source: "Achtibat et al., From Attribution Maps to Human-Understandable Explanations through CRP, Nature MI 2023",
  formula: "map = R(x | class, channel): LRP with the relevance of the layer's other channels set to 0 on the way",
  useWhen:
    "Asks not only where, but by which feature: one channel or concept at a time, strongest first. relevantPictures shows what a channel stands for.",
  cannotShow:
    "What the channel or concept means: look at pictures that give it most relevance. A concept may need several channels, and one channel may serve several.",
  defaults: COMPOSITE_DEFAULTS,
  limits: {
    ...COMPOSITE_LIMITS,
    targetLayer: undefined,
    channel: { from: 0, whole: true },
    bank: undefined,
    concept: undefined,
  },
  presets: { speed: {}, balance: {}, quality: {} },
  cost: () => ({ forward: 0, backward: 2 }),
  unsupported: (model, layers) => needsLayer(model, layers) ?? reasonAgainstRelevance(model),
  observes: ({ bank, targetLayer }, layers) => (bank ? [layerOf(bank, targetLayer, layers).name] : []),
  async explain(subject, { targetLayer, channel, bank, concept, ...rules }) {
    const choice = bank
      ? await amongConcepts(subject, bank, { targetLayer, channel, concept, epsilon: rules.epsilon })
      : amongChannels(subject, { targetLayer, channel, concept });
    const { layer } = choice;
    const composite = compositeOf(rules, subject);
    const found: Relevance[] = [];
    const shares: Share[][] = [];
    for (const target of subject.targets) {
      const whole = await subject.gradient(subject.input, { target, relevance: { composite }, layers: [layer.name] });
      const ranked = rankShares(choice.sums(whole.gradients.get(layer.name) as Tensor));
      const through = { layer: layer.name, weights: choice.weights(choice.asked ?? ranked[0].index) };
      const answered = await subject.gradient(subject.input, { target, relevance: { composite, through } });
      found.push(relevanceMap(subject, answered));
      shares.push(ranked);
    }
    return { maps: found.map(({ map }) => map), score: "logit", resolved: choice.told(shares) };
  },
});

/** The share of a layer's relevance that a channel or concept carries. */
interface Share {
  readonly index: number;
  readonly share: number;
}

/** The ways through a layer, one of which relevance takes. */
interface Choice {
  readonly layer: LayerInfo;
  /** The one that was asked for. */
  readonly asked?: number;
  /** What of the layer's relevance each carries, and the sum over all of the layer. */
  sums(relevance: Tensor): { each: Float64Array; total: number };
  /** How much of each element's relevance passes with one of them. */
  weights(index: number): Float32Array;
  /** What the provenance says of the shares, target by target. */
  told(shares: readonly (readonly Share[])[]): Readonly<Record<string, unknown>>;
}

type Asked = Pick<CrpOptions, "targetLayer" | "channel" | "concept">;

function amongChannels(subject: Subject, { targetLayer, channel, concept }: Asked): Choice {
  if (concept !== undefined) {
    throw new SightlineError("bad-config", "a concept is asked for without a bank", {
      received: concept,
      expected: "the bank that it is of, which concepts(model, images) gives",
    });
  }
  const layer = chooseLayer(subject.layers(), targetLayer);
  if (channel !== undefined) checkRange("channel", channel, 0, layer.geometry.channels - 1, true);
  return {
    layer,
    asked: channel,
    sums: (relevance) => {
      const each = channelSums(relevance, layer);
      return { each, total: each.reduce((sum, value) => sum + value, 0) };
    },
    weights: (index) => channelMask(layer, index),
    told: (shares) => ({
      targetLayer: layer.name,
      channel: channel ?? shares.map(([first]) => first.index),
      channels: shares.map((all) => all.slice(0, TOLD).map(({ index, share }) => ({ channel: index, share }))),
    }),
  };
}

async function amongConcepts(
  subject: Subject,
  bank: ConceptDirections,
  { targetLayer, channel, concept, epsilon }: Asked & { epsilon: number },
): Promise<Choice> {
  if (channel !== undefined) {
    throw new SightlineError("bad-config", "a channel is asked for, and a concept of the bank", {
      received: channel,
      expected: "either channel or bank",
    });
  }
  checkBankModel(bank, subject);
  const layer = layerOf(bank, targetLayer, subject.layers());
  const { concepts } = bank;
  const activation = await subject.activation(layer.name);
  const directions = flatDirections(concepts);
  const task = presenceOf(cellsOf(activation, layer), directions, concepts.length);
  const parts = partsOf(await runYielding(task, subject.signal), directions, layer);
  const size = sizeOf(layer.shape);
  const weights = parts.data.map((part, i) => {
    const value = activation.data[i % size];
    return part / (value + (value < 0 ? -epsilon : epsilon));
  });
  const weightsOf = (index: number) => weights.subarray(index * size, (index + 1) * size);
  const nameOf = (index: number) => concepts[index].name;
  const asked = concept === undefined ? undefined : conceptIndex(concepts, concept);
  return {
    layer,
    asked,
    sums: ({ data }) => ({
      each: Float64Array.from(concepts, (_, k) => data.reduce((sum, value, i) => sum + value * weightsOf(k)[i], 0)),
      total: data.reduce((sum, value) => sum + value, 0),
    }),
    weights: (index) => weightsOf(index).slice(),
    told: (shares) => ({
      ...{ bank: { target: bank.target.label, layer: bank.layer }, targetLayer: layer.name },
      concept: asked === undefined ? shares.map(([first]) => nameOf(first.index)) : nameOf(asked),
      concepts: shares.map((all) => all.slice(0, TOLD).map(({ index, share }) => ({ concept: nameOf(index), share }))),
      rest: shares.map((all) => all.reduce((left, { share }) => left - share, 1)),
    }),
  };
}

/** Those that carry most first; shares are of the sum over the layer. */
function rankShares({ each, total }: { each: Float64Array; total: number }): Share[] {
  return Array.from(each, (value, index) => ({ index, share: total === 0 ? 0 : value / total })).sort(
    (a, b) => b.share - a.share || a.index - b.index,
  );
}
