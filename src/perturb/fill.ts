import { SightlineError } from "../core/errors.js";
import { wordsOf } from "../core/options.js";
import { random } from "../core/random.js";
import { mean } from "../core/statistics.js";
import type { Tensor } from "../core/tensor.js";
import type { RawImage } from "../image/types.js";
import type { InputGeometry, Model } from "../model/types.js";
import { gaussianBlur, perChannel } from "./blur.js";

/**
 * What stands where a part of the picture is hidden: `zero` is 0 in the model's own input (with the usual
 * normalisation a mid grey), `mean` the picture's mean colour, `blur` the picture blurred (Gaussian, σ = 5 % of its
 * shorter side), `noise` every value drawn evenly between black and white, the same each time. Methods and metrics whose
 * papers call it baseline, background or reference take it under that name.
 */
export type Fill = "zero" | "black" | "white" | "grey" | "mean" | "blur" | "noise";

export const FILLS = wordsOf<Fill>({
  zero: true,
  black: true,
  white: true,
  grey: true,
  mean: true,
  blur: true,
  noise: true,
});

/** What metrics that remove pixels put in their place; their blur is 11 × 11, σ 5, as in RISE's code. */
export type Baseline = "black" | "mean" | "blur";

export const BASELINES = wordsOf<Baseline>({ black: true, mean: true, blur: true });

/** Standard deviation of a Gaussian and the radius at which it is cut, in pixels. */
interface Blur {
  readonly sigma: number;
  readonly radius?: number;
}

const METRIC_BLUR: Blur = { sigma: 5, radius: 5 };

const COLOURS = { black: 0, white: 255, grey: 127.5 } as const;

/** A picture as a model takes it, and what the model takes for a colour. */
export interface Fillable {
  /** The model's input, batch 1. */
  readonly input: Tensor;
  readonly geometry: InputGeometry;
  /** A picture of one colour as model input; `[r, g, b]` 0…255. */
  fill(colour: readonly [number, number, number]): Tensor;
}

/** A picture that can be cut into segments, parts of it to be hidden. */
export interface Perturbable extends Fillable {
  /** The picture at the model's resolution, RGB 0…255. */
  pixels(): Promise<RawImage>;
}

/** An input of a model, ready to be filled. */
export function fillable(model: Pick<Model, "info" | "fill">, input: Tensor): Fillable {
  return { input, geometry: model.info.input, fill: (colour) => model.fill(colour) };
}

/**
 * The model's input with everything hidden, batch 1.
 * @param blur that of `blur`; σ is 5 % of the picture's shorter side when absent
 * @throws SightlineError `bad-config`
 */
export function fillTensor(picture: Fillable, kind: Fill, blur?: Blur): Tensor {
  const { input, geometry } = picture;
  switch (kind) {
    case "zero":
      return { data: new Float32Array(input.data.length), dims: input.dims };
    case "black":
    case "white":
    case "grey":
      return picture.fill([COLOURS[kind], COLOURS[kind], COLOURS[kind]]);
    case "mean":
      return perChannel(input, geometry, (plane) => plane.fill(mean(plane)));
    case "blur": {
      const { width, height } = geometry;
      const { sigma, radius } = blur ?? { sigma: 0.05 * Math.min(width, height) };
      return perChannel(input, geometry, (plane) => gaussianBlur(plane, width, height, sigma, radius));
    }
    case "noise": {
      const [black, white] = ([0, 255] as const).map((level) => picture.fill([level, level, level]).data);
      const source = random(0);
      return { data: black.map((low, i) => low + source.uniform() * (white[i] - low)), dims: input.dims };
    }
    default:
      throw new SightlineError("bad-config", `unknown fill '${kind}'`, {
        received: kind,
        expected: `one of ${FILLS.join(", ")}`,
      });
  }
}

/** A metric's baseline of a picture as model input, batch 1. @throws SightlineError `bad-config` */
export function baselineOf(model: Pick<Model, "info" | "fill">, input: Tensor, kind: Baseline): Tensor {
  return fillTensor(fillable(model, input), kind, METRIC_BLUR);
}

/** a − b, element by element. */
export function subtract(a: Tensor, b: Tensor): Tensor {
  return { data: a.data.map((value, i) => value - b.data[i]), dims: a.dims };
}
