import { SightlineError } from "../../../core/errors.js";
import { pixelIndex } from "../../../core/pixel-index.js";
import type { Tensor } from "../../../core/tensor.js";
import type { PreparedImage, RawImage } from "../../../image/types.js";
import type { Model } from "../../../model/types.js";
import type { SearchedPicture } from "../searched-pictures.js";

/** A picture as the model sees it. */
export interface View {
  readonly path: string;
  readonly prepared: PreparedImage;
  /** The model's input as pixels. */
  readonly seen: RawImage;
  readonly evidence: Float32Array;
}

export type Pixels = Uint8ClampedArray;

/** What turns pictures into a model's inputs and back. */
export interface Viewer {
  view(picture: SearchedPicture): Promise<View>;
  /** The model's input with other pixels. */
  input(view: View, pixels: Pixels): Tensor;
  /** What the model sees of another picture. */
  seenOf(image: RawImage): Promise<Pixels>;
}

const PURE = [
  [255, 0, 0],
  [0, 255, 0],
  [0, 0, 255],
] as const;
const MIXED = [51, 102, 153] as const;
/** Preprocessing that is off by more of its own range is no scaling of colours. */
const ROUNDING = 1e-3;

/** Undefined for a model whose preprocessing does more than scale colours: its input cannot be read as pixels. */
export function viewerOf(model: Model, signal?: AbortSignal): Viewer | undefined {
  const { input } = model.info;
  const slopes = slopesOf(model);
  if (!slopes) return undefined;
  const at = pixelIndex(input);
  return {
    async view({ path, image, evidence }) {
      const prepared = await model.prepare(image, { signal });
      return { path, prepared, seen: await model.pixels(prepared), evidence };
    },
    input({ prepared: { tensor }, seen }, pixels) {
      const data = tensor.data.slice();
      for (let place = 0; place < input.width * input.height; place++) {
        const from = place * 3;
        const change = [0, 1, 2].map((k) => pixels[from + k] - seen.data[from + k]);
        for (let c = 0; c < input.channels; c++) {
          const [red, green, blue] = slopes[c];
          data[at(c, place)] += red * change[0] + green * change[1] + blue * change[2];
        }
      }
      return { data, dims: tensor.dims };
    },
    async seenOf(image) {
      const { data } = await model.pixels(await model.prepare(image, { signal }));
      return Uint8ClampedArray.from(data);
    },
  };
}

/** What a level of red, green and blue adds to each channel of the input. */
function slopesOf(model: Model): readonly (readonly number[])[] | undefined {
  const { input } = model.info;
  const at = pixelIndex(input);
  const valuesOf = (colour: readonly [number, number, number]) => {
    const { data } = model.fill(colour);
    const place = data.length === input.channels ? { ...input, width: 1, height: 1 } : input;
    const own = place === input ? at : pixelIndex(place);
    return Array.from({ length: input.channels }, (_, c) => data[own(c, 0)]);
  };
  try {
    const black = valuesOf([0, 0, 0]);
    const pure = PURE.map(valuesOf);
    const slopes = black.map((base, c) => pure.map((values) => (values[c] - base) / 255));
    const mixed = valuesOf(MIXED);
    const linear = mixed.every((value, c) => {
      const expected = black[c] + MIXED.reduce((sum, level, k) => sum + level * slopes[c][k], 0);
      const range = slopes[c].reduce((sum, slope) => sum + 255 * Math.abs(slope), 0);
      return Math.abs(value - expected) <= ROUNDING * range;
    });
    return linear ? slopes : undefined;
  } catch (error) {
    if (error instanceof SightlineError && error.code === "not-supported") return undefined;
    throw error;
  }
}
