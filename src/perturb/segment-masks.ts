import type { Limits } from "../core/options.js";
import { pixelIndex } from "../core/pixel-index.js";
import type { RawMap } from "../core/raw-map.js";
import type { Tensor } from "../core/tensor.js";
import type { MaskedBatch } from "../model/types.js";
import { SEGMENTATIONS, type Segmentation, type Segments, segment } from "../segment/index.js";
import { FILLS, type Fill, type Fillable, fillTensor, type Perturbable, subtract } from "./fill.js";

/** Options of methods that show and hide segments of a picture. */
export interface SegmentOptions {
  /** How the picture is cut up. */
  segments: Segmentation;
  /** Segments wanted; grid and slic make at most so many, the others find the number themselves. */
  count: number;
  /** What is shown where a segment is hidden; `segment-mean` is the segment's own mean colour. */
  fill: Fill | "segment-mean";
}

export const SEGMENT_LIMITS: Limits<SegmentOptions> = {
  segments: SEGMENTATIONS,
  count: { from: 1, whole: true },
  fill: [...FILLS, "segment-mean"],
};

/** A picture cut into segments, ready to be shown in part. */
export interface SegmentMasks {
  /** How many segments there are. */
  readonly count: number;
  /** Copies that show segment s with weight `weights[n · count + s]`. */
  batch(weights: Float32Array): MaskedBatch;
  /** A map of one value per segment. */
  map(values: ArrayLike<number>): RawMap;
}

/** Cuts the subject's picture into segments at the model's resolution. */
export async function segmentPicture(
  subject: Perturbable,
  { segments: kind, count, fill }: SegmentOptions,
): Promise<SegmentMasks> {
  const segments = segment(await subject.pixels(), kind, count);
  const base = fill === "segment-mean" ? segmentMeans(subject, segments) : fillTensor(subject, fill);
  return segmentMasks(subject, segments, base);
}

/** Masks of given segments, `base` being shown where they are hidden. */
export function segmentMasks(
  { input }: Pick<Fillable, "input">,
  { labels, count, width, height }: Segments,
  base: Tensor,
): SegmentMasks {
  const delta = subtract(input, base);
  return {
    count,
    batch: (weights) => ({
      base,
      delta,
      count: weights.length / count,
      masks: { kind: "segments", segments: count, labels, weights },
    }),
    map: (values) => ({
      data: Float32Array.from(labels, (label) => values[label]),
      width,
      height,
      regions: labels,
    }),
  };
}

function segmentMeans({ input, geometry }: Fillable, { labels, count }: Segments): Tensor {
  const at = pixelIndex(geometry);
  const sizes = new Float64Array(count);
  for (const label of labels) sizes[label]++;
  const data = new Float32Array(input.data.length);
  for (let c = 0; c < geometry.channels; c++) {
    const sums = new Float64Array(count);
    for (let p = 0; p < labels.length; p++) sums[labels[p]] += input.data[at(c, p)];
    for (let p = 0; p < labels.length; p++) data[at(c, p)] = sums[labels[p]] / sizes[labels[p]];
  }
  return { data, dims: input.dims };
}
