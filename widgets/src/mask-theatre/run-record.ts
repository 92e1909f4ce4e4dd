import type { StretchedMask } from "../../../src/core/method-step.js";
import type { MapLike } from "../../../src/render/noise.js";
import type { MaskTheatreTraits, TheatrePlan, WireSteps } from "../../../src/widgets/traits/index.js";
import { readMap } from "../explanation.js";
import { bytesOf, floatsOf, type Received } from "../model.js";
import type { View } from "../view.js";

export type TheatreView = View<Received<MaskTheatreTraits> & object>;

/** Steps as they are kept here, decoded. */
interface Steps {
  readonly from: number;
  readonly count: number;
  readonly answers: Float32Array;
  readonly cells: Uint8Array;
  readonly places: Float32Array;
  readonly way: Float32Array;
  readonly values: Float32Array;
}

const isSide = (value: unknown) => Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 1024;

/** A run as far as it has come over the wire. */
export class RunRecord {
  #parts: Steps[] = [];
  /** The part that each step is in. */
  #partOf: Steps[] = [];
  #previews: { readonly after: number; readonly map: MapLike }[] = [];

  constructor(readonly plan: Received<TheatrePlan>) {
    if (!isSide(plan.columns) || !isSide(plan.rows)) throw new RangeError(`${plan.columns} × ${plan.rows} cells`);
    if (plan.kind === "masks" && !(plan.width > 0 && plan.height > 0)) throw new RangeError("masks without a size");
  }

  get count(): number {
    return this.#partOf.length;
  }

  /** Takes the steps that are new. @returns whether these follow those that were taken */
  follow(steps: readonly Received<WireSteps>[]): boolean {
    if (steps.length < this.#parts.length) return false;
    for (const part of steps.slice(this.#parts.length)) {
      const decoded = decode(part, this.plan, this.count);
      this.#parts.push(decoded);
      for (let i = 0; i < decoded.count; i++) this.#partOf.push(decoded);
    }
    return true;
  }

  followPreviews(previews: readonly Received<MaskTheatreTraits["previews"][number]>[]): void {
    for (const { after, map } of previews.slice(this.#previews.length)) {
      this.#previews.push({ after, map: readMap(map) });
    }
  }

  /** The latest map in between after so many steps. */
  preview(steps: number): { readonly after: number; readonly map: MapLike } | undefined {
    return this.#previews.findLast(({ after }) => after <= steps);
  }

  /** Probability of the class at a step. */
  answer(step: number): number {
    const { answers, from } = this.#partOf[step];
    return answers[step - from];
  }

  /** What a step shows of the picture; of a plan of masks. */
  mask(step: number): StretchedMask {
    if (this.plan.kind !== "masks") throw new RangeError("this run has no masks");
    const { columns, rows, width, height, soft, around } = this.plan;
    const { cells: packed, places, from } = this.#partOf[step];
    const each = Math.ceil((columns * rows) / 8);
    const start = (step - from) * each;
    const cells = Uint8Array.from({ length: columns * rows }, (_, i) => (packed[start + (i >> 3)] >> (i & 7)) & 1);
    const [x, y] = places.subarray(2 * (step - from));
    return { cells, columns, rows, box: { x, y, width, height }, soft, around };
  }

  /** How far on its way a step is, 0…1, and from which baseline; of a path. */
  way(step: number): { readonly position: number; readonly baseline: number } {
    const { way, from } = this.#partOf[step];
    const [position, baseline] = way.subarray(2 * (step - from));
    return { position, baseline };
  }

  /** What a step adds to the map; of cells one value. */
  values(step: number): Float32Array {
    const { values, from, count } = this.#partOf[step];
    const each = values.length / count;
    return values.subarray((step - from) * each, (step - from + 1) * each);
  }
}

function decode(part: Received<WireSteps>, plan: Received<TheatrePlan>, from: number): Steps {
  const { count } = part;
  const steps = {
    from,
    count,
    answers: floatsOf(part.answers),
    cells: bytesOf(part.cells),
    places: floatsOf(part.places),
    way: floatsOf(part.way),
    values: floatsOf(part.values),
  };
  const cells = plan.columns * plan.rows;
  const { masks, valued, path } = {
    masks: plan.kind === "masks" ? count : 0,
    valued: plan.kind === "cells" ? count : plan.kind === "path" ? count * cells : 0,
    path: plan.kind === "path" ? count : 0,
  };
  const fits =
    Number.isInteger(count) &&
    count > 0 &&
    part.from === from &&
    (plan.kind !== "cells" || from + count <= cells) &&
    steps.answers.length === count &&
    steps.cells.length === masks * Math.ceil(cells / 8) &&
    steps.places.length === 2 * masks &&
    steps.way.length === 2 * path &&
    steps.values.length === valued;
  if (!fits) throw new RangeError(`steps that do not follow those before: ${part.count} from ${part.from}`);
  return steps;
}
