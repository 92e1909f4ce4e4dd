import { pearson } from "../../../src/core/statistics.js";
import { stretched } from "../../../src/core/stretched-mask.js";
import type { MapLike } from "../../../src/render/noise.js";
import type { RunRecord } from "./run-record.js";

/** Cells a side on which masks are added up here. */
const SIDE = 28;

/** How often the halves of the masks are compared in a run. */
const COMPARED = 40;

/** What was added up of every second mask. */
interface Half {
  count: number;
  answers: number;
  /** Σ answer · shown, or Σ drop · hidden. */
  readonly weighted: Float64Array;
  /** Σ shown, or Σ hidden. */
  readonly plain: Float64Array;
}

/** The map after some steps, added up here as the method adds it. */
export class RunningMap {
  readonly #record: RunRecord;
  readonly #whole: number;
  readonly #signed: boolean;
  #added = 0;
  #halves: readonly [Half, Half] = [half(), half()];
  #sum: Float64Array;
  #agreement: (readonly [steps: number, correlation: number])[] = [];

  /** @param whole probability of the class on the whole picture */
  constructor(record: RunRecord, whole: number, signed: boolean) {
    this.#record = record;
    this.#whole = whole;
    this.#signed = signed;
    this.#sum = new Float64Array(record.plan.columns * record.plan.rows);
  }

  /** The map after so many steps; undefined before there is one. @param total steps of the whole run */
  after(steps: number, total: number): MapLike | undefined {
    const { plan } = this.#record;
    if (plan.kind === "masks" && plan.sum === "none") return this.#record.preview(steps)?.map;
    if (steps < this.#added) this.#reset();
    while (this.#added < steps) this.#add(total);
    if (steps === 0) return undefined;
    if (plan.kind === "masks")
      return { ...this.#summed(this.#halves), width: SIDE, height: SIDE, signed: this.#signed };
    const { columns: width, rows: height } = plan;
    return { data: this.#revealed(plan.kind), width, height, signed: this.#signed };
  }

  /** How well two halves of the masks agree after so many steps, at every place where it was looked at. */
  agreement(steps: number): readonly (readonly [steps: number, correlation: number])[] {
    return this.#agreement.filter(([at]) => at <= steps);
  }

  /** What a step counts for: its answer less the mean of those before, or what hiding costs; of masks. */
  weight(step: number): number {
    const { plan } = this.#record;
    const answer = this.#record.answer(step);
    if (plan.kind === "masks" && plan.sum === "drops") return this.#whole - answer;
    let sum = 0;
    for (let i = 0; i <= step; i++) sum += this.#record.answer(i);
    return answer - sum / (step + 1);
  }

  #reset(): void {
    this.#added = 0;
    this.#halves = [half(), half()];
    this.#sum.fill(0);
    this.#agreement = [];
  }

  #add(total: number): void {
    const step = this.#added++;
    const { plan } = this.#record;
    if (plan.kind === "cells") this.#sum[step] = this.#record.values(step)[0];
    else if (plan.kind === "path") for (const [p, value] of this.#record.values(step).entries()) this.#sum[p] += value;
    else this.#addMask(step);
    if (plan.kind !== "masks" || this.#added < 4) return;
    if (this.#added % Math.max(1, Math.ceil(total / COMPARED)) === 0 || this.#added === total) {
      const [even, odd] = this.#halves.map((one) => this.#summed([one]).data);
      this.#agreement.push([this.#added, pearson(even, odd)]);
    }
  }

  #addMask(step: number): void {
    const answer = this.#record.answer(step);
    const drops = this.#drops;
    const shown = stretched(this.#record.mask(step), SIDE, SIDE);
    const into = this.#halves[step % 2];
    into.count += 1;
    into.answers += answer;
    const value = drops ? this.#whole - answer : answer;
    for (const [p, share] of shown.entries()) {
      const part = drops ? 1 - share : share;
      into.weighted[p] += value * part;
      into.plain[p] += part;
    }
  }

  get #drops(): boolean {
    const { plan } = this.#record;
    return plan.kind === "masks" && plan.sum === "drops";
  }

  /** Mean drop of the windows that cover a place, or the answers less their mean, weighted with what masks show there. */
  #summed(halves: readonly Half[]): { readonly data: Float32Array } {
    const data = new Float32Array(SIDE * SIDE);
    const all = (of: (one: Half) => number) => halves.reduce((sum, one) => sum + of(one), 0);
    const count = Math.max(
      1,
      all((one) => one.count),
    );
    const mean = all((one) => one.answers) / count;
    for (let p = 0; p < data.length; p++) {
      const [weighted, plain] = [all((one) => one.weighted[p]), all((one) => one.plain[p])];
      if (!this.#drops) data[p] = (weighted - mean * plain) / count;
      else if (plain > 0) data[p] = weighted / plain;
    }
    return { data };
  }

  /** Of cells, those that have voted; the others as the least of them. */
  #revealed(kind: "cells" | "path"): Float32Array {
    if (kind === "path") return Float32Array.from(this.#sum);
    const voted = this.#sum.subarray(0, this.#added);
    return new Float32Array(this.#sum.length)
      .fill(Math.min(...voted))
      .map((least, i) => (i < voted.length ? voted[i] : least));
  }
}

const half = (): Half => ({
  count: 0,
  answers: 0,
  weighted: new Float64Array(SIDE * SIDE),
  plain: new Float64Array(SIDE * SIDE),
});
