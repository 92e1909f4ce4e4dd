import { extent } from "../core/statistics.js";
import type { AnyMethod, Subject } from "../methods/method.js";
import type { Prediction } from "../model/types.js";

const isZero = ({ data }: { readonly data: Float32Array }) => data.every((value) => value === 0);

/**
 * Why a gradient method's map is zero everywhere, where that can be shown: the last layer is silent, or the score lies at
 * the end of a range that is clipped. Costs a forward pass where the layer has to be looked at.
 */
export async function zeroGradientNotes(
  subject: Subject,
  { needs }: Pick<AnyMethod, "needs">,
  maps: readonly { readonly data: Float32Array }[],
  targets: readonly Prediction[],
): Promise<string[]> {
  const silent = targets.filter((_, i) => maps[i] && isZero(maps[i]));
  if (!needs.includes("gradient") || subject.info.task === "detection" || silent.length === 0) return [];
  const [layer] = subject.layers();
  if (layer && isZero(await subject.activation(layer.name))) {
    return [
      `the layer '${layer.name}' is zero everywhere on this picture, so no gradient comes through it: check the preprocessing, or use a method without gradients`,
    ];
  }
  const scores = subject.scores.data;
  const [low, high] = extent(scores);
  if (low < 0 || high > 1) return [];
  return silent
    .filter(({ index }) => scores[index] === 0 || scores[index] === 1)
    .map(
      ({ index, label }) =>
        `the score of ${label} is exactly ${scores[index]}, the end of its range, where a function that clips has no slope: name the output before that function with output, if the model has one, or use a method without gradients`,
    );
}
