import { SightlineError } from "../core/errors.js";
import { random } from "../core/random.js";
import type { ImageSource } from "../image/types.js";
import { topPredictions } from "../model/ranking.js";
import type { Control, Model, Prediction, Target } from "../model/types.js";
import { type Fill, fillable, fillTensor, subtract } from "../perturb/fill.js";
import type { Region } from "./region.js";

/** Options of {@link testClaim}. */
export interface ClaimOptions extends Control {
  /** The class whose probability is watched; the predicted one when absent. */
  target?: Target;
  /** Hide the region, or hide everything else. */
  action?: "hide" | "keep";
  /** What is shown where the picture is hidden. */
  fill?: Fill;
  /** Number of control regions: the same shape, elsewhere. */
  controls?: number;
  seed?: number;
}

/** What happened when a region was hidden (or kept), and what happens for regions of the same shape elsewhere. */
export interface ClaimTest {
  readonly action: "hide" | "keep";
  readonly fill: Fill;
  /** Share of the view that the region covers, 0…1. */
  readonly area: number;
  readonly target: Prediction;
  readonly before: readonly Prediction[];
  readonly after: readonly Prediction[];
  /** Change of the target's probability, after − before. */
  readonly change: number;
  /** The same change for each control region. */
  readonly controls: readonly number[];
  /**
   * Chance that a random region of the same shape does at least as much in the same direction (when keeping: leaves at
   * least as much): (1 + number of controls that do) /
   * (1 + number of controls). Small means that the region matters more than where it lies by luck.
   */
  readonly chance: number;
}

/**
 * Tests what a map claims: hides a region, predicts again, and does the same with regions of the same shape moved
 * elsewhere (around the edges, and mirrored), so that the answer comes with its chance.
 * @example
 * const region = topRegion(explanation.map(), 0.15, model.info.input);
 * console.log(describeClaim(await testClaim(model, "cat.png", region, { controls: 10 })));
 * @throws SightlineError `shape-mismatch` when the region is not as large as the model's input, `bad-config` when empty
 */
export async function testClaim(
  model: Model,
  image: ImageSource,
  region: Region,
  { target, action = "hide", fill = "blur", controls = 50, seed = 0, signal }: ClaimOptions = {},
): Promise<ClaimTest> {
  const geometry = model.info.input;
  const { width, height } = geometry;
  if (region.width !== width || region.height !== height || region.mask.length !== width * height) {
    throw new SightlineError("shape-mismatch", `a region of ${region.width} × ${region.height} pixels`, {
      received: [region.width, region.height],
      expected: `${width} × ${height}, the model's input`,
    });
  }
  const pixels = region.mask.reduce((sum, inside) => sum + inside, 0);
  if (pixels === 0 || pixels === region.mask.length) {
    throw new SightlineError("bad-config", pixels === 0 ? "the region is empty" : "the region is the whole picture", {
      expected: "a part of the picture",
    });
  }
  const prepared = await model.prepare(image, { signal });
  const input = prepared.tensor;
  const hidden = fillTensor(fillable(model, input), fill);
  const [base, other] = action === "hide" ? [input, hidden] : [hidden, input];

  const size = width * height;
  const masks = new Float32Array((controls + 1) * size);
  masks.set(region.mask);
  const source = random(seed);
  for (let c = 1; c <= controls; c++)
    move(region, source.integer(width), source.integer(height), source.integer(2), masks, c * size);

  const [plain, changed] = await Promise.all([
    model.run(input, { signal }),
    model.masked(
      { base, delta: subtract(other, base), count: controls + 1, masks: { kind: "dense", data: masks } },
      { signal },
    ),
  ]);
  const before = model.probabilities(plain).data;
  const all = model.probabilities(changed);
  const classes = all.dims[1];
  const index = target === undefined ? before.indexOf(Math.max(...before)) : model.classIndex(target);
  const changes = Array.from({ length: controls + 1 }, (_, n) => all.data[n * classes + index] - before[index]);
  const [change, ...rest] = changes;
  const falls = action === "hide" && change <= 0;
  const asMuch = rest.filter((value) => (falls ? value <= change : value >= change)).length;
  return {
    action,
    fill,
    area: pixels / size,
    target: { index, label: model.labels[index], probability: before[index] },
    before: topPredictions(model.labels, before, 5),
    after: topPredictions(model.labels, all.data.subarray(0, classes), 5),
    change,
    controls: rest,
    chance: (1 + asMuch) / (1 + controls),
  };
}

/**
 * A test in a sentence that claims no more than was measured.
 * @example
 * const region = topRegion(explanation.map(), 0.15, model.info.input);
 * describeClaim(await testClaim(model, "cat.png", region, { controls: 10 }));
 * // "hiding 15 % of the picture (blur) takes tripod from 0.94 to 0.08; 0 of 50 regions of the same shape elsewhere do as much"
 */
export function describeClaim({ action, area, target, change, controls, chance, fill }: ClaimTest): string {
  const percent = (value: number) => `${Math.round(100 * value)} %`;
  const after = target.probability + change;
  const act = action === "hide" ? "hiding" : "keeping only";
  const sentence = `${act} ${percent(area)} of the picture (${fill}) takes ${target.label} from ${target.probability.toFixed(2)} to ${after.toFixed(2)}`;
  const random = controls.length
    ? `; ${Math.round(chance * (controls.length + 1)) - 1} of ${controls.length} regions of the same shape elsewhere do as much`
    : "";
  return `${sentence}${random}`;
}

/** Writes the region moved around the edges, mirrored or not, as a mask. */
function move(region: Region, right: number, down: number, mirrored: number, masks: Float32Array, at: number): void {
  const { mask, width, height } = region;
  for (let y = 0; y < height; y++) {
    const row = at + ((y + down) % height) * width;
    for (let x = 0; x < width; x++) {
      if (mask[y * width + (mirrored ? width - 1 - x : x)]) masks[row + ((x + right) % width)] = 1;
    }
  }
}
