import { probability } from "../../../src/render/format.js";
import { SERIES } from "../charts.js";
import { h } from "../dom.js";
import { floatsOf } from "../model.js";
import { svg, svgLine, svgPath, svgText } from "../svg.js";
import type { TrainerView } from "./trainer-view.js";

const [WIDTH, HEIGHT] = [480, 180];
const MARGIN = { left: 36, right: 96, top: 8, bottom: 28 };
/** Batches that a drawn value is the mean of. */
const SMOOTH = 8;

/** Loss and accuracy of the batches so far, drawn anew with each message. */
export class LearningCurve {
  readonly el = h("figure", { class: "sl-trainer-curve" });
  readonly #view: TrainerView;

  constructor(view: TrainerView) {
    this.#view = view;
    view.watch(["losses", "accuracies", "steps"], () => this.#draw());
    this.#draw();
  }

  #draw(): void {
    const losses = smoothed(floatsOf(this.#view.get("losses")));
    const accuracies = smoothed(floatsOf(this.#view.get("accuracies")));
    const steps = Math.max(this.#view.get("steps"), losses.length);
    const [loss, accuracy] = [losses.at(-1), accuracies.at(-1)];
    this.el.hidden = loss === undefined || accuracy === undefined;
    if (loss === undefined || accuracy === undefined) return;
    const top = Math.max(1, ...losses);
    const x = (step: number) => MARGIN.left + ((WIDTH - MARGIN.left - MARGIN.right) * step) / Math.max(1, steps - 1);
    const y = (share: number) => HEIGHT - MARGIN.bottom - (HEIGHT - MARGIN.top - MARGIN.bottom) * share;
    const end = x(losses.length - 1) + 6;
    const parts = [
      svgLine(MARGIN.left, y(0), WIDTH - MARGIN.right, y(0)),
      svgLine(MARGIN.left, y(1), WIDTH - MARGIN.right, y(1)),
      svgText(MARGIN.left - 6, y(0) + 4, "0", "end"),
      svgText(MARGIN.left - 6, y(1) + 4, "1", "end"),
      svgText((WIDTH - MARGIN.right + MARGIN.left) / 2, HEIGHT - 6, `batch ${losses.length} of ${steps}`, "middle"),
      svgPath(
        losses.map((value, i) => [x(i), y(value / top)]),
        SERIES[1],
        "6 3",
      ),
      svgPath(
        accuracies.map((value, i) => [x(i), y(value)]),
        SERIES[0],
      ),
      svgText(end, apart(y(accuracy), y(loss / top)), `right ${probability(accuracy)}`),
      svgText(end, apart(y(loss / top), y(accuracy)), `loss ${loss.toFixed(2)}`),
    ];
    const drawing = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, "aria-hidden": "true" }, ...parts);
    const now = h("p", { class: "sl-trainer-now" }, h("strong", { class: "sl-number" }, probability(accuracy)));
    now.append(` of the last batches right, loss ${loss.toFixed(2)}`);
    this.el.replaceChildren(
      drawing,
      h("figcaption", {}, now, `While learning; loss on a scale of 0 to ${top.toFixed(1)}, dashed.`),
    );
  }
}

/** Means of the last few batches, as single ones are noise. */
function smoothed(values: Float32Array): number[] {
  return Array.from(values, (_, i) => {
    const last = values.subarray(Math.max(0, i + 1 - SMOOTH), i + 1);
    return last.reduce((sum, value) => sum + value, 0) / last.length;
  });
}

/** Where a text stands that must not lie on another one. */
const apart = (own: number, other: number): number =>
  4 + (Math.abs(own - other) < 16 ? (own + other) / 2 + (own <= other ? -9 : 9) : own);
