import { SightlineError } from "../core/errors.js";
import { isPromise, kindOf } from "../core/kind-of.js";

/** @throws SightlineError `bad-config` unless it is what `loadModel` gives */
export function checkModel(model: unknown): void {
  if (typeof model === "object" && model !== null && "info" in model) return;
  throw new SightlineError("bad-config", `not a model: ${kindOf(model)}`, {
    received: model,
    expected: "what loadModel gives",
    next: isPromise(model) ? "await the promise" : undefined,
  });
}

/** What to ask instead of a model that gives a whole picture no class, by its task. */
const OF_ITS_OWN: Readonly<Record<string, readonly [what: string, next: string]>> = {
  detection: ["a detector", "ask boxesAsClasses(model, image), a classifier of its boxes"],
  segmentation: [
    "a segmentation model",
    "use model.segment(image), or ask regionAsClasses(model, image, { label }), a classifier of one region",
  ],
};

/** @throws SightlineError `bad-config` unless it is a model, `not-supported` for one that gives a whole picture no class */
export function checkClassifier(model: unknown): void {
  checkModel(model);
  const task = (model as { readonly info: { readonly task?: string } }).info.task;
  if (task !== undefined) throw noClassifier(task);
}

/** Of a detector or a segmentation model where a classifier is asked for. */
export function noClassifier(task: string): SightlineError {
  const [what, next] = OF_ITS_OWN[task] ?? [`a model for ${task}`, undefined];
  return new SightlineError("not-supported", `${what} gives a whole picture no class`, { next });
}
