import { inverse, Matrix } from "ml-matrix";
import { checkKeys } from "../core/checks.js";
import { SightlineError } from "../core/errors.js";
import { kindOf } from "../core/kind-of.js";
import type { Tensor } from "../core/tensor.js";
import * as z from "../core/zod.js";
import { type Fit, fitImage, sizeWhenFitted, viewOf } from "../image/geometry.js";
import { INTERPOLATIONS } from "../image/interpolation.js";
import type { RawImage, Rect, Size } from "../image/types.js";
import { inputDims } from "./input-geometry.js";
import type { InputGeometry, PreprocessData } from "./types.js";

export type { PreprocessData } from "./types.js";

/** A function that makes the model's input, batch 1, of a decoded picture. */
export type PreprocessFunction = (image: RawImage) => Tensor | Promise<Tensor>;

/** How colours (0…255) become input values: value[c] = bias[c] + Σ matrix[c][k] · rgb[k]. */
export interface ColourMap {
  readonly bias: readonly number[];
  readonly matrix: readonly (readonly [number, number, number])[];
}

export interface Preprocessor {
  toInput(image: RawImage): Promise<{ tensor: Tensor; view: Rect }>;
  /** The size to which it scales the whole of a picture; absent where it sees the picture as it is. */
  needed?(size: Size): Size;
  /** Undefined where a function of the caller's does more than scale colours. */
  readonly colours?: ColourMap;
  /** What a function of the caller's makes of a plain picture of the model's size, where that was found out. */
  plain?(colour: readonly [number, number, number]): Tensor | undefined;
  /** What it does, where that is data. */
  readonly data?: PreprocessData;
  readonly notes: readonly string[];
}

/** What the networks trained on ImageNet mostly want. */
export const IMAGENET_PREPROCESS = {
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
} as const satisfies PreprocessData;

/** What is assumed of an input of floats where nothing is said, with the note that says so. */
export function assumedPreprocess(channels: number): { data: PreprocessData; note: string } {
  const note = "no preprocessing was given: the picture is squeezed to the model's size, and";
  if (channels === RGBA) return { data: {}, note: `${note} 0…1 with an opaque alpha channel is assumed` };
  const data = channels === 3 ? IMAGENET_PREPROCESS : { mean: 0.449, std: 0.226 };
  return { data, note: `${note} ImageNet's mean and std are assumed` };
}

/** Channels of a picture with alpha, which is opaque here. */
const RGBA = 4;
const LUMA = [0.299, 0.587, 0.114] as const;

const perChannel = z.union([z.number(), z.array(z.number()).min(1)]);
const perChannelAboveZero = z.union([z.number().positive(), z.array(z.number().positive()).min(1)]);
const level = z.number().min(0).max(255);
const sideOrSize = z.union([z.int().positive(), z.tuple([z.int().positive(), z.int().positive()])]);
const schema = z.object({
  size: sideOrSize,
  resize: z.union([
    z.string().regex(/^shortest-[1-9]\d*$/),
    z.enum(["exact", "letterbox", "aspect-crop"]),
    z.strictObject({ squash: sideOrSize }),
    z.strictObject({ cover: sideOrSize }),
    z.strictObject({ contain: sideOrSize }),
  ]),
  crop: z.literal("center"),
  interpolation: z.enum(INTERPOLATIONS),
  mean: perChannel,
  std: perChannelAboveZero,
  scale: perChannelAboveZero,
  channels: z.enum(["rgb", "bgr", "grey"]),
  layout: z.enum(["nchw", "nhwc"]),
  padding: z.union([level, z.tuple([level, level, level])]),
  align: z.enum(["center", "top-left"]),
});

const SIZE = "a side in pixels, or [height, width]";
const EXPECTED: Readonly<Record<keyof PreprocessData, string>> = {
  size: SIZE,
  resize: `exact, letterbox, aspect-crop, shortest-N, or { squash }, { cover } or { contain } with ${SIZE}`,
  crop: "center",
  interpolation: INTERPOLATIONS.join(", "),
  mean: "a number, or one for each channel",
  std: "a number above 0, or one for each channel",
  scale: "a number above 0, or one for each channel",
  channels: "rgb, bgr or grey",
  layout: "nchw or nhwc",
  padding: "a level from 0 to 255, or one each for red, green and blue",
  align: "center or top-left",
};

/**
 * Checks preprocessing that came as data.
 * @throws SightlineError `unknown-option`, `bad-config`
 */
export function checkPreprocess(data: PreprocessData): PreprocessData {
  if (typeof data !== "object" || data === null) {
    throw new SightlineError("bad-config", `preprocess is ${kindOf(data)}`, {
      received: data,
      expected: "preprocessing as data, the name of a preset, or a function",
    });
  }
  checkKeys(data, Object.keys(schema.shape), "preprocess");
  const parsed = schema.partial().safeParse(data);
  if (parsed.success) return parsed.data as PreprocessData;
  const key = parsed.error.issues[0].path[0] as keyof PreprocessData;
  throw new SightlineError("bad-config", `preprocess cannot use ${key} ${JSON.stringify(data[key])}`, {
    received: data,
    expected: EXPECTED[key],
  });
}

/** Height and width that preprocessing asks for. */
export function sizeOfPreprocess({ size }: PreprocessData): readonly [number, number] | undefined {
  return typeof size === "number" ? [size, size] : size;
}

/** A preprocessor of checked data. @throws SightlineError `bad-config` when it does not fit the model's input */
export function preprocessor(data: PreprocessData, input: InputGeometry, notes: readonly string[] = []): Preprocessor {
  const { height, width } = input;
  const [dataHeight, dataWidth] = sizeOfPreprocess(data) ?? [height, width];
  const wrong = (what: string, expected: string) =>
    new SightlineError("bad-config", what, { received: data, expected });
  if (dataHeight !== height || dataWidth !== width) {
    throw wrong(`preprocess.size is ${dataHeight} × ${dataWidth}`, `the model's ${height} × ${width}`);
  }
  const { resize = "exact", interpolation = "bilinear", padding = 0, align } = data;
  if (
    typeof resize === "string" &&
    resize.startsWith("shortest-") &&
    Number(resize.slice(9)) < Math.max(height, width)
  ) {
    throw wrong(`preprocess.resize is '${resize}'`, `a short side of at least ${Math.max(height, width)}`);
  }
  const colours = colourMap(data, input.channels);
  const colour = typeof padding === "number" ? ([padding, padding, padding] as const) : padding;
  const fit: Fit = { width, height, resize, interpolation, padding: colour, align };
  return {
    colours,
    data,
    notes,
    needed: (size) => sizeWhenFitted(size, fit),
    toInput: async (image) => ({ tensor: paint(await fitImage(image, fit), colours, input), view: viewOf(image, fit) }),
  };
}

/** What an alpha channel gets where values are given for the colours alone. */
const OF_ALPHA = { scale: 1 / 255, mean: 0, std: 1 } as const;

function colourMap({ mean = 0, std = 1, scale = 1 / 255, channels = "rgb" }: PreprocessData, count: number): ColourMap {
  const wrong = (what: string) =>
    new SightlineError("bad-config", what, {
      expected: `values for the model's ${count} channel${count > 1 ? "s" : ""}`,
    });
  if ((channels === "grey" || count === 1) && count !== 1) throw wrong("preprocess.channels is 'grey'");
  if (![1, 3, RGBA].includes(count)) throw wrong(`preprocess as data cannot describe ${count} channels`);
  const at = (values: number | readonly number[], c: number, name: string) => {
    if (typeof values === "number") return values;
    if (count === RGBA && values.length === 3) return values[c] ?? OF_ALPHA[name as keyof typeof OF_ALPHA];
    if (values.length !== count) throw wrong(`preprocess.${name} has ${values.length} values`);
    return values[c];
  };
  const order = channels === "bgr" ? [2, 1, 0] : [0, 1, 2];
  const bias: number[] = [];
  const matrix: [number, number, number][] = [];
  for (let c = 0; c < count; c++) {
    const gain = at(scale, c, "scale") / at(std, c, "std");
    const alpha = c === RGBA - 1 ? 255 * gain : 0;
    bias.push(alpha - at(mean, c, "mean") / at(std, c, "std"));
    matrix.push(
      [0, 1, 2].map((k) => (count === 1 ? LUMA[k] : Number(k === order[c])) * gain) as [number, number, number],
    );
  }
  return { bias, matrix };
}

/** Input values of a picture that has the model's size; a picture of one pixel is spread over it. */
export function paint(image: RawImage, { bias, matrix }: ColourMap, input: InputGeometry): Tensor {
  const { channels, height, width, layout } = input;
  const cells = height * width;
  const pixels = image.data;
  const data = new Float32Array(channels * cells);
  const step = image.width * image.height === 1 ? 0 : 3;
  const stride = layout === "nchw" ? 1 : channels;
  for (let c = 0; c < channels; c++) {
    const [r, g, b] = matrix[c];
    const at = layout === "nchw" ? c * cells : c;
    const weighed = [0, 1, 2].filter((k) => matrix[c][k] !== 0);
    if (weighed.length <= 1) {
      const [k = 0] = weighed;
      const values = Float32Array.from({ length: 256 }, (_, byte) => bias[c] + matrix[c][k] * byte);
      for (let cell = 0, from = k, to = at; cell < cells; cell++, from += step, to += stride) {
        data[to] = values[pixels[from]];
      }
      continue;
    }
    for (let cell = 0, from = 0; cell < cells; cell++, from += step) {
      data[at + cell * stride] = bias[c] + r * pixels[from] + g * pixels[from + 1] + b * pixels[from + 2];
    }
  }
  return { data, dims: inputDims(input) };
}

/** The inverse of {@link paint}: colours of an input, rounded and clamped; undefined where they cannot be told. */
export function unpaint(tensor: Tensor, { bias, matrix }: ColourMap, input: InputGeometry): RawImage | undefined {
  const { channels, height, width, layout } = input;
  const back = inverseOf(matrix);
  if (!back) return undefined;
  const cells = height * width;
  const [perChannel, perCell] = layout === "nchw" ? [cells, 1] : [1, channels];
  const data = new Uint8ClampedArray(cells * 3);
  for (const [k, row] of back.entries()) {
    const offset = row.reduce((sum, weight, c) => sum - weight * bias[c], 0);
    for (let cell = 0; cell < cells; cell++) {
      let value = offset;
      for (let c = 0; c < channels; c++) value += row[c] * tensor.data[c * perChannel + cell * perCell];
      data[cell * 3 + k] = value;
    }
  }
  return { data, width, height };
}

function inverseOf(matrix: ColourMap["matrix"]): number[][] | undefined {
  if (matrix.length === 1) {
    const gain = matrix[0].reduce((sum, value) => sum + value, 0);
    return gain === 0 ? undefined : [[1 / gain], [1 / gain], [1 / gain]];
  }
  try {
    return inverse(new Matrix(matrix.map((row) => [...row]))).to2DArray();
  } catch {
    return undefined;
  }
}
