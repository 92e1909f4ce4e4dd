import { mapValue, probability } from "../../../src/render/format.js";
import { SERIES } from "../charts.js";
import { h } from "../dom.js";
import { scoreBars } from "../score-bars.js";
import { svg, svgLine, svgPath, svgText } from "../svg.js";
import type { RunRecord } from "./run-record.js";
import type { RunningMap } from "./running-map.js";

const [WIDTH, HEIGHT] = [320, 150];
const MARGIN = { left: 30, right: 12, top: 12, bottom: 30 };

/** What there is to say of a step. */
export interface ShownStep {
  readonly record: RunRecord;
  readonly running: RunningMap;
  /** The step that is looked at. */
  readonly step: number;
  /** Steps that are in the map. */
  readonly steps: number;
  readonly total: number;
  readonly label: string;
}

/** What the model answers at a step, what that counts for, and how the run goes. */
export class AnswerPanel {
  readonly #words = h("p", { class: "sl-theatre-words" });
  readonly #answer = h("p", { class: "sl-theatre-answer sl-number" });
  readonly #counts = h("p", { class: "sl-theatre-counts" });
  readonly #votes = h("div");
  readonly #curve = h("figure", { class: "sl-theatre-curve" });
  readonly el = h(
    "div",
    { class: "sl-theatre-words-and-curve" },
    this.#words,
    this.#answer,
    this.#counts,
    this.#votes,
    this.#curve,
  );

  /** @param shown nothing before the first step @param whole probability on the whole picture */
  show(shown: ShownStep | undefined, label: string, whole: number): void {
    this.#votes.replaceChildren();
    this.#curve.replaceChildren();
    this.#counts.textContent = "";
    this.#answer.textContent = probability(shown ? shown.record.answer(shown.step) : whole);
    if (!shown) {
      this.#words.textContent = `The whole picture: ${label}`;
      return;
    }
    if (shown.record.plan.kind === "masks") this.#showMask(shown);
    else if (shown.record.plan.kind === "cells") this.#showCell(shown, shown.record.plan.votes[shown.step] ?? []);
    else this.#showPath(shown);
  }

  #showMask({ record, running, step, steps, total, label }: ShownStep): void {
    this.#words.textContent = `With parts hidden the model says ${label}`;
    if (record.plan.kind === "masks" && record.plan.sum === "none") {
      const preview = record.preview(steps);
      this.#counts.textContent = preview
        ? `The map is what fits the answers to ${preview.after} masks best`
        : "The map comes when there are answers enough to fit";
      return;
    }
    const weight = running.weight(step);
    const drops = record.plan.kind === "masks" && record.plan.sum === "drops";
    const what = drops ? "Hiding this costs" : "What it shows counts";
    this.#counts.replaceChildren(`${what} `, h("strong", { class: "sl-number" }, signed(weight)));
    const points = running.agreement(steps);
    const last = points.at(-1)?.[1];
    if (last === undefined) return;
    this.#draw(
      points.map(([at, value]) => [at / total, value]),
      `Two halves of the masks agree: ${probability(Math.max(0, last))}`,
      "masks",
    );
  }

  #showCell({ label }: ShownStep, votes: readonly { readonly label: string; readonly probability: number }[]): void {
    this.#words.textContent = `This cell alone says ${label}`;
    this.#votes.replaceChildren(scoreBars(votes));
  }

  #showPath({ record, step, steps, label }: ShownStep): void {
    const { position, baseline } = record.way(step);
    this.#words.textContent = `${Math.round(100 * position)} % of the way to the picture: ${label}`;
    const points: [number, number][] = [];
    for (let i = 0; i < Math.max(steps, step + 1); i++) {
      const way = record.way(i);
      if (way.baseline === baseline) points.push([way.position, record.answer(i)]);
    }
    this.#draw(points, "The answer along the way", "way");
  }

  #draw(points: readonly (readonly [number, number])[], caption: string, axis: string): void {
    const x = (share: number) => MARGIN.left + (WIDTH - MARGIN.left - MARGIN.right) * share;
    const y = (share: number) => HEIGHT - MARGIN.bottom - (HEIGHT - MARGIN.top - MARGIN.bottom) * Math.max(0, share);
    const last = points.at(-1);
    const drawing = svg(
      "svg",
      { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, "aria-hidden": "true" },
      svgLine(x(0), y(0), x(1), y(0)),
      svgLine(x(0), y(1), x(1), y(1)),
      svgText(x(0) - 6, y(0) + 4, "0", "end"),
      svgText(x(0) - 6, y(1) + 4, "1", "end"),
      svgText(x(1), HEIGHT - 8, axis, "end"),
      svgPath(
        points.map(([at, value]) => [x(at), y(value)]),
        SERIES[0],
      ),
      ...(last ? [svg("circle", { cx: x(last[0]), cy: y(last[1]), r: 5, fill: SERIES[0] })] : []),
    );
    this.#curve.replaceChildren(h("figcaption", {}, caption), drawing);
  }
}

const signed = (value: number) => (value > 0 ? `+${mapValue(value)}` : mapValue(value));
