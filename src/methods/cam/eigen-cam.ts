import { mean, pearson } from "../../core/statistics.js";
import { method } from "../method.js";
import { chooseLayer, needsLayer, observesLayer, planesOf } from "../target-layer.js";

export interface EigenCamOptions {
  /** Name of an inner tensor; the model's best candidate when absent. */
  targetLayer?: string;
}

/**
 * Eigen-CAM: the projection of each cell's channels, centred over cells, on their first principal component; the sign is
 * the one that correlates with the mean activation. The same for every class. Muhammad & Yeasin, IJCNN 2020, §III.
 */
export const eigenCam = method<EigenCamOptions>({
  name: "eigen-cam",
  summary: "first principal component of a feature map; the same for every class",
  needs: ["activation"],
  signed: true,
  view: "pixels",
  source: "Muhammad & Yeasin, Eigen-CAM, IJCNN 2020",
  formula: "map(p) = ± v₁ᵀ · (A(p) − mean A), v₁ the first principal component over cells",
  useWhen:
    "Asks what varies most over the feature map, which is often the main object. Needs neither classes nor gradients.",
  cannotShow:
    "The class: every class has the same map. With two objects the component may follow either, and its sign is a convention.",
  defaults: {},
  limits: { targetLayer: undefined },
  presets: { speed: {}, balance: {}, quality: {} },
  cost: () => ({ forward: 1, backward: 0 }),
  unsupported: needsLayer,
  observes: observesLayer,
  async explain(subject, { targetLayer }) {
    const layer = chooseLayer(subject.layers(), targetLayer);
    const { channels, width, height } = layer.geometry;
    const planes = planesOf(await subject.activation(layer.name), layer);
    const activity = new Float64Array(width * height);
    for (const plane of planes) for (let p = 0; p < activity.length; p++) activity[p] += plane[p] / channels;
    const component = firstComponent(planes);
    const sign = pearson(component, activity) < 0 ? -1 : 1;
    const map = { data: Float32Array.from(component, (value) => sign * value), width, height };
    return { maps: subject.targets.map(() => map), resolved: { targetLayer: layer.name }, score: "none" };
  },
});

/**
 * First left singular vector times its singular value of the matrix whose columns are the planes less their means, by
 * power iteration.
 */
export function firstComponent(planes: readonly ArrayLike<number>[]): Float64Array {
  const cells = planes[0].length;
  const centred = planes.map((plane) => {
    const middle = mean(plane);
    return Float64Array.from(plane, (value) => value - middle);
  });
  const widest = centred.reduce((best, plane) => (energy(plane) > energy(best) ? plane : best));
  let vector = widest.slice();
  let singular = 0;
  if (!normalise(vector)) return vector;
  for (let iteration = 0; iteration < 5000; iteration++) {
    const next = new Float64Array(cells);
    let squares = 0;
    for (const plane of centred) {
      let projection = 0;
      for (let p = 0; p < cells; p++) projection += plane[p] * vector[p];
      squares += projection * projection;
      for (let p = 0; p < cells; p++) next[p] += projection * plane[p];
    }
    singular = Math.sqrt(squares);
    normalise(next);
    const change = next.reduce((most, value, p) => Math.max(most, Math.abs(value - vector[p])), 0);
    vector = next;
    if (change < 1e-10) break;
  }
  return vector.map((value) => value * singular);
}

const energy = (values: Float64Array) => values.reduce((sum, value) => sum + value * value, 0);

function normalise(values: Float64Array): boolean {
  const norm = Math.sqrt(energy(values));
  if (norm > 0) for (let i = 0; i < values.length; i++) values[i] /= norm;
  return norm > 0;
}
