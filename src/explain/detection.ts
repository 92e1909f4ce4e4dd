import { didYouMean, SightlineError } from "../core/errors.js";
import { random } from "../core/random.js";
import type { Tensor } from "../core/tensor.js";
import type { ImageSource, PreparedImage } from "../image/types.js";
import type { DetectorSubject, Similarity } from "../methods/detector-subject.js";
import { sameLabelSimilarity, similarities } from "../methods/detector-subject.js";
import { reasonAgainst } from "../methods/method.js";
import { find, METHODS, type MethodName } from "../methods/registry.js";
import { anchorsOf } from "../model/detection/class-layers.js";
import type { Detection, DetectionModel } from "../model/detection/types.js";
import type { Prediction } from "../model/types.js";
import { objectsOf } from "./boxes-as-classes.js";
import type { Explanation } from "./explanation.js";
import { AUTO, type BoxTarget, type DetectionOptions, methodOptions } from "./options.js";
import { checkMode, type Plan } from "./plan.js";
import { explainedImage, type RunControl, runMethod } from "./run-method.js";

/**
 * Explains why a detector finds a box. Maps show how much of the box's score depends on each part of the picture.
 * @throws SightlineError `index-out-of-range`, `unknown-label`, `not-supported`, `unknown-method`, `unknown-option`, …
 */
export async function explainDetection(
  model: DetectionModel,
  image: ImageSource,
  { targets: wanted, method: name = "auto", mode, ...options }: DetectionOptions = {},
): Promise<Explanation> {
  const { method, notes } = chooseMethod(model, name, mode);
  const given: Record<string, unknown> = { ...options };
  if (name === "auto") for (const key of AUTO) if (!(key in method.limits)) delete given[key];
  const complete = methodOptions(method, options.preset ?? "balance", given, model.info.input);
  const plan = { method, options: complete, notes };
  return runMethod(model.info, plan, options, async (control) => {
    const prepared = await model.prepare(image, { signal: control.signal });
    const [detections] = await model.run(prepared.tensor, { signal: control.signal });
    const objects = objectsOf(model, detections);
    const targets = chooseBoxes(model, objects, wanted);
    const shown = await explainedImage(prepared);
    const input = model.info.input;
    const { view } = shown;
    const predictionOf = (index: number): Prediction => {
      const { box, label, score } = objects[index];
      const across = (x: number) => view.x + (x * view.width) / input.width;
      const down = (y: number) => view.y + (y * view.height) / input.height;
      const placed = [across(box[0]), down(box[1]), across(box[2]), down(box[3])] as const;
      return { index, label: model.nameOf(label), probability: score, box: placed };
    };
    return {
      subject: subjectOf({ model, prepared, objects, targets, control }),
      image: shown,
      predictions: objects.map((_, index) => predictionOf(index)),
      targets: targets.map(predictionOf),
    };
  });
}

/** A method asked for by name is never replaced; `auto` says what it chose. */
function chooseMethod(
  model: DetectionModel,
  name: string,
  mode: DetectionOptions["mode"],
): Pick<Plan, "method" | "notes"> {
  checkMode(mode);
  if (name === "auto" && mode !== "white-box") {
    return { method: find("aise"), notes: ["auto chose aise: it needs nothing but the detector's answers"] };
  }
  if (name === "auto" && model.classLayers().length > 0) {
    const notes = ["auto chose det-class-probability-map: layers with class scores were recognised"];
    return { method: find("det-class-probability-map"), notes };
  }
  if (name === "auto") {
    throw new SightlineError("no-feature-layer", "no layers with class scores were recognised in the graph", {
      expected: "layers with class scores for a white-box method",
      next: "use mode: 'black-box', or det-class-probability-map with targetLayers",
    });
  }
  const method = find(name);
  const reason = reasonAgainst(method, model.info, model.layers());
  if (reason === undefined) return { method, notes: [] };
  throw new SightlineError("not-supported", `${name} cannot explain the boxes of a detector: ${reason}`, {
    received: name,
    expected: `one of ${boxMethods(model).join(", ")}`,
    next: "leave method out for aise",
  });
}

const boxMethods = (model: DetectionModel) =>
  (Object.keys(METHODS) as MethodName[]).filter(
    (name) => reasonAgainst(find(name), model.info, model.layers()) === undefined,
  );

function chooseBoxes(
  model: DetectionModel,
  objects: readonly Detection[],
  wanted: DetectionOptions["targets"],
): number[] {
  const asked: readonly BoxTarget[] = wanted === undefined ? [{ box: 0 }] : Array.isArray(wanted) ? wanted : [wanted];
  const indices = asked.flatMap((target): number[] => {
    if (target === "all") return objects.map((_, index) => index);
    if (typeof target === "string") {
      const labelled = objects.flatMap(({ label }, index) => (model.nameOf(label) === target ? [index] : []));
      if (labelled.length > 0) return labelled;
      const names = [...new Set(objects.map(({ label }) => model.nameOf(label)))];
      throw new SightlineError("unknown-label", `no '${target}' was found on the picture`, {
        received: target,
        expected: `one of ${names.join(", ")}, or { box: index }`,
        next: didYouMean(target, names),
      });
    }
    if (typeof target !== "object" || target === null) {
      throw new SightlineError("bad-config", `targets cannot be ${target}`, {
        received: target,
        expected: "{ box: index }, a label or 'all'",
        next: typeof target === "number" ? `write { box: ${target} }` : undefined,
      });
    }
    const { box } = target;
    if (Number.isInteger(box) && box >= 0 && box < objects.length) return [box];
    throw new SightlineError("index-out-of-range", `there is no box ${box}`, {
      received: box,
      expected: `a whole number from 0 to ${objects.length - 1}: ${objects.length} objects were found`,
    });
  });
  if (indices.length > 0) return [...new Set(indices)];
  throw new SightlineError("bad-config", "targets is empty", { expected: "{ box: index }, a label or 'all'" });
}

interface SubjectParts {
  readonly model: DetectionModel;
  readonly prepared: PreparedImage;
  readonly objects: readonly Detection[];
  readonly targets: readonly number[];
  readonly control: RunControl;
}

/** A method's view of the detector: its objects as classes, every call counted and under the caller's signal. */
function subjectOf(parts: SubjectParts, similarity: Similarity = sameLabelSimilarity): DetectorSubject {
  const { model, prepared, objects, targets } = parts;
  const { signal, seed, counter, progress } = parts.control;
  const scored = (copies: readonly (readonly Detection[])[]) => similarities(objects, copies, similarity);
  const noGradients = () =>
    Promise.reject(new SightlineError("not-supported", "there are no gradients of a detector's boxes"));
  return {
    prepared,
    input: prepared.tensor,
    geometry: model.info.input,
    info: model.info,
    classes: objects.length,
    names: objects.map(({ label }, i) => `${model.nameOf(label)} ${i}`),
    labels: model.info.classes,
    targets,
    objects,
    classLayers: model.classLayers(),
    anchorsOf: (channels) => anchorsOf(channels, model.info.classes),
    scores: scored([objects]),
    random: random(seed),
    signal,
    progress,
    scoredBy: (other) => subjectOf(parts, other),
    classIndex: Number,
    probabilities: (scores) => scores,
    logits: (scores) => scores,
    pixels: () => model.pixels(prepared),
    fill: (colour) => model.fill(colour),
    batchSize: () => model.batchSize(),
    layers: () => model.layers(),
    async activation(layer) {
      counter.forward += 1;
      return (await model.activations(prepared.tensor, [layer], { signal })).get(layer) as Tensor;
    },
    async run(batch) {
      counter.forward += batch.dims[0];
      return scored(await model.run(batch, { signal }));
    },
    async observe(batch, layers) {
      counter.forward += batch.dims[0];
      const activations = await model.activations(batch, layers, { signal });
      return { scores: scored(await model.run(batch, { signal })), activations };
    },
    async masked(batch) {
      counter.forward += batch.count;
      return scored(await model.masked(batch, { signal }));
    },
    gradient: noGradients,
  };
}
