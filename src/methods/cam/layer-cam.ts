import { camMethod } from "./gradient-cam.js";

/** LayerCAM: Σ ReLU(g) · A, each cell weighed by its own positive gradient. Jiang et al., IEEE TIP 2021, eq. 5 and 6. */
export const layerCam = camMethod({
  name: "layer-cam",
  summary: "feature maps weighed cell by cell by positive gradients; sharp on early layers",
  source: "Jiang et al., LayerCAM, IEEE Transactions on Image Processing 2021",
  formula: "map(p) = ReLU(Σ_c ReLU(g_c(p)) · A_c(p))",
  useWhen:
    "Asks where a cell responds and would raise the score by itself. Finer maps from earlier layers, by `targetLayer`.",
  cannotShow:
    "Evidence against the class, as negative gradients are cut. Early layers show edges of what is there, evidence or not.",
  rule({ activations, gradients }) {
    const sum = new Float64Array(activations[0].length);
    activations.forEach((plane, c) => {
      for (let p = 0; p < sum.length; p++) sum[p] += Math.max(0, gradients[c][p]) * plane[p];
    });
    return sum;
  },
});
