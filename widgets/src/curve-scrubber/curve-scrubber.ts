import { probability } from "../../../src/render/format.js";
import type { CurveScrubberTraits, WireCurve } from "../../../src/widgets/traits/index.js";
import { announcer, h } from "../dom.js";
import { choice, select, slider } from "../fields.js";
import type { Received } from "../model.js";
import { decodePicture, paintCanvas } from "../pictures.js";
import { Stage } from "../stage.js";
import type { Render, View } from "../view.js";
import { CurveChart } from "./curve-chart.js";
import { ranksOf, replaced } from "./pixel-order.js";

type ScrubberView = View<Received<CurveScrubberTraits>>;

/** Insertion and deletion curves to drag along, and the picture at that very step. */
export const curveScrubber: Render<CurveScrubberTraits> = async (view) => {
  const picture = await pictureAtStep(view);
  const chart = new CurveChart(view, ({ step, map }) => view.save(map === undefined ? { step } : { step, shown: map }));
  const fields = scrubberFields(view);
  const note = h("p", { class: "sl-note" });
  const ranking = h("ol", { class: "sl-ranking" });
  const status = announcer();
  view.el.replaceChildren(
    h(
      "div",
      { class: "sl-scrubber" },
      h("h3", { class: "sl-title" }, "What carries ", h("strong", {}, view.get("label")), "?"),
      h(
        "div",
        { class: "sl-scrubber-grid" },
        h("div", {}, ...picture.all),
        h("div", {}, chart.el, fields.position, h("h4", {}, "Area under the curve"), ranking),
        h("div", { class: "sl-controls" }, ...fields.others, note, status.el),
      ),
    ),
  );
  const update = () => {
    const curves = curvesOf(view);
    picture.update(curves);
    fields.update();
    note.textContent = noteOf(view, curves);
    ranking.replaceChildren(...rankingOf(curves, view.get("names")));
    chart.draw({
      metric: view.get("metric"),
      curves,
      names: view.get("names"),
      step: view.get("step"),
      steps: view.get("steps"),
    });
  };
  const schedule = view.everyFrame(update);
  view.watch(["step", "metric", "baseline", "shown", "curves", "state"], schedule);
  view.watchKernel(schedule);
  update();
};

/** The curves that are shown: of one metric, under one baseline. */
function curvesOf(view: ScrubberView): readonly WireCurve[] {
  const kind = view.get("baselines")[view.get("baseline")];
  return view.get("curves").filter(({ metric, baseline }) => metric === view.get("metric") && baseline === kind);
}

function noteOf(view: ScrubberView, curves: readonly WireCurve[]): string {
  const state = view.get("state");
  if (state === "failed") return view.get("message");
  if (state === "working" && !view.live) return "The kernel is gone: these curves are what it measured.";
  return curves.length === 0 ? "Measuring …" : "";
}

/** The maps by what their curves say of them, best first. */
function rankingOf(curves: readonly WireCurve[], names: readonly string[]): HTMLElement[] {
  const ranked = [...curves].sort((a, b) => (a.metric === "insertion" ? b.area - a.area : a.area - b.area));
  return ranked.map(({ map, area, chance }) => {
    const beside = chance === null ? "" : ` (chance ${chance.toFixed(2)})`;
    const text = ` ${area.toFixed(2)}${beside}`;
    return h("li", {}, h("span", {}, names[map]), h("span", { class: "sl-number" }, text));
  });
}

/** The picture with its most relevant pixels inserted or deleted, and what that does to the class. */
async function pictureAtStep(view: ScrubberView) {
  const whole = await decodePicture(view.get("picture"));
  const removed = await Promise.all(view.get("bases").map(decodePicture));
  const ranks = view.get("maps").map((map) => ranksOf(map, whole));
  const canvas = document.createElement("canvas");
  const caption = h("p", { class: "sl-caption" });
  const stage = new Stage({ scope: view, size: 360 });
  return {
    all: [stage.el, caption],
    update(curves: readonly WireCurve[]) {
      const [step, steps, map] = [view.get("step"), view.get("steps"), view.get("shown")];
      const insertion = view.get("metric") === "insertion";
      const base = removed[view.get("baseline")];
      const pixels = replaced(ranks[map], insertion ? [base, whole] : [whole, base], step, steps);
      stage.show(paintCanvas(pixels, canvas));
      const score = curves.find((curve) => curve.map === map)?.scores[step];
      const done = `${percent(step, steps)} ${insertion ? "inserted" : "deleted"}`;
      const told = score === undefined ? "" : ` · ${view.get("label")} ${probability(score)}`;
      caption.textContent = `${done}, most relevant first by ${view.get("names")[map]}${told}`;
      stage.label = caption.textContent;
    },
  };
}

function scrubberFields(view: ScrubberView) {
  const [steps, names] = [view.get("steps"), view.get("names")];
  const position = slider({
    label: "Share of the picture's pixels",
    min: 0,
    max: steps,
    step: 1,
    value: view.get("step"),
    text: (step) => percent(step, steps),
    oninput: (step) => view.save({ step }),
  });
  const metric = choice({
    label: "Curve",
    choices: [
      ["insertion", "insertion"],
      ["deletion", "deletion"],
    ],
    value: view.get("metric"),
    onchange: (value) => view.save({ metric: value as WireCurve["metric"] }),
  });
  const baseline = select({
    label: "Removed pixels become",
    choices: view.get("baselines").map((name, i) => [String(i), name]),
    value: String(view.get("baseline")),
    onchange: (value) => view.save({ baseline: Number(value) }),
  });
  const shown = select({
    label: "Picture of",
    choices: names.map((name, i) => [String(i), name]),
    value: String(view.get("shown")),
    onchange: (value) => view.save({ shown: Number(value) }),
  });
  return {
    position: position.el,
    others: [metric.el, baseline.el, ...(names.length > 1 ? [shown.el] : [])],
    update() {
      position.set(view.get("step"));
      metric.set(view.get("metric"));
      baseline.set(String(view.get("baseline")));
      shown.set(String(view.get("shown")));
    },
  };
}

const percent = (step: number, steps: number) => `${Math.round((step / steps) * 100)} %`;
