import type { RawMap } from "../core/raw-map.js";
import type { Tensor } from "../core/tensor.js";
import type { MaskedBatch } from "../model/types.js";
import { type Segmentation, type Segments, segment } from "../segment/index.js";
import { type Fill, fillTensor, type Perturbable, subtract } from "./fill.js";

/** Options of methods that show and hide parts of a picture. */
export interface PartsOptions {
  /** How the picture is cut up. */
  segments: Segmentation;
  /** Parts wanted; grid and slic make at most so many, the others find the number themselves. */
  count: number;
  /** What is shown where a part is hidden; `segment-mean` is the part's own mean colour. */
  fill: Fill | "segment-mean";
}

/** A picture cut into parts, ready to be shown in part. */
export interface Parts {
  readonly count: number;
  /** Copies that show part s with weight `weights[n · count + s]`. */
  batch(weights: Float32Array): MaskedBatch;
  /** A map of one value per part. */
  map(values: ArrayLike<number>): RawMap;
}

/** Cuts the subject's picture up at the model's resolution. */
export async function cutUp(subject: Perturbable, { segments: kind, count, fill }: PartsOptions): Promise<Parts> {
  const segments = segment(await subject.pixels(), kind, count);
  const base = fill === "segment-mean" ? segmentMeans(subject, segments) : fillTensor(subject, fill);
  return partsOf(subject, segments, base);
}

/** Parts of given segments over a given background. */
export function partsOf(subject: Perturbable, segments: Segments, base: Tensor): Parts {
  const { labels, count, width, height } = segments;
  const delta = subtract(subject.input, base);
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

function segmentMeans({ input, geometry }: Perturbable, { labels, count }: Segments): Tensor {
  const { channels, layout } = geometry;
  const size = labels.length;
  const at = (c: number, p: number) => (layout === "nchw" ? c * size + p : p * channels + c);
  const sizes = new Float64Array(count);
  for (const label of labels) sizes[label]++;
  const data = new Float32Array(input.data.length);
  for (let c = 0; c < channels; c++) {
    const sums = new Float64Array(count);
    for (let p = 0; p < size; p++) sums[labels[p]] += input.data[at(c, p)];
    for (let p = 0; p < size; p++) data[at(c, p)] = sums[labels[p]] / sizes[labels[p]];
  }
  return { data, dims: input.dims };
}
