import { SEGMENT_LIMITS, type SegmentOptions, segmentPicture } from "../../perturb/segment-masks.js";
import { method } from "../method.js";
import { mapsOf, type Sampler, type SamplingOptions, sample, samplingCost } from "../sampling.js";
import { TargetScores } from "../target-scores.js";

export interface FeatureAblationOptions extends SegmentOptions, Pick<SamplingOptions, "budget"> {}

/**
 * Feature ablation: how much the class probability drops when one segment alone is hidden. Positive where hiding costs
 * probability. As in Captum's FeatureAblation with a feature mask; Zeiler & Fergus 2014 with segments for windows.
 */
export const featureAblation = method<FeatureAblationOptions>({
  name: "feature-ablation",
  summary: "drop of the probability when one segment is hidden; one pass a segment",
  needs: ["forward"],
  signed: true,
  view: "pixels",
  source: "Kokhlikyan et al., Captum, 2020 (FeatureAblation); after Zeiler & Fergus, ECCV 2014",
  formula: "map(s) = f(x) − f(x with segment s hidden)",
  useWhen: "Asks what is missed when one segment is hidden. Occlusion along the picture's own edges; a pass a segment.",
  cannotShow:
    "Evidence that stands twice, and what segments have in common. Where a segment cuts an object, its value is cut as well.",
  defaults: { segments: "slic", count: 100, fill: "mean" },
  limits: { ...SEGMENT_LIMITS, budget: undefined },
  presets: { speed: { count: 36 }, balance: {}, quality: { count: 300 } },
  cost: ({ count, budget }) => samplingCost(count, budget),
  async explain(subject, options) {
    const segments = await segmentPicture(subject, options);
    const order = subject.random.shuffle(Array.from({ length: segments.count }, (_, segment) => segment));
    const whole = subject.probabilities(subject.scores).data;
    const scores = new TargetScores(subject);
    const sampler: Sampler = {
      halves: false,
      batch(from, count) {
        const weights = new Float32Array(count * segments.count).fill(1);
        for (let n = 0; n < count; n++) weights[n * segments.count + order[from + n]] = 0;
        return segments.batch(weights);
      },
      take: (raw) => scores.take(raw),
      maps: () =>
        subject.targets.map((target, t) => {
          const drops = new Float64Array(segments.count);
          scores.values[t].forEach((value, n) => {
            drops[order[n]] = whole[target] - value;
          });
          return segments.map(drops);
        }),
    };
    const { passes, notes } = await sample(subject, segments.count, options, sampler);
    return { maps: await mapsOf(sampler), resolved: { passes, parts: segments.count }, notes };
  },
});
