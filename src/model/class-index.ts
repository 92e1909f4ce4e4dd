import { closest, SightlineError } from "../core/errors.js";
import type { Target } from "./types.js";

/**
 * Index of a class by its index or its label; capitals count only where labels differ by nothing else.
 * @throws SightlineError `unknown-label`, `ambiguous-label`, `index-out-of-range`, `bad-config` for what is neither
 */
export function classIndexOf(target: Target, labels: readonly string[], classes: number): number {
  if (typeof target === "number") {
    if (Number.isInteger(target) && target >= 0 && target < classes) return target;
    throw new SightlineError("index-out-of-range", `there is no class ${target}`, {
      received: target,
      expected: `a whole number from 0 to ${classes - 1}`,
    });
  }
  if (typeof target !== "string") {
    throw new SightlineError(
      "unknown-label",
      `a class cannot be ${target === null ? "null" : `of type ${typeof target}`}`,
      {
        received: target,
        expected: "a label or an index",
      },
    );
  }
  const [index, ...others] = indicesOfLabel(target, labels);
  if (index === undefined) {
    const near = closest(target, labels, 3);
    throw new SightlineError("unknown-label", `unknown label '${target}'`, {
      received: target,
      next: suggestion(target, near, classes),
    });
  }
  if (others.length === 0) return index;
  throw ambiguousLabel(target, [index, ...others], "classes");
}

function suggestion(target: string, near: readonly string[], classes: number): string {
  if (/^\d+$/.test(target) && Number(target) < classes)
    return `an index is a number: ${Number(target)}, without quotes`;
  if (near.length > 0) return `did you mean ${near.map((label) => `'${label}'`).join(" or ")}?`;
  return "model.labels lists all of them";
}

/** Indices of a label: those that are it exactly, or, where there is none, those that are it but for capitals. */
export function indicesOfLabel(text: string, labels: readonly string[]): number[] {
  const matching = (same: (label: string) => boolean) => labels.flatMap((label, index) => (same(label) ? [index] : []));
  const exact = matching((label) => label === text);
  if (exact.length > 0) return exact;
  const lowerCase = text.toLowerCase();
  return matching((label) => label.toLowerCase() === lowerCase);
}

/** @param of what has the name: "classes" */
export function ambiguousLabel(name: string, indices: readonly number[], of: string): SightlineError {
  const shown = indices.slice(0, 12).join(", ") + (indices.length > 12 ? ", …" : "");
  return new SightlineError("ambiguous-label", `${indices.length} ${of} are called '${name}'`, {
    received: name,
    expected: `one of the indices ${shown}`,
  });
}
