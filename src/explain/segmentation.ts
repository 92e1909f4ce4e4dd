import { SightlineError } from "../core/errors.js";
import type { ImageSource } from "../image/types.js";
import { checkModel } from "../model/check-model.js";
import { isSegmenter } from "../model/segmentation/is-segmenter.js";
import { largestArea } from "../model/segmentation/segmentation.js";
import type { RegionTarget, SegmentationModel, TargetRegion } from "../model/segmentation/types.js";
import type { Control, Model } from "../model/types.js";
import { observePicture, runPlan } from "./classification.js";
import { Explanation } from "./explanation.js";
import type { ExplainOptions, SegmentationOptions, SegmentationTarget } from "./options.js";
import { planOf } from "./plan.js";

/**
 * A segmentation model as a classifier of one region of a picture: its classes are the model's, the raw score of each is
 * the mean of its logits over the region, and its probability follows from these means as a cell's follows from its
 * logits. Every method explains it, and `testClaim`, `evaluate`, `compare`, `recommend` and the widgets ask it. It runs in
 * a thread of its own: close it, too. The score is that of Seg-Grad-CAM (Vinogradova et al., AAAI 2020), which has the sum
 * where this has the mean.
 * @example
 * const labels = ["ground", ...classroom.labels];
 * await using shapes = await loadModel("shapes.onnx", { task: "segmentation", labels, preprocess: { mean: 0.6, std: 0.25 } });
 * await using boat = await regionAsClasses(shapes, "cat.png", { label: "boat" });
 * const explanation = await explain(boat, "cat.png", { method: "grad-cam", targets: "top:1" });
 * console.log(explanation.targets[0].label);          // boat (predicted area)
 * @throws SightlineError `bad-config` for another model, a region that is none, or a class that is not seen;
 *   `unknown-label`, `index-out-of-range`
 */
export function regionAsClasses(
  segmenter: SegmentationModel,
  image: ImageSource,
  target: RegionTarget,
  { signal }: Control = {},
): Promise<Model> {
  checkModel(segmenter);
  if (isSegmenter(segmenter)) return segmenter.classifierOf(image, target, { signal });
  const { name } = (segmenter as Model).info;
  throw new SightlineError("bad-config", "regionAsClasses got no segmentation model", {
    received: name,
    expected: "a model loaded with task: 'segmentation'",
    next: "give a classifier itself to what asks it",
  });
}

/**
 * Explains why a segmentation model sees a class in a region.
 * @throws SightlineError `bad-config` for several regions, or a class that is not seen; and what `explain` throws
 */
export async function explainSegmentation(
  model: SegmentationModel,
  image: ImageSource,
  { targets: wanted, ...options }: SegmentationOptions = {},
): Promise<Explanation> {
  const { signal } = options;
  const targets = await targetsOf(model, image, wanted, { signal });
  const region = targets[0].region ?? "predicted";
  checkOneRegion(model, targets, region);
  await using classifier = await model.classifierOf(image, targets[0], { signal });
  const asked = { ...options, targets: targets.map(({ label }) => model.classIndex(label)) };
  const plan = planOf(classifier, asked as ExplainOptions);
  const note = classifier.info.notes.at(-1) as string;
  const made = await runPlan(classifier, { ...plan, notes: [note, ...plan.notes] }, asked, (stop) =>
    observePicture(classifier, image, plan.observed, stop),
  );
  const { provenance } = made;
  const maps = made.targets.map(({ index }) => made.map(index));
  return new Explanation({
    ...made,
    maps,
    provenance: { ...provenance, options: { ...provenance.options, region: recorded(region) } },
  });
}

async function targetsOf(
  model: SegmentationModel,
  image: ImageSource,
  wanted: SegmentationOptions["targets"],
  control: Control,
): Promise<RegionTarget[]> {
  if (wanted === undefined) return [{ label: largestArea(await model.segment(image, control)).index }];
  const all = [wanted].flat() as SegmentationTarget[];
  if (all.length > 0) return all.map((target) => (isRegionTarget(target) ? target : { label: target }));
  throw new SightlineError("bad-config", "targets is empty", {
    received: wanted,
    expected: "a class index, a label or { label, region }",
  });
}

const isRegionTarget = (target: SegmentationTarget): target is RegionTarget =>
  typeof target === "object" && target !== null;

/** @throws SightlineError `bad-config` where targets are of several regions */
function checkOneRegion(model: SegmentationModel, targets: readonly RegionTarget[], region: TargetRegion): void {
  const same = (other: TargetRegion = "predicted") => other === region || sameBox(other, region);
  const classes = new Set(targets.map(({ label }) => model.classIndex(label)));
  if (targets.every((target) => same(target.region)) && (region !== "predicted" || classes.size === 1)) return;
  throw new SightlineError("bad-config", "the targets are of several regions", {
    received: targets.map(({ label }) => String(label)).join(", "),
    expected: "one region for all of them: each class has a predicted area of its own",
    next: "explain them one by one, or give all the same region",
  });
}

function sameBox(a: TargetRegion, b: TargetRegion): boolean {
  if (typeof a === "string" || typeof b === "string" || "mask" in a || "mask" in b) return false;
  return a.x === b.x && a.y === b.y && a.width === b.width && a.height === b.height;
}

/** A region as provenance keeps it: of a mask its size. */
function recorded(region: TargetRegion): unknown {
  return typeof region === "object" && "mask" in region ? { width: region.width, height: region.height } : region;
}
