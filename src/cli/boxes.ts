import type { BoxTarget } from "../explain/options.js";
import type { DetectedObject } from "../model/detection/types.js";
import type { Prediction } from "../model/types.js";
import type { Rows } from "./terminal.js";

/** A row for each object that a detector found; `index` is what `--targets` takes. */
export function boxRows(image: string, objects: readonly DetectedObject[], asJson: boolean | undefined): Rows {
  return objects.map(({ index, name, score, box }) => ({
    image,
    index,
    label: name,
    probability: score,
    box: boxCell(box, asJson),
  }));
}

/** A box in pixels of the picture: left, top, right, bottom; numbers for programs, whole ones for people. */
export function boxCell(box: NonNullable<Prediction["box"]>, asJson: boolean | undefined): unknown {
  return asJson ? box : box.map(Math.round).join(", ");
}

/**
 * Boxes written as text: indices among those that `predict` lists, labels, and "all", separated by commas. A label may hold
 * commas itself; `label:` before it says that it is none of the others.
 */
export function boxTargetsOfText(text: string, labels: readonly string[]): BoxTarget[] {
  const parts = text.split(",");
  const targets: BoxTarget[] = [];
  for (let from = 0; from < parts.length; ) {
    let to = parts.length;
    const item = () => parts.slice(from, to).join(",").trim();
    while (to > from + 1 && !labels.includes(item().replace(/^label:/, ""))) to--;
    targets.push(/^\d+$/.test(item()) ? { box: Number(item()) } : item().replace(/^label:/, ""));
    from = to;
  }
  return targets;
}
