import { SightlineError } from "../../core/errors.js";
import type { Tensor } from "../../core/tensor.js";
import { resizeMap } from "../../image/resize-map.js";
import { asDetector, type DetectorSubject, needsDetector } from "../detector-subject.js";
import { method } from "../method.js";

export interface DetClassProbabilityMapOptions {
  /** Names of the tensors with class scores, one a scale; found in the graph when absent. */
  targetLayers?: readonly string[];
}

/**
 * Where a detector holds a class probable: the class scores of every scale, the largest of the anchors of each cell,
 * softmax over the classes, resized to the finest scale and averaged. One pass; a map belongs to a class, so that boxes
 * of one class have the same. OpenVINO XAI, DetClassProbabilityMap.
 */
export const detClassProbabilityMap = method<DetClassProbabilityMapOptions>({
  name: "det-class-probability-map",
  summary: "where a detector's class scores are high, over all scales; one pass",
  needs: ["activation"],
  signed: false,
  view: "pixels",
  source: "OpenVINO XAI, DetClassProbabilityMap",
  formula: "map = mean over scales of max over anchors of softmax over classes",
  useWhen:
    "Asks where a detector holds a class probable, at the price of one pass. A first look at what it sees in a whole picture.",
  cannotShow:
    "A single box: all boxes of a class share the map. It is the detector's answer cell by cell, not what the answer rests on.",
  defaults: {},
  limits: { targetLayers: undefined },
  presets: { speed: {}, balance: {}, quality: {} },
  cost: () => ({ forward: 1, backward: 0 }),
  explainsBoxes: true,
  unsupported: needsDetector,
  async explain(given, { targetLayers }) {
    const subject = asDetector(given, "det-class-probability-map");
    const names = targetLayers ?? subject.classLayers.map(({ name }) => name);
    if (names.length === 0) {
      throw new SightlineError("no-feature-layer", "no layers with class scores were recognised in the graph", {
        expected: "convolutions with anchors · classes channels before the outputs, one a scale",
        next: "name them with targetLayers, or use d-rise or aise",
      });
    }
    const scales = await Promise.all(
      names.map(async (name) => classProbabilities(subject, await subject.activation(name), name)),
    );
    const { width, height } = scales.reduce((a, b) => (b.width * b.height > a.width * a.height ? b : a));
    const maps = subject.targets.map((target) => {
      const { label } = subject.objects[target];
      const data = new Float32Array(width * height);
      for (const scale of scales) {
        const cells = scale.width * scale.height;
        const classScores = scale.data.subarray(label * cells, (label + 1) * cells);
        resizeMap(classScores, scale.width, scale.height, width, height).forEach((value, p) => {
          data[p] += value / scales.length;
        });
      }
      return { data, width, height };
    });
    return { maps, resolved: { targetLayers: names } };
  },
});

/** [1, anchors · (skip + classes), h, w] to probabilities [classes, h, w]. */
function classProbabilities({ labels: classes, anchorsOf }: DetectorSubject, { data, dims }: Tensor, name: string) {
  const [, channels, height, width] = dims;
  const parts = dims.length === 4 ? anchorsOf(channels) : undefined;
  if (!parts) {
    throw new SightlineError("shape-mismatch", `the layer '${name}' is [${dims.join(", ")}]`, {
      received: dims,
      expected: `[1, anchors × ${classes} classes, rows, columns]`,
      next: "name layers that hold class scores",
    });
  }
  const cells = width * height;
  const best = new Float32Array(classes * cells).fill(Number.NEGATIVE_INFINITY);
  for (let anchor = 0; anchor < parts.anchors; anchor++) {
    const start = (anchor * (parts.skip + classes) + parts.skip) * cells;
    for (let i = 0; i < best.length; i++) best[i] = Math.max(best[i], data[start + i]);
  }
  for (let cell = 0; cell < cells; cell++) {
    let [top, total] = [Number.NEGATIVE_INFINITY, 0];
    for (let label = 0; label < classes; label++) top = Math.max(top, best[label * cells + cell]);
    for (let i = cell; i < best.length; i += cells) total += Math.exp(best[i] - top);
    for (let i = cell; i < best.length; i += cells) best[i] = Math.exp(best[i] - top) / total;
  }
  return { data: best, width, height };
}
