import { mean } from "../../core/statistics.js";
import { type CamRule, camMethod, weightedSum } from "./gradient-cam.js";

/** Channels weighed by their mean gradient. */
export const gradCamRule: CamRule = ({ activations, gradients }) => weightedSum(activations, gradients.map(mean));

/** Grad-CAM: ReLU of Σ α_c · A_c, α_c the mean gradient of channel c. Selvaraju et al., ICCV 2017, eq. 1 and 2. */
export const gradCam = camMethod({
  name: "grad-cam",
  summary: "feature maps weighed by their mean gradients",
  source: "Selvaraju et al., Grad-CAM, ICCV 2017",
  formula: "map = ReLU(Σ_c α_c · A_c), α_c = mean over cells of ∂score/∂A_c",
  useWhen:
    "Asks which channels raise the score, and where they respond. The method that most papers show; one backward pass a class.",
  cannotShow:
    "Where within a channel the score rises: one mean gradient serves all cells, so that a map can light up places that the score does not rest on. Evidence against the class is dropped unless `relu: false`.",
  rule: gradCamRule,
});
