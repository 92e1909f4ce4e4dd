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
