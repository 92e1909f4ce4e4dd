import { camMethod, weightedSum } from "./gradient-cam.js";

/** XGrad-CAM: channels weighed by Σ g · A / Σ A, which keeps sensitivity and conservation. Fu et al., BMVC 2020, eq. 8. */
export const xgradCam = camMethod({
  name: "xgrad-cam",
  summary: "feature maps weighed by gradients averaged where the channel is active",
  source: "Fu et al., Axiom-based Grad-CAM, BMVC 2020",
  formula: "map = ReLU(Σ_c A_c · Σ_p g_c(p)·A_c(p) / Σ_p A_c(p))",
  useWhen:
    "Asks the same as grad-cam with gradients averaged where the channel is active, so that the channels' shares add up to the score as far as they can.",
  cannotShow:
    "Where within a channel the score rises, as one weight serves all cells. Channels whose activations nearly cancel get weights that mean little.",
  rule({ activations, gradients }) {
    const weights = activations.map((plane, c) => {
      let [product, sum] = [0, 0];
      for (let p = 0; p < plane.length; p++) {
        product += gradients[c][p] * plane[p];
        sum += plane[p];
      }
      return product / (sum + 1e-7);
    });
    return weightedSum(activations, weights);
  },
});
