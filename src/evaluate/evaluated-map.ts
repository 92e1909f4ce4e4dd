import { checkFinite } from "../core/ranks.js";
import type { Tensor } from "../core/tensor.js";
import { explain } from "../explain/explain.js";
import type { Explanation } from "../explain/explanation.js";
import { resizeMap } from "../image/resize-map.js";
import { find } from "../methods/registry.js";
import type { Model } from "../model/types.js";
import type { EvaluatedMap, Rerun } from "./metric-context.js";

/** A map as metrics see it. @throws SightlineError `not-finite` */
export function evaluatedMap(model: Model, explanation: Explanation, target: number, rerun: Rerun): EvaluatedMap {
  const { provenance } = explanation;
  const native = explanation.map(target);
  checkFinite(provenance.method, native.data);
  const { width, height } = model.info.input;
  return {
    values: native.resize(width, height).data,
    native: native.data,
    signed: native.signed,
    seed: provenance.seed,
    score: provenance.score === "logit" ? "logit" : "probability",
    rerun,
    provenance,
    baseline: provenance.options.baseline,
  };
}

interface RerunSetting {
  readonly picture: Tensor;
  readonly target: number;
  readonly counter: { passes: number };
  readonly signal?: AbortSignal;
}

/** The method of an explanation again, with the options that it had. */
export function rerunOf(
  model: Model,
  { provenance }: Explanation,
  { picture, target, counter, signal }: RerunSetting,
): Rerun {
  return async ({ input = picture, seed = provenance.seed, model: other = model }) => {
    const { limits } = find(provenance.method);
    const settings = Object.fromEntries(Object.entries(provenance.options).filter(([key]) => key in limits));
    const options = { ...settings, method: provenance.method, targets: target, seed, signal };
    const again = await explain(other, input, options as object);
    counter.passes += again.provenance.forwardPasses;
    const { data, width, height } = again.map(target);
    checkFinite(provenance.method, data);
    return resizeMap(data, width, height, model.info.input.width, model.info.input.height);
  };
}
