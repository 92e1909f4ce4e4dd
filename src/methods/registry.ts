import { didYouMean, SightlineError } from "../core/errors.js";
import type { ClassLayer } from "../model/detection/types.js";
import type { LayerInfo, MethodSupport, ModelInfo } from "../model/types.js";
import { aise } from "./black-box/aise/aise.js";
import { featureAblation } from "./black-box/feature-ablation.js";
import { gpRise } from "./black-box/gp-rise/gp-rise.js";
import { hsic } from "./black-box/hsic.js";
import { kernelShap } from "./black-box/kernel-shap.js";
import { lime } from "./black-box/lime.js";
import { occlusion } from "./black-box/occlusion.js";
import { rise } from "./black-box/rise/rise.js";
import { sobol } from "./black-box/sobol.js";
import { activationMap } from "./cam/activation-map.js";
import { eigenCam } from "./cam/eigen-cam.js";
import { embedded } from "./cam/embedded.js";
import { featureMaps } from "./cam/feature-maps.js";
import { gradCam } from "./cam/grad-cam.js";
import { gradCamPlusPlus } from "./cam/grad-cam-plus-plus.js";
import { guidedGradCam } from "./cam/guided-grad-cam.js";
import { hiresCam } from "./cam/hires-cam.js";
import { layerCam } from "./cam/layer-cam.js";
import { reciproCam } from "./cam/recipro-cam.js";
import { scoreCam } from "./cam/score-cam.js";
import { xgradCam } from "./cam/xgrad-cam.js";
import { concepts } from "./concepts/concepts.js";
import { contrastOf } from "./contrast.js";
import { dRise } from "./detection/d-rise.js";
import { detClassProbabilityMap } from "./detection/det-class-probability-map.js";
import { blurIg } from "./gradient/blur-ig.js";
import { expectedGradients } from "./gradient/expected-gradients.js";
import { gradient } from "./gradient/gradient.js";
import { gradientXInput } from "./gradient/gradient-x-input.js";
import { guidedBackprop } from "./gradient/guided-backprop.js";
import { guidedIg } from "./gradient/guided-ig.js";
import { integratedGradients } from "./gradient/integrated-gradients.js";
import { smoothGrad } from "./gradient/smooth-grad.js";
import { xrai } from "./gradient/xrai.js";
import { type AnyMethod, type Method, type Need, type Preset, readsAnswersAlone, reasonAgainst } from "./method.js";
import { contrastive } from "./optimised/contrastive.js";
import { counterfactual } from "./optimised/counterfactual.js";
import { featureVisualization } from "./optimised/feature-visualization.js";
import { attnLrp } from "./relevance/attn-lrp.js";
import { crp } from "./relevance/crp.js";
import { lrp } from "./relevance/lrp.js";
import { attentionRollout } from "./transformer/attention-rollout.js";
import { transformerRelevance } from "./transformer/transformer-relevance.js";
import { vitReciproCam } from "./transformer/vit-recipro-cam.js";

/** Every method by its name. A new one is a file and a line here. */
export const METHODS = {
  "activation-map": activationMap,
  "recipro-cam": reciproCam,
  "vit-recipro-cam": vitReciproCam,
  "eigen-cam": eigenCam,
  "score-cam": scoreCam,
  "gp-rise": gpRise,
  rise,
  aise,
  embedded,
  "d-rise": dRise,
  "det-class-probability-map": detClassProbabilityMap,
  occlusion,
  "feature-ablation": featureAblation,
  lime,
  "kernel-shap": kernelShap,
  sobol,
  hsic,
  "grad-cam": gradCam,
  "grad-cam++": gradCamPlusPlus,
  "layer-cam": layerCam,
  "hires-cam": hiresCam,
  "xgrad-cam": xgradCam,
  gradient,
  "gradient-x-input": gradientXInput,
  "guided-backprop": guidedBackprop,
  "guided-grad-cam": guidedGradCam,
  "smooth-grad": smoothGrad,
  "integrated-gradients": integratedGradients,
  "expected-gradients": expectedGradients,
  "guided-ig": guidedIg,
  "blur-ig": blurIg,
  xrai,
  lrp,
  crp,
  "attention-rollout": attentionRollout,
  "transformer-relevance": transformerRelevance,
  "attn-lrp": attnLrp,
  counterfactual,
  contrastive,
  concepts,
  "feature-maps": featureMaps,
  "feature-visualization": featureVisualization,
  contrast: contrastOf(find),
} as const;

/** Name of a method. */
export type MethodName = keyof typeof METHODS;

/** The options of a method by its name. */
export type OptionsOf<Name extends MethodName> = (typeof METHODS)[Name] extends Method<infer Options> ? Options : never;

/** Static facts of a method, as tables and tools need them. */
export interface MethodFacts {
  readonly name: MethodName;
  readonly summary: string;
  readonly needs: readonly Need[];
  readonly mode: "white-box" | "black-box";
  readonly signed: boolean;
  readonly view: "outlines" | "pixels";
  readonly source: string;
  /** What is computed, in one line of plain text. */
  readonly formula: string;
  /** The question that it answers, and when to prefer it to its neighbours. */
  readonly useWhen: string;
  /** What its maps cannot show, and what misleads in them. */
  readonly cannotShow: string;
  readonly defaults: Readonly<Record<string, unknown>>;
  /** Options and passes of each preset, on a 224 × 224 model. */
  readonly presets: Readonly<
    Record<Preset, { options: Readonly<Record<string, unknown>>; forward: number; backward: number }>
  >;
}

/**
 * Static facts of every method.
 * @example
 * methods()
 *   .filter(({ needs }) => !needs.includes("gradient"))
 *   .map(({ name }) => name);
 */
export function methods(): MethodFacts[] {
  return (Object.keys(METHODS) as MethodName[]).map((name) => {
    const method = find(name);
    const { summary, needs, signed, view, source, formula, useWhen, cannotShow, defaults, presets, cost } = method;
    const preset = (key: Preset) => ({ options: { ...presets[key] }, ...cost({ ...defaults, ...presets[key] }) });
    return {
      name,
      summary,
      needs,
      mode: readsAnswersAlone(method) ? "black-box" : "white-box",
      signed,
      view,
      source,
      formula,
      useWhen,
      cannotShow,
      defaults: { ...defaults },
      presets: { speed: preset("speed"), balance: preset("balance"), quality: preset("quality") },
    };
  });
}

/**
 * The method of a name.
 * @throws SightlineError `unknown-method` with suggestions
 */
export function find(name: string): AnyMethod {
  if (Object.hasOwn(METHODS, name)) return METHODS[name as MethodName] as unknown as AnyMethod;
  throw new SightlineError("unknown-method", `unknown method '${name}'`, {
    received: name,
    expected: `auto or one of ${Object.keys(METHODS).join(", ")}`,
    next: didYouMean(name, Object.keys(METHODS)),
  });
}

/** What each method can do with a model, and why not. */
export function supportOf(
  model: ModelInfo,
  layers: readonly LayerInfo[],
  classLayers?: readonly ClassLayer[],
): MethodSupport[] {
  return Object.keys(METHODS).map((name) => {
    const method = find(name);
    const blind = method.explainsBoxes && classLayers?.length === 0;
    const reason =
      reasonAgainst(method, model, layers) ?? (blind ? "no layers with class scores were recognised" : undefined);
    return { method: name, supported: reason === undefined, reason };
  });
}
