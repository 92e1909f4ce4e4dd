import { checkRegionShape } from "../core/check-region.js";
import { checkKeys } from "../core/checks.js";
import { SightlineError } from "../core/errors.js";
import { checkOptions, type Limits, optionNames } from "../core/options.js";
import { placeOf } from "../core/pixel-index.js";
import { random } from "../core/random.js";
import type { Tensor } from "../core/tensor.js";
import { longWork, type Work } from "../core/work.js";
import type { ImageSource } from "../image/types.js";
import { checkClassifier } from "../model/check-model.js";
import { topPredictions } from "../model/ranking.js";
import type { Control, InputGeometry, Model, Target } from "../model/types.js";
import { FILLS, type Fill, fillable, fillTensor, subtract } from "../perturb/fill.js";
import { ClaimResult } from "./claim-result.js";
import type { Region } from "./region.js";
import { scoresOfMasks, writeElsewhere } from "./region-passes.js";

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
  /** Seed of the places of the control regions; default 0. */
  seed?: number;
}

/**
 * Tests what a map claims: hides a region, predicts again, and does the same with regions of the same shape moved
 * elsewhere (around the edges, and mirrored), so that the answer comes with its chance. The result shows itself as the
 * last value of a cell.
 * @example
 * const region = topRegion(explanation.map(), 0.15, model.info.input);
 * console.log(describeClaim(await testClaim(model, "cat.png", region, { controls: 10 })));
 * @throws SightlineError `shape-mismatch` when the region is not as large as the model's input, `bad-config` when empty
 *   or an option is out of range
 */
export async function testClaim(
  model: Model,
  image: ImageSource,
  region: Region,
  options: ClaimOptions = {},
): Promise<ClaimResult> {
  checkClassifier(model);
  checkKeys(options, OPTIONS, "testClaim");
  checkOptions("testClaim", LIMITS, options);
  return longWork(`claim on ${model.info.name}`, options.signal, (work) =>
    testUnder(model, image, region, options, work),
  );
}

async function testUnder(
  model: Model,
  image: ImageSource,
  region: Region,
  { target, action = "hide", fill = "blur", controls = 50, seed = 0 }: ClaimOptions,
  work: Work,
): Promise<ClaimResult> {
  const { signal } = work;
  const covered = checkRegion(region, model.info.input);
  const prepared = await model.prepare(image, { signal });
  const input = prepared.tensor;
  const hidden = fillTensor(fillable(model, input), fill);
  const [base, other] = action === "hide" ? [input, hidden] : [hidden, input];
  const masks = regionMasks(region, controls, seed);
  const [plain, changed] = await Promise.all([
    model.run(input, { signal }),
    scoresOfMasks(model, { base, delta: subtract(other, base) }, masks, work),
  ]);
  const before = model.probabilities(plain).data;
  const all = model.probabilities(changed);
  const classes = all.dims[1];
  const index = target === undefined ? before.indexOf(Math.max(...before)) : model.classIndex(target);
  const changes = Array.from({ length: controls + 1 }, (_, n) => all.data[n * classes + index] - before[index]);
  const [change, ...rest] = changes;
  const falls = action === "hide" && change <= 0;
  const asMuch = rest.filter((value) => (falls ? value <= change : value >= change)).length;
  const copy = (n: number) => {
    const mask = masks.subarray(n * region.mask.length, (n + 1) * region.mask.length);
    return model.pixels({ ...prepared, tensor: composed(base, other, mask, model.info.input) });
  };
  const shownControls = Array.from({ length: Math.min(controls, SHOWN_CONTROLS) }, (_, i) => copy(i + 1));
  return new ClaimResult(
    {
      action,
      fill,
      area: covered / region.mask.length,
      target: { index, label: model.labels[index], probability: before[index] },
      before: topPredictions(model.labels, before, 5),
      after: topPredictions(model.labels, all.data.subarray(0, classes), 5),
      change,
      controls: rest,
      chance: (1 + asMuch) / (1 + controls),
    },
    {
      before: await model.pixels(prepared),
      after: await copy(0),
      region: region.mask.slice(),
      controls: await Promise.all(shownControls),
      aspect: prepared.view.width / prepared.view.height,
    },
  );
}

const OPTIONS = optionNames<ClaimOptions>({
  target: true,
  action: true,
  fill: true,
  controls: true,
  seed: true,
  signal: true,
});

const LIMITS: Limits<Omit<ClaimOptions, "target" | "signal">> = {
  action: ["hide", "keep"],
  fill: FILLS,
  controls: { from: 0, to: 1e5, whole: true },
  seed: { whole: true },
};

/** How many of the control regions are shown as pictures. */
const SHOWN_CONTROLS = 5;

/** How many pixels a region covers. @throws SightlineError `shape-mismatch`, `bad-config` */
function checkRegion(region: Region, input: InputGeometry): number {
  checkRegionShape(region);
  const { mask, width, height } = region;
  if (width !== input.width || height !== input.height) {
    throw new SightlineError("shape-mismatch", `a region of ${width} × ${height} pixels`, {
      received: [width, height],
      expected: `${input.width} × ${input.height}, the model's input`,
    });
  }
  const covered = mask.reduce((sum, inside) => sum + inside, 0);
  if (covered > 0 && covered < mask.length) return covered;
  throw new SightlineError("bad-config", covered === 0 ? "the region is empty" : "the region is the whole picture", {
    expected: "a part of the picture",
  });
}

/** The region, and the same shape moved elsewhere so many times. */
function regionMasks(region: Region, controls: number, seed: number): Float32Array {
  const masks = new Float32Array((controls + 1) * region.mask.length);
  masks.set(region.mask);
  writeElsewhere([region], random(seed), masks.subarray(region.mask.length));
  return masks;
}

/** One input where a mask is 0, another where it is 1. */
function composed(outside: Tensor, inside: Tensor, mask: Float32Array, input: InputGeometry): Tensor {
  const place = placeOf(input);
  return { data: outside.data.map((value, i) => (mask[place(i)] ? inside.data[i] : value)), dims: outside.dims };
}
