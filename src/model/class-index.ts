import { closest, SightlineError } from "../core/errors.js";
import type { Target } from "./types.js";

/** Index of a class by its index or its label. @throws SightlineError `unknown-label`, `index-out-of-range` */
export function classIndexOf(target: Target, labels: readonly string[], classes: number): number {
  if (typeof target === "number") {
    if (Number.isInteger(target) && target >= 0 && target < classes) return target;
    throw new SightlineError("index-out-of-range", `there is no class ${target}`, {
      received: target,
      expected: `a whole number from 0 to ${classes - 1}`,
    });
  }
  const exact = labels.indexOf(target);
  if (exact >= 0) return exact;
  const lowerCase = target.toLowerCase();
  const alike = labels.findIndex((label) => label.toLowerCase() === lowerCase);
  if (alike >= 0) return alike;
  const near = closest(target, labels, 3);
  throw new SightlineError("unknown-label", `unknown label '${target}'`, {
    received: target,
    next: near.length
      ? `did you mean ${near.map((label) => `'${label}'`).join(" or ")}?`
      : "model.labels lists all of them",
  });
}
