import { pictures } from "#platform/pictures";
import { SightlineError } from "../core/errors.js";
import { pixelIndex } from "../core/pixel-index.js";
import type { RawMap } from "../core/raw-map.js";
import { mean } from "../core/statistics.js";
import type { PreparedImage } from "../image/types.js";
import type { Control, LayerInfo, Model } from "../model/types.js";

/** How pictures are compared: by what the model's last layer reads, or by colours on a coarse grid, which no model has seen. */
export type Likeness = "features" | "colours";

/** Side of the grid of colours. */
const GRID = 8;
/** How far means over a map may be from the features, as a share of the largest, and still be what they are made of. */
const SLACK = 1e-3;

/** What a picture is compared by. */
export interface Described {
  readonly features: Float32Array;
  readonly colours: Float32Array;
  /** The feature map whose means over its cells are the features, where there is one. */
  readonly map?: FeatureMap;
}

/** One vector of features for each cell, row by row from the top left. */
export interface FeatureMap {
  readonly cells: readonly Float32Array[];
  readonly width: number;
  readonly height: number;
}

/** @throws SightlineError `not-supported` where the model has no last linear layer, `not-finite` */
export async function describePicture(model: Model, prepared: PreparedImage, control: Control): Promise<Described> {
  const { featureRows, penultimateOf } = await import("../model/features.js");
  const last = penultimateOf(model);
  if (!last) {
    throw new SightlineError("not-supported", `${model.info.name} has no last linear layer to take features from`, {
      expected: "a graph that ends in one, and scores that no function makes",
    });
  }
  const layer = model
    .layers()
    .find(({ kind, geometry }) => kind === "feature-map" && geometry.channels === last.features);
  const layers = [...new Set([last.tensor, ...(layer ? [layer.name] : [])])];
  const { activations } = await model.observe(prepared.tensor, { layers, ...control });
  const [features] = featureRows(activations.get(last.tensor) ?? { data: new Float32Array(), dims: [1] }, last);
  if (!features.every(Number.isFinite)) {
    throw new SightlineError("not-finite", `the features of ${prepared.picture.name} are not finite`, {
      expected: "finite numbers",
      next: "find out why the model gives NaN or infinity on this picture",
    });
  }
  const values = layer && activations.get(layer.name);
  const map = values && mapOf(values.data, layer);
  return {
    features,
    colours: await coloursOf(model, prepared),
    map: map && isMeanOf(map, features) ? map : undefined,
  };
}

function mapOf(data: Float32Array, { geometry }: LayerInfo): FeatureMap {
  const { width, height, channels } = geometry;
  const at = pixelIndex(geometry);
  const cells = Array.from({ length: width * height }, (_, place) =>
    Float32Array.from({ length: channels }, (_, channel) => data[at(channel, place)]),
  );
  return { cells, width, height };
}

function isMeanOf({ cells }: FeatureMap, features: Float32Array): boolean {
  const largest = features.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return features.every((value, c) => Math.abs(mean(cells.map((cell) => cell[c])) - value) <= SLACK * largest);
}

/** Colours of the model's view on a grid, their mean taken off, so that brightness alone makes nothing alike. */
async function coloursOf(model: Model, prepared: PreparedImage): Promise<Float32Array> {
  const pixels = await model.pixels(prepared);
  const { data } = await pictures.resize(pixels, { width: GRID, height: GRID, fit: "fill" });
  const values = Float32Array.from(data);
  const middle = mean(values);
  return values.map((value) => value - middle);
}

const dot = (a: Float32Array, b: Float32Array): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
};

/** Cosine of the angle between two vectors, −1…1; 0 where one of them is zero. */
export function cosine(a: Float32Array, b: Float32Array): number {
  const lengths = Math.sqrt(dot(a, a) * dot(b, b));
  return lengths > 0 ? dot(a, b) / lengths : 0;
}

/** What each pair of cells adds to the cosine of two pictures' features, [cells of one · cells of the other]. */
export function pairShares(one: Described, other: Described): Float32Array | undefined {
  if (!one.map || !other.map) return undefined;
  const [a, b] = [one.map.cells, other.map.cells];
  const lengths = Math.sqrt(dot(one.features, one.features) * dot(other.features, other.features));
  if (lengths === 0) return undefined;
  const scale = 1 / (a.length * b.length * lengths);
  return Float32Array.from({ length: a.length * b.length }, (_, pair) => {
    return scale * dot(a[Math.floor(pair / b.length)], b[pair % b.length]);
  });
}

/** What the cells of either picture add to the cosine, over all cells of the other: both maps add up to it. */
export function likenessMaps(pairs: Float32Array, one: FeatureMap, other: FeatureMap): [RawMap, RawMap] {
  const rows = new Float32Array(one.cells.length);
  const columns = new Float32Array(other.cells.length);
  for (let pair = 0; pair < pairs.length; pair++) {
    rows[Math.floor(pair / columns.length)] += pairs[pair];
    columns[pair % columns.length] += pairs[pair];
  }
  return [
    { data: rows, width: one.width, height: one.height },
    { data: columns, width: other.width, height: other.height },
  ];
}
