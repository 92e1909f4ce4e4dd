import { SightlineError } from "../../core/errors.js";
import type { Tensor } from "../../core/tensor.js";
import { classGiven } from "../ranking.js";
import { toProbabilities } from "../scores.js";
import type { ModelInfo, Target } from "../types.js";
import type { AreaMask, Segmentation, SegmentedArea } from "./types.js";

/** What scores are read by. */
interface Reading {
  readonly info: Pick<ModelInfo, "probabilities" | "activation">;
  readonly labels: readonly string[];
  classIndex(target: Target): number;
}

/** From how probable a class of independent ones is seen in a cell. */
const SEEN_FROM = 0.5;

/** What the scores of one picture say: [1, classes, rows, columns] by `axis` 1, the classes last by 3. */
export function segmentationOf({ data, dims }: Tensor, axis: 1 | 3, reading: Reading): Segmentation {
  const classes = dims[axis];
  const [height, width] = axis === 1 ? [dims[2], dims[3]] : [dims[1], dims[2]];
  const cells = height * width;
  const at =
    axis === 1 ? (cell: number, c: number) => c * cells + cell : (cell: number, c: number) => cell * classes + c;
  const rows = new Float32Array(data.length);
  for (let cell = 0; cell < cells; cell++)
    for (let c = 0; c < classes; c++) rows[cell * classes + c] = data[at(cell, c)];
  const { data: probabilities } = toProbabilities({ data: rows, dims: [cells, classes] }, reading.info.probabilities);
  const seen = seenBy(reading.info);
  const masks = new Map<number, Uint8Array>();
  const sums = new Map<number, number>();
  for (let cell = 0; cell < cells; cell++) {
    const row = probabilities.subarray(cell * classes, (cell + 1) * classes);
    for (const index of seen(row)) {
      const mask = masks.get(index) ?? new Uint8Array(cells);
      mask[cell] = 1;
      masks.set(index, mask);
      sums.set(index, (sums.get(index) ?? 0) + row[index]);
    }
  }
  const areas = Array.from(masks, ([index, mask]): SegmentedArea => {
    const count = mask.reduce((sum, inside) => sum + inside, 0);
    const label = reading.labels[index];
    return { index, label, share: count / cells, probability: (sums.get(index) as number) / count };
  });
  return {
    areas: areas.sort((a, b) => b.share - a.share || a.index - b.index),
    width,
    height,
    area(target: Target): AreaMask {
      const mask = masks.get(reading.classIndex(target))?.slice() ?? new Uint8Array(cells);
      return { mask, width, height };
    },
  };
}

/** Which classes are seen in a cell: the most probable one, or all that are, where labels are independent. */
function seenBy({ probabilities, activation }: Reading["info"]): (row: Float32Array) => Iterable<number> {
  if (probabilities !== "sigmoid" && activation !== "sigmoid") return (row) => [classGiven(row)];
  return function* (row) {
    for (let i = 0; i < row.length; i++) if (row[i] >= SEEN_FROM) yield i;
  };
}

/** @throws SightlineError `bad-config` where nothing is seen at all */
export function largestArea({ areas }: Segmentation): SegmentedArea {
  if (areas.length > 0) return areas[0];
  throw new SightlineError("bad-config", "the model sees none of its classes on this picture", {
    expected: "targets: { label, region }",
    next: "say which class, and where",
  });
}
