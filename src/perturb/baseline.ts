import type { Tensor } from "../core/tensor.js";
import type { Model } from "../model/types.js";
import { fillTensor, gaussianBlur, perChannel } from "./fill.js";

/** What stands where pixels are removed: black, the picture's mean colour, or the picture blurred (11 × 11, σ 5). */
export type Baseline = "black" | "mean" | "blur";

export const BASELINES: readonly Baseline[] = ["black", "mean", "blur"];

const BLUR = { sigma: 5, radius: 5 };

/** A picture's baseline as model input, batch 1. @throws SightlineError `bad-config` */
export function baselineOf(model: Model, input: Tensor, kind: Baseline): Tensor {
  const geometry = model.info.input;
  if (kind === "blur") {
    const { width, height } = geometry;
    return perChannel(input, geometry, (plane) => gaussianBlur(plane, width, height, BLUR.sigma, BLUR.radius));
  }
  return fillTensor({ input, geometry, fill: (colour) => model.fill(colour) }, kind);
}
