import { probability } from "../../../src/render/format.js";
import type { CurveScrubberTraits, WireCurve } from "../../../src/widgets/traits/index.js";
import { button, h } from "../dom.js";
import { choice, select, slider } from "../fields.js";
import type { Received } from "../model.js";
import { kernelNotice, type Notice, noticeLine } from "../notice.js";
import { decodePicture, paintCanvas } from "../pictures.js";
import { Stage } from "../stage.js";
import type { Render, View } from "../view.js";
import { workBar } from "../work-bar.js";
import { CurveChart } from "./curve-chart.js";
import { ranksOf, replaced } from "./pixel-order.js";

/** Steps of a curve that a page can show. */
const MOST_STEPS = 10_000;

type ScrubberView = View<Received<CurveScrubberTraits>>;

/** Insertion and deletion curves to drag along, and the picture at that very step. */
export const curveScrubber: Render<CurveScrubberTraits> = async (view) => {
  const steps = view.get("steps");
  if (!(Number.isInteger(steps) && steps > 0 && steps <= MOST_STEPS)) throw new RangeError(`${steps} steps`);
  const picture = await pictureAtStep(view);
  const chart = new CurveChart(view, ({ step, map }) => view.save(map === undefined ? { step } : { step, shown: map }));
  const fields = scrubberFields(view);
  const ranking = h("table", { class: "sl-ranking" });
  const root = h("div", { class: "sl-scrubber" });
  const notice = noticeLine(root, () => noticeOf(view));
  const work = workBar(() => view.request({ type: "cancel" }));
  const measure = button("Measure the rest", () => view.request({ type: "measure" }));
  root.append(
    h("h3", { class: "sl-title" }, "What carries ", h("strong", {}, view.get("label")), "?"),
    notice.el,
    h(
      "div",
      { class: "sl-scrubber-grid" },
      h("div", {}, ...picture.all),
      h("div", { class: "sl-curves" }, chart.el, work.el, fields.position, ranking),
      h("div", { class: "sl-controls" }, ...fields.others, measure),
    ),
  );
  view.el.replaceChildren(root);
  const update = () => {
    const curves = curvesOf(view);
    picture.update(curves);
    fields.update();
    const state = view.get("state");
    notice.update();
    work.update("measuring", state === "working" && view.live ? view.get("progress") : null);
    measure.hidden = !view.live || (state !== "cancelled" && state !== "failed");
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
  view.watch(["step", "metric", "baseline", "shown", "curves", "state", "progress"], schedule);
  view.watchKernel(schedule);
  update();
};

/** The curves that are shown: of one metric, under one baseline. */
function curvesOf(view: ScrubberView): readonly WireCurve[] {
  const kind = view.get("baselines")[view.get("baseline")];
  return view.get("curves").filter(({ metric, baseline }) => metric === view.get("metric") && baseline === kind);
}

function noticeOf(view: ScrubberView): Notice | undefined {
  const state = view.get("state");
  if (state === "done") return undefined;
  if (!view.live) return kernelNotice(view, "measure the other curves");
  if (state === "failed") return { text: view.get("message"), stale: true };
  if (state === "working") return undefined;
  return { text: "Measuring was cancelled: press “Measure the rest” to see the other curves.", stale: false };
}

/** The maps by what their curves say of them, best first. */
function rankingOf(curves: readonly WireCurve[], names: readonly string[]): HTMLElement[] {
  if (curves.length === 0) return [];
  const ranked = [...curves].sort((a, b) => (a.metric === "insertion" ? b.area - a.area : a.area - b.area));
  const number = (value: number | null) =>
    h("td", { class: "sl-number", title: value === null ? "not measured" : String(value) }, value?.toFixed(2) ?? "–");
  return [
    h("thead", {}, h("tr", {}, h("th", {}, "method"), h("th", {}, "area under the curve"), h("th", {}, "random maps"))),
    h(
      "tbody",
      {},
      ...ranked.map(({ map, area, chance }) => h("tr", {}, h("td", {}, names[map]), number(area), number(chance))),
    ),
  ];
}

/** The picture with its most relevant pixels inserted or deleted, and what that does to the class. */
async function pictureAtStep(view: ScrubberView) {
  const whole = await decodePicture(view.get("picture"));
  const removed = await Promise.all(view.get("bases").map(decodePicture));
  const ranks = view.get("maps").map((map) => ranksOf(map, whole));
  const canvas = document.createElement("canvas");
  const caption = h("p", { class: "sl-caption" });
  const stage = new Stage({ scope: view, size: 360, aspect: view.get("aspect") });
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
