import { extent, variance } from "../../core/statistics.js";
import { resizeMap } from "../../image/resize-map.js";
import { FILLS, type Fill, fillTensor, subtract } from "../../perturb/fill.js";
import { method } from "../method.js";
import { mapsOf, SAMPLING_LIMITS, type Sampler, type SamplingOptions, sample, samplingCost } from "../sampling.js";
import { chooseLayer, needsLayer, observesLayer, planesOf } from "../target-layer.js";
import { TargetScores } from "../target-scores.js";

export interface ScoreCamOptions extends SamplingOptions {
  /** Name of an inner tensor; the model's best candidate when absent. */
  targetLayer?: string;
  /** At most so many channels, those that vary most over the picture; one pass each. */
  channels: number;
  /** What is shown where a mask hides. */
  fill: Fill;
}

/**
 * Score-CAM: every channel of a feature map, enlarged and scaled to 0…1, masks the picture; its weight is the class
 * probability of what is left. The map is ReLU(Σ weight · channel). Wang et al., CVPR Workshops 2020, eq. 5–7, with the
 * probability as the channel's score.
 */
export const scoreCam = method<ScoreCamOptions>({
  name: "score-cam",
  summary: "channels of a feature map weighted by the probability of what each lets through",
  needs: ["forward", "activation"],
  signed: false,
  view: "pixels",
  source: "Wang et al., Score-CAM, CVPR Workshops 2020",
  formula: "map = ReLU(Σ_c f(x ⊙ scaled A_c) · A_c)",
  useWhen:
    "Asks which channels let enough of the picture through for the class. Class activation maps where gradients cannot be had or are not trusted.",
  cannotShow:
    "Evidence against the class, which ReLU drops. Masked pictures are unlike those that the model was trained on, and channels that look alike are counted again and again.",
  defaults: { channels: 512, fill: "zero" },
  limits: { targetLayer: undefined, channels: { from: 1, whole: true }, fill: FILLS, ...SAMPLING_LIMITS },
  presets: { speed: { channels: 128 }, balance: {}, quality: { channels: 4096 } },
  cost: ({ channels, budget }) => samplingCost(channels, budget),
  unsupported: needsLayer,
  observes: observesLayer,
  async explain(subject, options) {
    const layer = chooseLayer(subject.layers(), options.targetLayer);
    const { width, height } = layer.geometry;
    const planes = planesOf(await subject.activation(layer.name), layer);
    const alive = planes.map((plane) => ({ plane, spread: variance(plane) })).filter(({ spread }) => spread > 0);
    const used = alive.sort((a, b) => b.spread - a.spread).slice(0, options.channels);
    const base = fillTensor(subject, options.fill);
    const delta = subtract(subject.input, base);
    const { geometry } = subject;
    const scores = new TargetScores(subject);
    const sampler: Sampler = {
      halves: true,
      chunk: 8,
      batch(from, count) {
        const size = geometry.width * geometry.height;
        const data = new Float32Array(count * size);
        for (let n = 0; n < count; n++) {
          const mask = resizeMap(used[from + n].plane, width, height, geometry.width, geometry.height);
          data.set(scaled(mask), n * size);
        }
        return { base, delta, count, masks: { kind: "dense", data } };
      },
      take: (raw) => scores.take(raw),
      maps: (half) =>
        scores.values.map((weights) => {
          const data = new Float32Array(width * height);
          for (let n = half ?? 0; n < weights.length; n += half === undefined ? 1 : 2) {
            for (let p = 0; p < data.length; p++) data[p] += weights[n] * used[n].plane[p];
          }
          return { data: data.map((value) => Math.max(0, value)), width, height };
        }),
    };
    const { passes, convergence, notes } = await sample(subject, used.length, options, sampler);
    const left = alive.length - used.length;
    return {
      maps: await mapsOf(sampler),
      resolved: { targetLayer: layer.name, channels: used.length, passes, convergence },
      notes: left > 0 ? [...notes, `${used.length} of ${alive.length} channels, those that vary most`] : notes,
    };
  },
});

/** Brings values in place between 0 and 1, smallest to largest; zeros where they are all the same. */
function scaled(values: Float32Array): Float32Array {
  const [least, most] = extent(values);
  const scale = most > least ? 1 / (most - least) : 0;
  for (let i = 0; i < values.length; i++) values[i] = (values[i] - least) * scale;
  return values;
}
