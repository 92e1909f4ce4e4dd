import type { CellStep } from "../../core/method-step.js";
import { BOOLEAN } from "../../core/options.js";
import type { LayerGeometry } from "../../model/types.js";
import { type MethodResult, method, type Subject } from "../method.js";
import { chooseLayer, needsLayer, observesLayer } from "../target-layer.js";

export interface ReciproCamOptions {
  /** Name of an inner tensor; the model's best candidate when absent. */
  targetLayer?: string;
  /** Spread each cell over its neighbours, [1,2,1]⊗[1,2,1]/16. */
  gaussian: boolean;
}

/**
 * Recipro-CAM: the class score when only one cell of the feature map is kept, cell by cell. The model is cut at that
 * layer; its head runs once on a batch of height · width masked maps, so every class costs the same. Values are the
 * model's own raw scores. Byun & Lee, Recipro-CAM, CVPRW 2024, eq. 3.
 */
export const reciproCam = method<ReciproCamOptions>({
  name: "recipro-cam",
  summary: "class score with one cell of the feature map kept at a time; one pass and a batch of heads",
  needs: ["activation"],
  signed: false,
  view: "pixels",
  source: "Byun & Lee, Recipro-CAM, CVPR Workshops 2024",
  formula: "map(p) = score_c(head(A ⊙ m_p)), m_p keeps cell p alone",
  useWhen:
    "Asks what each cell of a late layer says for the class by itself. The first choice for convolutional networks: no gradients, one pass, every class at the same price.",
  cannotShow:
    "Evidence that needs two places together, as every cell is judged alone. Nothing finer than the layer's cells, often 7 × 7: smooth edges are enlargement.",
  defaults: { gaussian: false },
  limits: { targetLayer: undefined, gaussian: BOOLEAN },
  presets: { speed: {}, balance: {}, quality: {} },
  cost: () => ({ forward: 1, backward: 0 }),
  unsupported: needsLayer,
  observes: observesLayer,
  explain: (subject, { targetLayer, gaussian }) => keepOneCell("recipro-cam", subject, targetLayer, gaussian),
});

/** Recipro-CAM on any layer with rows and columns, tokens included; class and register tokens are kept in every copy. */
export async function keepOneCell(
  method: CellStep["method"],
  subject: Subject,
  targetLayer: string | undefined,
  gaussian: boolean,
): Promise<MethodResult> {
  const layer = chooseLayer(subject.layers(), targetLayer);
  const { width, height } = layer.geometry;
  const activation = await subject.activation(layer.name);
  const cells = width * height;
  const scores = await subject.masked({
    layer: layer.name,
    delta: activation,
    count: cells,
    masks: { kind: "dense", data: oneCellMasks(layer.geometry, gaussian) },
  });
  const { data, dims } = scores;
  subject.progress({
    done: cells,
    total: cells,
    step: () => ({ method, layer: layer.name, columns: width, rows: height, scores }),
  });
  const maps = subject.targets.map((target) => ({
    data: Float32Array.from({ length: cells }, (_, cell) => data[cell * dims[1] + target]),
    width,
    height,
  }));
  const score = subject.info.activation === "none" ? "logit" : "probability";
  return { maps, resolved: { targetLayer: layer.name, headPasses: cells }, score };
}

/** [cells, cells]: row k keeps cell k alone, or a 3×3 Gaussian around it. */
export function oneCellMasks(
  { width, height }: Pick<LayerGeometry, "width" | "height">,
  gaussian: boolean,
): Float32Array {
  const cells = width * height;
  const masks = new Float32Array(cells * cells);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const row = (y * width + x) * cells;
      if (!gaussian) {
        masks[row + y * width + x] = 1;
        continue;
      }
      for (let dy = -1; dy <= 1; dy++) {
        for (let dx = -1; dx <= 1; dx++) {
          if (y + dy < 0 || y + dy >= height || x + dx < 0 || x + dx >= width) continue;
          masks[row + (y + dy) * width + x + dx] = ((2 - Math.abs(dy)) * (2 - Math.abs(dx))) / 16;
        }
      }
    }
  }
  return masks;
}
