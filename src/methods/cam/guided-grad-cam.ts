import { resizeMap } from "../../image/resize-map.js";
import { method } from "../method.js";
import { type ChannelRule, collapse, GRADIENT_LIMITS, inputGradientOf } from "../pixel-gradients.js";
import { chooseLayer, needsLayer } from "../target-layer.js";
import { gradCamRule } from "./grad-cam.js";
import { type CamOptions, layerGradientOf } from "./gradient-cam.js";

export interface GuidedGradCamOptions extends Omit<CamOptions, "relu"> {
  /** How the channels of a pixel become one. */
  channels: ChannelRule;
}

/** Guided Grad-CAM: guided backpropagation times Grad-CAM brought to the picture's size. Selvaraju et al. 2017, §3.2. */
export const guidedGradCam = method<GuidedGradCamOptions>({
  name: "guided-grad-cam",
  summary: "guided backpropagation where Grad-CAM finds the class",
  needs: ["activation", "gradient"],
  signed: true,
  view: "outlines",
  source: "Selvaraju et al., Grad-CAM, ICCV 2017",
  formula: "map = guided gradient ⊙ grad-cam at the picture's size",
  useWhen: "Asks for fine detail where grad-cam finds the class. For figures that show both at once.",
  cannotShow:
    "More about the class than grad-cam itself: the detail comes from guided backpropagation, which hardly depends on it.",
  defaults: { score: "logit", channels: "sum" },
  limits: { targetLayer: undefined, ...GRADIENT_LIMITS },
  presets: { speed: {}, balance: {}, quality: {} },
  cost: () => ({ forward: 0, backward: 2 }),
  unsupported: needsLayer,
  async explain(subject, { targetLayer, score, channels }) {
    const layer = chooseLayer(subject.layers(), targetLayer);
    const { width, height } = layer.geometry;
    const { width: across, height: down } = subject.geometry;
    const maps = [];
    for (const target of subject.targets) {
      const cells = gradCamRule(await layerGradientOf(subject, layer, target, score));
      const cam = resizeMap(
        Float32Array.from(cells, (value) => Math.max(0, value)),
        width,
        height,
        across,
        down,
      );
      const slope = await inputGradientOf(subject, target, { score, relu: "guided" });
      const fine = collapse(slope, subject.geometry, channels);
      maps.push({ ...fine, data: fine.data.map((value, p) => value * cam[p]) });
    }
    return { maps, score, resolved: { targetLayer: layer.name } };
  },
});
