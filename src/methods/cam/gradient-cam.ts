import { BOOLEAN } from "../../core/options.js";
import type { Tensor } from "../../core/tensor.js";
import type { LayerInfo } from "../../model/types.js";
import { type Method, method, type Subject } from "../method.js";
import { type GradientOptions, SCORES } from "../pixel-gradients.js";
import { chooseLayer, needsLayer, planesOf } from "../target-layer.js";

export interface CamOptions extends Pick<GradientOptions, "score"> {
  /** Name of an inner tensor; the model's best candidate when absent. */
  targetLayer?: string;
  /** Drops what speaks against the class. */
  relu: boolean;
}

/** Activations A and gradients g of a layer, [channels][cells]. */
export interface LayerGradient {
  readonly layer: LayerInfo;
  readonly activations: readonly Float32Array[];
  readonly gradients: readonly Float32Array[];
}

/** A class activation map's own part: one value a cell of the activations and gradients of a layer. */
export type CamRule = (parts: LayerGradient) => Float64Array;

/** Activations and gradients of a layer for a target. */
export async function layerGradientOf(
  subject: Subject,
  layer: LayerInfo,
  target: number,
  score: GradientOptions["score"],
): Promise<LayerGradient> {
  const { gradients, activations } = await subject.gradient(subject.input, { target, score, layers: [layer.name] });
  return {
    layer,
    activations: planesOf(activations.get(layer.name) as Tensor, layer),
    gradients: planesOf(gradients.get(layer.name) as Tensor, layer),
  };
}

/** Σ weight · activation over channels. */
export function weightedSum(activations: readonly Float32Array[], weights: ArrayLike<number>): Float64Array {
  const sum = new Float64Array(activations[0].length);
  activations.forEach((plane, c) => {
    for (let p = 0; p < sum.length; p++) sum[p] += weights[c] * plane[p];
  });
  return sum;
}

/** A method of the Grad-CAM family from its static facts and its rule. */
export function camMethod({
  rule,
  ...facts
}: Pick<Method<CamOptions>, "name" | "summary" | "source" | "formula" | "useWhen" | "cannotShow"> & {
  rule: CamRule;
}): Method<CamOptions> {
  return method<CamOptions>({
    ...facts,
    needs: ["activation", "gradient"],
    signed: false,
    view: "pixels",
    defaults: { score: "logit", relu: true },
    limits: { score: SCORES, targetLayer: undefined, relu: BOOLEAN },
    presets: { speed: {}, balance: {}, quality: {} },
    cost: () => ({ forward: 0, backward: 1 }),
    unsupported: needsLayer,
    async explain(subject, { targetLayer, score, relu }) {
      const layer = chooseLayer(subject.layers(), targetLayer);
      const { width, height } = layer.geometry;
      const maps = [];
      for (const target of subject.targets) {
        const values = rule(await layerGradientOf(subject, layer, target, score));
        maps.push({ data: Float32Array.from(values, (value) => (relu ? Math.max(0, value) : value)), width, height });
      }
      return { maps, score, resolved: { targetLayer: layer.name } };
    },
  });
}
