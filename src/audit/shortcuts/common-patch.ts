import { median } from "../../core/statistics.js";
import type { Tensor } from "../../core/tensor.js";
import type { Rect } from "../../image/types.js";
import type { InputGeometry } from "../../model/types.js";
import { cutPatch, type Patch } from "./patches.js";

/** A picture and where the thing that it may share with others is, more or less. */
export interface Sighting {
  readonly tensor: Tensor;
  /** Centre, in pixels of the input. */
  readonly x: number;
  readonly y: number;
}

type Corner = Pick<Rect, "x" | "y">;

export interface CommonPatch {
  readonly patch: Patch;
  /** Where it is in each picture: top left corners. */
  readonly corners: readonly Corner[];
  /** The pictures in the half that are most alike, by their positions. */
  readonly alike: readonly number[];
  /**
   * How much the pictures in the half that are most alike show the same: median correlation with the patch, −1…1, each
   * channel beside its own mean, for one colour all over is no likeness.
   */
  readonly likeness: number;
}

/** Places are first compared on a grid of about so many pixels a side. */
const COARSE_SIDE = 64;
/** How far a sighting may be off, as a share of the input's side. */
const REACH = 1 / 12;
const ROUNDS = 3;

/**
 * What several pictures show in one region: regions of one size are shifted until they are most alike, and of the half
 * that are most alike the median is taken, pixel by pixel. A thing that is the same in each picture, a tag or a logo,
 * comes out sharp; objects that differ blur.
 * @param size width and height of the region in pixels
 */
export function commonPatch(sightings: readonly Sighting[], input: InputGeometry, size: number): CommonPatch {
  const step = Math.max(1, Math.floor(Math.min(input.width, input.height) / COARSE_SIDE));
  const small = shrunkInput(input, step);
  const coarse = alignedFrom(
    sightings.map(({ tensor, x, y }) => ({ tensor: shrunk(tensor, input, step), x: x / step, y: y / step })),
    small,
    Math.round(size / step),
  );
  if (step === 1) return coarse;
  const corners = coarse.corners.map(({ x, y }) => inside({ x: x * step, y: y * step }, size, input));
  const start = sightings.map(({ tensor }, i) => ({ tensor, corner: corners[i] }));
  return refined(start, input, size, { reach: step, rounds: 1 });
}

/**
 * A common patch with more of what lies round it, as far as the pictures reach: the pictures stay where they are most alike.
 * @param size width and height of what is cut out, in pixels
 */
export function widened(
  common: CommonPatch,
  sightings: readonly Pick<Sighting, "tensor">[],
  input: InputGeometry,
  size: number,
): CommonPatch {
  const more = Math.floor((size - common.patch.width) / 2);
  if (more <= 0) return common;
  const corners = common.corners.map(({ x, y }) => inside({ x: x - more, y: y - more }, size, input));
  const parts = common.alike.map((i) =>
    cutPatch(sightings[i].tensor, input, { ...corners[i], width: size, height: size }),
  );
  return { ...common, corners, patch: medianPatch(parts) };
}

interface Placed {
  readonly tensor: Tensor;
  readonly corner: Corner;
}

/** Starts from the picture that is most like the others, then from the patch of all, a few times. */
function alignedFrom(sightings: readonly Sighting[], input: InputGeometry, size: number): CommonPatch {
  const reach = Math.round(Math.min(input.width, input.height) * REACH);
  const placed = sightings.map(({ tensor, x, y }) => ({
    tensor,
    corner: inside({ x: Math.round(x - size / 2), y: Math.round(y - size / 2) }, size, input),
  }));
  const starts = placed.map(({ tensor, corner }) => {
    const patch = cutPatch(tensor, input, { ...corner, width: size, height: size });
    const matches = placed.map((other) => bestMatch(other, patch, input, reach));
    return { matches, likeness: median(matches.map(({ likeness }) => likeness)) };
  });
  const { matches } = starts.reduce((best, start) => (start.likeness > best.likeness ? start : best));
  return refined(placed, input, size, { reach, rounds: ROUNDS, first: mean(matches.map(({ patch }) => patch)) });
}

function refined(
  placed: readonly Placed[],
  input: InputGeometry,
  size: number,
  { reach, rounds, first }: { reach: number; rounds: number; first?: Patch },
): CommonPatch {
  const square = { width: size, height: size };
  let template = first ?? mean(placed.map(({ tensor, corner }) => cutPatch(tensor, input, { ...corner, ...square })));
  let matches: Match[] = [];
  for (let round = 0; round < rounds; round++) {
    const against = template;
    matches = placed.map((one) => bestMatch(one, against, input, reach));
    template = mean(matches.map(({ patch }) => patch));
  }
  const order = [...matches.keys()].sort((a, b) => matches[b].likeness - matches[a].likeness || a - b);
  const half = order.slice(0, Math.ceil(matches.length / 2));
  const alike = half.map((i) => matches[i]);
  const patch = medianPatch(alike.map((match) => match.patch));
  const standard = standardised(withoutColour(patch));
  return {
    patch,
    corners: matches.map(({ corner }) => corner),
    alike: half,
    likeness: median(alike.map((match) => correlation(withoutColour(match.patch), standard))),
  };
}

interface Match {
  readonly patch: Patch;
  readonly corner: Corner;
  /** Correlation of the pixels, −1…1. */
  readonly likeness: number;
}

/** The region near a place that is most like a patch. */
function bestMatch({ tensor, corner }: Placed, like: Patch, input: InputGeometry, reach: number): Match {
  const size = like.width;
  const standard = standardised(like.data);
  let best: Match | undefined;
  for (let y = Math.max(0, corner.y - reach); y <= Math.min(input.height - size, corner.y + reach); y++) {
    for (let x = Math.max(0, corner.x - reach); x <= Math.min(input.width - size, corner.x + reach); x++) {
      const patch = cutPatch(tensor, input, { x, y, width: size, height: size });
      const likeness = correlation(patch.data, standard);
      if (!best || likeness > best.likeness) best = { patch, corner: { x, y }, likeness };
    }
  }
  return best as Match;
}

/** Each channel without its mean. */
function withoutColour({ data, width, height }: Patch): Float32Array {
  const each = width * height;
  const out = data.slice();
  for (let start = 0; start < out.length; start += each) {
    const mean = data.subarray(start, start + each).reduce((sum, value) => sum + value, 0) / each;
    for (let i = start; i < start + each; i++) out[i] -= mean;
  }
  return out;
}

/** Mean 0 and length 1; all 0 where the values are one and the same. */
function standardised(values: Float32Array): Float32Array {
  const centre = values.reduce((sum, value) => sum + value, 0) / values.length;
  const length = Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0));
  return values.map((value) => (length > 0 ? (value - centre) / length : 0));
}

/** Pearson's correlation with standardised values. */
function correlation(values: Float32Array, standard: Float32Array): number {
  let [sum, squares, product] = [0, 0, 0];
  for (let i = 0; i < values.length; i++) {
    sum += values[i];
    squares += values[i] * values[i];
    product += values[i] * standard[i];
  }
  const spread = squares - (sum * sum) / values.length;
  return spread > 0 ? product / Math.sqrt(spread) : 0;
}

function mean(patches: readonly Patch[]): Patch {
  const data = new Float32Array(patches[0].data.length);
  for (const patch of patches) for (let i = 0; i < data.length; i++) data[i] += patch.data[i] / patches.length;
  return { ...patches[0], data };
}

function medianPatch(patches: readonly Patch[]): Patch {
  const column = new Float32Array(patches.length);
  const data = patches[0].data.map((_, i) => {
    for (let p = 0; p < patches.length; p++) column[p] = patches[p].data[i];
    return column.sort()[patches.length >> 1];
  });
  return { ...patches[0], data };
}

/** The nearest corner at which a square of a size is all on the input. */
function inside({ x, y }: Corner, size: number, input: InputGeometry): Corner {
  const within = (at: number, side: number) => Math.max(0, Math.min(side - size, at));
  return { x: within(x, input.width), y: within(y, input.height) };
}

const shrunkInput = (input: InputGeometry, step: number): InputGeometry => ({
  ...input,
  layout: "nchw",
  width: Math.floor(input.width / step),
  height: Math.floor(input.height / step),
});

/** Means of squares of `step` pixels, [1, channels, height, width]. */
function shrunk(tensor: Tensor, input: InputGeometry, step: number): Tensor {
  const { width, height, channels } = shrunkInput(input, step);
  const { data: all } = cutPatch(tensor, input, { x: 0, y: 0, width: input.width, height: input.height });
  const data = new Float32Array(channels * height * width);
  for (let c = 0; c < channels; c++) {
    for (let y = 0; y < height * step; y++) {
      const from = (c * input.height + y) * input.width;
      const to = (c * height + Math.floor(y / step)) * width;
      for (let x = 0; x < width * step; x++) data[to + Math.floor(x / step)] += all[from + x] / (step * step);
    }
  }
  return { data, dims: [1, channels, height, width] };
}
