import { checkRange } from "../../core/options.js";
import type { RawMap } from "../../core/raw-map.js";
import { extent } from "../../core/statistics.js";
import type { Tensor } from "../../core/tensor.js";
import { resizeMap } from "../../image/resize-map.js";
import type { RawImage } from "../../image/types.js";
import { type Fill, fillTensor } from "../../perturb/fill.js";
import { felzenszwalbScales } from "../../segment/felzenszwalb.js";
import type { Segments } from "../../segment/segments.js";
import { method } from "../method.js";
import { collapse, type GradientOptions, SCORES } from "../pixel-gradients.js";
import { grownRegions, rankRegions, rankRegionsOnce } from "./overlapping-regions.js";
import { quadrature, straightPath } from "./path-integral.js";

export interface XraiOptions extends Pick<GradientOptions, "score"> {
  /** Gradients along each path of the integrated gradients below. */
  steps: number;
  /** `extremes`: the smallest and the largest value of the input everywhere, as in the paper; or any fills. */
  baselines: "extremes" | readonly Fill[];
  /** `full` looks again at what each region would add; `fast` orders them once. */
  algorithm: "full" | "fast";
  /** A region must add so many pixels; the default is 50 of 224 × 224, in proportion. */
  minPixelDifference: number;
}

const SCALES = [50, 100, 150, 250, 500, 1200];
const SIGMA = 0.8;
const MIN_SIZE = 150;
const DISK = 5;
/** Side of the picture that the scales are meant for. */
const SIDE = 224;

/**
 * XRAI: integrated gradients from a dark and a bright baseline, added up over overlapping segments at six scales; regions
 * are taken greedily by what they add per pixel. Kapishnikov et al., ICCV 2019, §3.
 */
export const xrai = method<XraiOptions>({
  name: "xrai",
  summary: "regions ranked by integrated gradients per pixel",
  needs: ["gradient"],
  signed: true,
  view: "pixels",
  source: "Kapishnikov et al., XRAI: Better Attributions Through Regions, ICCV 2019",
  formula:
    "map(region) = density at which the region was taken, Σ integrated gradients / pixels, over segments at six scales",
  useWhen:
    "Asks for the regions with the most attribution a pixel. Readable pictures from integrated gradients, as Google's explanations show them.",
  cannotShow:
    "Anything finer than its segments, or across their borders. Sharp borders are those of the picture, not of the evidence.",
  defaults: { score: "logit", steps: 50, baselines: "extremes", algorithm: "full", minPixelDifference: 50 },
  limits: {
    score: SCORES,
    steps: { from: 1, to: 1e5, whole: true },
    baselines: undefined,
    algorithm: ["full", "fast"],
    minPixelDifference: { from: 0 },
  },
  inPixels: { minPixelDifference: "area" },
  presets: { speed: { steps: 20, algorithm: "fast" }, balance: {}, quality: { steps: 100 } },
  cost: ({ steps, baselines }) => ({ forward: 0, backward: steps * (baselines === "extremes" ? 2 : baselines.length) }),
  async explain(subject, options) {
    const { score, steps, baselines } = options;
    const starts =
      baselines === "extremes" ? extremes(subject.input) : baselines.map((fill) => fillTensor(subject, fill));
    checkRange("the number of baselines", starts.length, 1, 1e3);
    const pixels = await subject.pixels();
    const maps = [];
    const passes = subject.targets.length * starts.length * steps;
    for (const [t, target] of subject.targets.entries()) {
      const mean = new Float64Array(subject.input.data.length);
      for (const [b, start] of starts.entries()) {
        const sum = await straightPath(subject, {
          target,
          baseline: start,
          rule: quadrature("midpoint", steps),
          score,
          done: (t * starts.length + b) * steps,
          total: passes,
        });
        for (let p = 0; p < mean.length; p++) mean[p] += sum[p] / starts.length;
      }
      maps.push(xraiOf(collapse(mean, subject.geometry, "maximum"), pixels, options));
    }
    return { maps, score };
  },
});

function extremes({ data, dims }: Tensor): Tensor[] {
  return extent(data).map((value) => ({ data: new Float32Array(data.length).fill(value), dims }));
}

/** XRAI's map of any attribution, one value a pixel, over a picture of the same size. */
export function xraiOf(
  attribution: RawMap,
  pixels: RawImage,
  { algorithm, minPixelDifference }: Pick<XraiOptions, "algorithm" | "minPixelDifference">,
): RawMap {
  const regions = grownRegions(segmentations(pixels), DISK);
  const rank = algorithm === "full" ? rankRegions : rankRegionsOnce;
  const { density, regions: parts } = rank(attribution.data, regions, minPixelDifference);
  return { data: density, width: attribution.width, height: attribution.height, regions: parts };
}

/** Segments at six scales of the picture's colours stretched to −1 … 1, found at the side that the scales are meant for. */
function segmentations({ data, width, height }: RawImage): Segments[] {
  const [low, high] = extent(data);
  const planes = [0, 1, 2].map((channel) => {
    const plane = Float32Array.from(
      { length: width * height },
      (_, p) => (2 * (data[p * 3 + channel] - low)) / (high - low || 1) - 1,
    );
    return width === SIDE && height === SIDE ? plane : resizeMap(plane, width, height, SIDE, SIDE);
  });
  const segments = felzenszwalbScales(planes, SIDE, SIDE, SCALES, { sigma: SIGMA, minSize: MIN_SIZE });
  return segments.map(({ labels, count }) => ({
    labels: Int32Array.from({ length: width * height }, (_, p) => {
      const y = Math.floor(((Math.floor(p / width) + 0.5) * SIDE) / height);
      return labels[y * SIDE + Math.floor((((p % width) + 0.5) * SIDE) / width)];
    }),
    count,
    width,
    height,
  }));
}
