import { SightlineError } from "../core/errors.js";
import type { ImageSource } from "../image/types.js";
import { checkModel } from "../model/check-model.js";
import { isSegmenter } from "../model/segmentation/is-segmenter.js";
import { largestArea } from "../model/segmentation/segmentation.js";
import type {
  AreaMask,
  RegionTarget,
  Segmentation,
  SegmentationModel,
  TargetRegion,
} from "../model/segmentation/types.js";
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
 * Explains why a segmentation model sees classes in regions: each class in the area where it is predicted, or in a region
 * that is given. Every region is a run of the method by itself.
 * @throws SightlineError `bad-config` for one class in two regions, or a class that is not seen; and what `explain` throws
 */
export async function explainSegmentation(
  model: SegmentationModel,
  image: ImageSource,
  { targets: wanted, ...options }: SegmentationOptions = {},
): Promise<Explanation> {
  const { signal } = options;
  const targets = await targetsOf(model, image, wanted, { signal });
  checkOnce(model, targets);
  const predicted = targets.some(({ region = "predicted" }) => region === "predicted");
  const segmentation = predicted ? await model.segment(image, { signal }) : undefined;
  const made: Explanation[] = [];
  for (const group of byRegion(targets)) {
    const explanation = await explainRegion(model, image, group, options);
    made.push(withRegions(explanation, model, group, segmentation));
  }
  return made.length === 1 ? made[0] : together(made);
}

/** Classes in one region: the class itself where the region is its predicted area. */
async function explainRegion(
  model: SegmentationModel,
  image: ImageSource,
  group: readonly RegionTarget[],
  options: Omit<SegmentationOptions, "targets">,
): Promise<Explanation> {
  await using classifier = await model.classifierOf(image, group[0], { signal: options.signal });
  const asked = { ...options, targets: group.map(({ label }) => model.classIndex(label)) };
  const plan = planOf(classifier, asked as ExplainOptions);
  return await runPlan(classifier, plan, asked, (stop) => observePicture(classifier, image, plan.observed, stop));
}

/** With the region of each target, which figures outline. */
function withRegions(
  made: Explanation,
  model: SegmentationModel,
  [{ region = "predicted" }]: readonly RegionTarget[],
  segmentation: Segmentation | undefined,
): Explanation {
  const { provenance } = made;
  return new Explanation({
    ...made,
    maps: made.targets.map(({ index }) => made.map(index)),
    targets: made.targets.map((target) => ({
      ...target,
      within: {
        label: model.labels[target.index],
        region: region === "predicted" ? (segmentation as Segmentation).area(target.index) : maskOf(region),
        answer: target.index === made.prediction.index,
      },
    })),
    provenance: { ...provenance, options: { ...provenance.options, region: recorded(region) } },
  });
}

/** Explanations of several regions as one. */
function together(parts: readonly Explanation[]): Explanation {
  const [{ provenance, ...first }] = parts;
  const sum = (of: (one: Explanation["provenance"]) => number) =>
    parts.reduce((total, one) => total + of(one.provenance), 0);
  return new Explanation({
    ...first,
    targets: parts.flatMap(({ targets }) => targets),
    maps: parts.flatMap((one) => one.targets.map(({ index }) => one.map(index))),
    artifacts: parts.flatMap(({ artifacts }) => artifacts),
    provenance: {
      ...provenance,
      options: { ...provenance.options, region: parts.map((one) => one.provenance.options.region) },
      forwardPasses: sum(({ forwardPasses }) => forwardPasses),
      backwardPasses: sum(({ backwardPasses }) => backwardPasses),
      milliseconds: sum(({ milliseconds }) => milliseconds),
      notes: [...new Set(parts.flatMap((one) => one.provenance.notes))],
    },
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

/** @throws SightlineError `bad-config` where a class is asked about twice */
function checkOnce(model: SegmentationModel, targets: readonly RegionTarget[]): void {
  const classes = targets.map(({ label }) => model.classIndex(label));
  const twice = classes.find((index, i) => classes.indexOf(index) !== i);
  if (twice === undefined) return;
  throw new SightlineError("bad-config", `'${model.labels[twice]}' is asked about twice`, {
    received: targets.map(({ label }) => String(label)).join(", "),
    expected: "each class once, in one region",
    next: "explain its regions one by one",
  });
}

/** Targets that one run explains: those of one region that was given; each predicted area is its class's own. */
function byRegion(targets: readonly RegionTarget[]): RegionTarget[][] {
  const groups: RegionTarget[][] = [];
  for (const target of targets) {
    const { region = "predicted" } = target;
    const same = (other: TargetRegion = "predicted") =>
      region !== "predicted" && (other === region || sameBox(other, region));
    const group = groups.find(([first]) => same(first.region));
    if (group) group.push(target);
    else groups.push([target]);
  }
  return groups;
}

/** Cells along a side of the grid that a rectangle is kept on. */
const GRID = 128;

/** A region over the view as a mask. */
function maskOf(region: Exclude<TargetRegion, "predicted">): AreaMask {
  if ("mask" in region) return { mask: region.mask.slice(), width: region.width, height: region.height };
  const within = (cell: number, from: number, size: number) => {
    const centre = (cell + 0.5) / GRID;
    return centre >= from && centre <= from + size;
  };
  const inside = (i: number) =>
    within(i % GRID, region.x, region.width) && within(Math.floor(i / GRID), region.y, region.height);
  return { mask: Uint8Array.from({ length: GRID * GRID }, (_, i) => Number(inside(i))), width: GRID, height: GRID };
}

function sameBox(a: TargetRegion, b: TargetRegion): boolean {
  if (typeof a === "string" || typeof b === "string" || "mask" in a || "mask" in b) return false;
  return a.x === b.x && a.y === b.y && a.width === b.width && a.height === b.height;
}

/** A region as provenance keeps it: of a mask its size. */
function recorded(region: TargetRegion): unknown {
  return typeof region === "object" && "mask" in region ? { width: region.width, height: region.height } : region;
}
