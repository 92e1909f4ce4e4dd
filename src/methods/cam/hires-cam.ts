import { camMethod } from "./gradient-cam.js";

/** HiResCAM: Σ g · A, which adds up to the score where only a linear layer follows. Draelos & Carin 2020, eq. 3. */
export const hiresCam = camMethod({
  name: "hires-cam",
  summary: "feature maps times their gradients, cell by cell; faithful to a linear head",
  source: "Draelos & Carin, Use HiResCAM instead of Grad-CAM, 2020",
  formula: "map(p) = ReLU(Σ_c g_c(p) · A_c(p))",
  useWhen:
    "Asks what each cell adds to the score, exact where only a linear layer follows the feature map. The Grad-CAM to prefer where exactness counts.",
  cannotShow:
    "Evidence against the class unless `relu: false`. With more than a linear layer behind the map it is a first-order guess like the others.",
  rule({ activations, gradients }) {
    const sum = new Float64Array(activations[0].length);
    activations.forEach((plane, c) => {
      for (let p = 0; p < sum.length; p++) sum[p] += gradients[c][p] * plane[p];
    });
    return sum;
  },
});
