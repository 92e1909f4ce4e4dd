import { sum } from "../../core/statistics.js";
import { camMethod, weightedSum } from "./gradient-cam.js";

/**
 * Grad-CAM++: channels weighed by Σ α · ReLU(g) with α = g² / (2 g² + Σ A · g³), the closed form for exp(score), whose
 * common factor is left out. Chattopadhyay et al., WACV 2018, eq. 19.
 */
export const gradCamPlusPlus = camMethod({
  name: "grad-cam++",
  summary: "Grad-CAM that weighs positive gradients cell by cell; better for several objects",
  source: "Chattopadhyay et al., Grad-CAM++, WACV 2018",
  formula: "map = ReLU(Σ_c A_c · Σ_p α_c(p)·ReLU(g_c(p))), α = g²/(2g² + ΣA·g³)",
  useWhen: "Asks the same as grad-cam with positive gradients weighed cell by cell. For several objects of one class.",
  cannotShow:
    "Evidence against the class: negative gradients never count. Often close to the mean activation, whatever the class; compare with `activation-map`.",
  rule({ activations, gradients }) {
    const weights = gradients.map((gradient, c) => {
      const active = sum(activations[c]);
      return gradient.reduce((weight, g) => {
        if (g <= 0) return weight;
        return weight + (g * g * g) / (2 * g * g + active * g * g * g + 1e-6);
      }, 0);
    });
    return weightedSum(activations, weights);
  },
});
