import { runYielding } from "../../../src/core/cooperative.js";
import type { loadModel } from "../../../src/load-model.js";
import { supportOf } from "../../../src/methods/registry.js";
import type { Classifier } from "../../../src/model/classifier.js";
import { featureRows } from "../../../src/model/features.js";
import { featuresOf, withNewHead } from "../../../src/model/new-head.js";
import type { TrainedModel } from "../../../src/model/types.js";
import { coordinatesOf } from "../../../src/train/logistic/coordinates.js";
import { fitLogistic } from "../../../src/train/logistic/regression.js";
import type { SetPicture } from "../../audit/planted-sets.js";

/** As `trainHead` chooses it for most sets; fixed, so that no time goes to cross-validation. */
const STRENGTH = 100;

/** What `trainHead` makes of a model and pictures, without its measuring and looking: a set is audited anyway. */
export async function taughtHead(
  base: Awaited<ReturnType<typeof loadModel>>,
  labels: readonly string[],
  pictures: readonly SetPicture[],
): Promise<TrainedModel> {
  const features = featuresOf(base as Classifier);
  const seen: Float32Array[] = [];
  for (const { image } of pictures) {
    const { tensor } = await base.prepare(image);
    const { activations } = await base.observe(tensor, { layers: [features.tensor] });
    const observed = activations.get(features.tensor);
    if (observed) seen.push(...featureRows(observed, features));
  }
  const { data, width, toFeatures } = coordinatesOf(seen);
  const classes = Int32Array.from(pictures, ({ label }) => labels.indexOf(label));
  const rows = { data, features: width, classes, count: labels.length };
  const fit = await runYielding(fitLogistic(rows, { strength: STRENGTH, tolerance: 1e-5 }));
  const own = labels.map((_, k) => toFeatures(fit.weights.subarray(k * width, (k + 1) * width)));
  const weights = Float32Array.from(own.flatMap((one) => Array.from(one.weights)));
  const bias = Float32Array.from(own, (one, k) => one.bias + fit.bias[k]);
  return withNewHead(base as Classifier, features, { weights, bias, labels: [...labels], notes: [] }, supportOf);
}
