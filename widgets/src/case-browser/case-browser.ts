import { probability } from "../../../src/render/format.js";
import type { CaseBrowserTraits } from "../../../src/widgets/traits/index.js";
import { announcer, button, h } from "../dom.js";
import { slider } from "../fields.js";
import { kernelNotice, noticeLine } from "../notice.js";
import type { Render } from "../view.js";
import { CaseChart } from "./case-chart.js";
import { CaseDetail } from "./case-detail.js";
import { CaseList, type CaseView } from "./case-list.js";
import { Gallery } from "./gallery.js";

/** A set of pictures, sorted by how the prediction meets the truth. */
export const caseBrowser: Render<CaseBrowserTraits> = (view) => {
  const list = new CaseList(view);
  const status = announcer();
  const chart = new CaseChart(view, list, status.say);
  const gallery = new Gallery(view, list, () => update());
  const detail = new CaseDetail(view, list, gallery, status.say);
  const counts = h("p", { class: "sl-caption" });
  const leftOut = h("p", { class: "sl-note" }, view.get("leftOut"));
  const all = button("Show all", () => view.save({ selection: [] }));
  const update = () => {
    const cases = list.cases();
    const chosen = view.get("selection").length;
    gallery.update(cases);
    chart.update(cases);
    counts.textContent = `${chosen || list.items.length} of ${list.items.length} pictures`;
    all.hidden = chosen === 0;
  };
  const schedule = view.everyFrame(update);
  const root = h("div", { class: "sl-cases" });
  const notice = noticeLine(root, () => kernelNotice(view, "open other pictures and keep what you correct"));
  view.watchKernel(notice.update);
  notice.update();
  root.append(
    h("div", { class: "sl-controls" }, ...thresholdFields(view, schedule), chart.el, counts, leftOut, all, status.el),
    h("div", { class: "sl-main" }, notice.el, detail.el, gallery.el),
    detail.labels,
  );
  view.el.replaceChildren(root);
  view.watch(["truths", "selection"], schedule);
  view.watch(["opened"], async () => {
    await detail.update();
    detail.el.scrollIntoView({ block: "nearest" });
  });
  view.watch(["explanation", "message"], () => detail.update());
  update();
  void view.attempt(() => detail.update());
  if (view.get("opened") !== null && view.get("explanation").length === 0 && view.live) {
    view.request({ type: "reopen" });
  }
};

const THRESHOLDS = {
  high: "Confident from",
  mixed: "Mixed from this share of the first",
  plausible: "Missed rather than denied from",
} as const;

/** Sliders of the thresholds between cases. @param onchange called when one has moved */
function thresholdFields(view: CaseView, onchange: () => void): HTMLElement[] {
  return (Object.keys(THRESHOLDS) as (keyof typeof THRESHOLDS)[]).map((name) => {
    const field = slider({
      label: THRESHOLDS[name],
      min: 0,
      max: 1,
      step: 0.01,
      value: view.get(name),
      text: probability,
      oninput: (value) => view.save({ [name]: value }),
    });
    view.watch([name], () => {
      field.set(view.get(name));
      onchange();
    });
    return field.el;
  });
}
