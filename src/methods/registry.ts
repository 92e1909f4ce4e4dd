import { closest, SightlineError } from "../errors.js";
import type { LayerInfo, MethodSupport, ModelInfo } from "../model/types.js";
import { activationMap } from "./activation-map.js";
import { aise } from "./aise.js";
import { attentionRollout } from "./attention-rollout.js";
import { blurIg } from "./blur-ig.js";
import { contrastOf } from "./contrast.js";
import { contrastive } from "./contrastive.js";
import { counterfactual } from "./counterfactual.js";
import { dRise } from "./d-rise.js";
import { detClassProbabilityMap } from "./det-class-probability-map.js";
import { eigenCam } from "./eigen-cam.js";
import { embedded } from "./embedded.js";
import { expectedGradients } from "./expected-gradients.js";
import { featureAblation } from "./feature-ablation.js";
import { featureMaps } from "./feature-maps.js";
import { featureVisualization } from "./feature-visualization.js";
import { gpRise } from "./gp-rise.js";
import { gradCam } from "./grad-cam.js";
import { gradCamPlusPlus } from "./grad-cam-plus-plus.js";
import { gradient } from "./gradient.js";
import { gradientXInput } from "./gradient-x-input.js";
import { guidedBackprop } from "./guided-backprop.js";
import { guidedGradCam } from "./guided-grad-cam.js";
import { guidedIg } from "./guided-ig.js";
import { hiresCam } from "./hires-cam.js";
import { hsic } from "./hsic.js";
import { integratedGradients } from "./integrated-gradients.js";
import { kernelShap } from "./kernel-shap.js";
import { layerCam } from "./layer-cam.js";
import { lime } from "./lime.js";
import type { AnyMethod, Method, Need, Preset } from "./method.js";
import { occlusion } from "./occlusion.js";
import { reciproCam } from "./recipro-cam.js";
import { rise } from "./rise.js";
import { scoreCam } from "./score-cam.js";
import { smoothGrad } from "./smooth-grad.js";
import { sobol } from "./sobol.js";
import { transformerRelevance } from "./transformer-relevance.js";
import { vitReciproCam } from "./vit-recipro-cam.js";
import { xgradCam } from "./xgrad-cam.js";
import { xrai } from "./xrai.js";

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
  "attention-rollout": attentionRollout,
  "transformer-relevance": transformerRelevance,
  counterfactual,
  contrastive,
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
  readonly defaults: Readonly<Record<string, unknown>>;
  /** Options and passes of each preset, on a 224 × 224 model. */
  readonly presets: Readonly<
    Record<Preset, { options: Readonly<Record<string, unknown>>; forward: number; backward: number }>
  >;
}

/** Static facts of every method. */
export function methods(): MethodFacts[] {
  return (Object.keys(METHODS) as MethodName[]).map((name) => {
    const { summary, needs, signed, view, source, defaults, presets, cost } = find(name);
    const preset = (key: Preset) => ({ options: { ...presets[key] }, ...cost({ ...defaults, ...presets[key] }) });
    return {
      name,
      summary,
      needs,
      mode: needs.every((need) => need === "forward") ? "black-box" : "white-box",
      signed,
      view,
      source,
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
  const near = closest(name, Object.keys(METHODS), 1)[0];
  throw new SightlineError("unknown-method", `unknown method '${name}'`, {
    received: name,
    expected: `auto or one of ${Object.keys(METHODS).join(", ")}`,
    next: near && `did you mean '${near}'?`,
  });
}

/** What each method can do with a model, and why not. */
export function supportOf(model: ModelInfo, layers: readonly LayerInfo[]): MethodSupport[] {
  return Object.keys(METHODS).map((name) => {
    const reason = find(name).unsupported?.(model, layers);
    return { method: name, supported: reason === undefined, reason };
  });
}
