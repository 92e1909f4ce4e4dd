import type { CellStep, MaskStep, MethodStep, PathStep } from "../core/method-step.js";
import type { Tensor } from "../core/tensor.js";
import { collapse } from "../methods/pixel-gradients.js";
import { topPredictions } from "../model/ranking.js";
import type { Model } from "../model/types.js";
import { boxMean } from "../render/box-mean.js";
import { bytes } from "./buffers.js";
import type { TheatrePlan, WireSteps } from "./traits/index.js";

/** Most bytes of a run's steps: later ones are not kept one by one. */
const MOST_BYTES = 1_000_000;

/** Most cells a side of what a gradient adds. */
const SIDE = 28;

/** Classes that a cell's vote names. */
const TOP = 3;

/** Steps of a run, and what they have in common. */
export interface Recorded {
  readonly plan: TheatrePlan;
  readonly steps: WireSteps;
}

/** Writes down what a method tells of itself, small enough to travel. */
export class TheatreRecorder {
  #count = 0;
  #bytes = 0;

  /**
   * @param target index of the class that is watched
   * @param baselines how many ways integrated gradients go
   */
  constructor(
    private readonly model: Pick<Model, "info" | "labels" | "probabilities">,
    private readonly target: number,
    private readonly baselines = 1,
  ) {}

  /** Steps so far, those that were not kept included. */
  get count(): number {
    return this.#count;
  }

  /** What is to travel of a step; undefined where too much has already. */
  take(step: MethodStep): Recorded | undefined {
    const recorded = this.#record(step);
    this.#count += recorded.steps.count;
    const { answers, cells, places, way, values } = recorded.steps;
    for (const part of [answers, cells, places, way, values]) this.#bytes += part?.length ?? 0;
    return this.#bytes <= MOST_BYTES ? recorded : undefined;
  }

  #record(step: MethodStep): Recorded {
    switch (step.method) {
      case "integrated-gradients":
        return this.#path(step);
      case "recipro-cam":
      case "vit-recipro-cam":
        return this.#cells(step);
      default:
        return this.#masks(step);
    }
  }

  #masks({ method, masks, scores }: MaskStep): Recorded {
    const [{ columns, rows, box, soft, around }] = masks;
    const sum = ({ rise: "weights", occlusion: "drops", "gp-rise": "none" } as const)[method];
    return {
      plan: { kind: "masks", columns, rows, width: box.width, height: box.height, soft, around, sum },
      steps: {
        ...this.#answered(scores),
        cells: packed(masks.map(({ cells }) => cells)),
        places: bytes(Float32Array.from(masks.flatMap(({ box: { x, y } }) => [x, y]))),
      },
    };
  }

  #cells({ columns, rows, layer, scores }: CellStep): Recorded {
    const { labels } = this.model;
    const votes = rowsOf(this.model.probabilities(scores)).map((row) => topPredictions(labels, row, TOP));
    return {
      plan: { kind: "cells", columns, rows, layer, votes },
      steps: {
        ...this.#answered(scores),
        values: bytes(Float32Array.from(rowsOf(scores), (row) => row[this.target])),
      },
    };
  }

  #path({ baseline, positions, weights, gradients, difference, scores }: PathStep): Recorded {
    const { input } = this.model.info;
    const [columns, rows] = [Math.min(SIDE, input.width), Math.min(SIDE, input.height)];
    const values = new Float32Array(gradients.length * columns * rows);
    for (const [i, gradient] of gradients.entries()) {
      const part = weights[i] / this.baselines;
      const { data, width, height } = collapse(
        gradient.map((slope, p) => part * slope * difference[p]),
        input,
        "sum",
      );
      values.set(boxMean(data, width, height, columns, rows), i * columns * rows);
    }
    return {
      plan: { kind: "path", columns, rows },
      steps: {
        ...this.#answered(scores),
        way: bytes(Float32Array.from(positions.flatMap((position) => [position, baseline]))),
        values: bytes(values),
      },
    };
  }

  #answered(scores: Tensor): Pick<WireSteps, "from" | "count" | "answers"> {
    const rows = rowsOf(this.model.probabilities(scores));
    const answers = bytes(Float32Array.from(rows, (row) => row[this.target]));
    return { from: this.#count, count: rows.length, answers };
  }
}

/** Cells of 0 and 1 as bits, each mask in bytes of its own. */
function packed(masks: readonly Uint8Array[]): Uint8Array {
  const each = Math.ceil(masks[0].length / 8);
  const out = new Uint8Array(masks.length * each);
  for (const [n, cells] of masks.entries()) {
    for (const [i, shown] of cells.entries()) out[n * each + (i >> 3)] |= shown << (i & 7);
  }
  return out;
}

function rowsOf({ data, dims }: Tensor): Float32Array[] {
  return Array.from({ length: dims[0] }, (_, n) => data.subarray(n * dims[1], (n + 1) * dims[1]));
}
