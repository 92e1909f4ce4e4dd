import { duration } from "../../src/render/format.js";
import type { ProgressPanelTraits } from "../../src/widgets/traits/index.js";
import { paintPreview } from "./bare-maps.js";
import { axis, Chart, SERIES } from "./charts.js";
import { announcer, button, h } from "./dom.js";
import { readMap } from "./explanation.js";
import { floatsOf, type Received } from "./model.js";
import type { Render, View } from "./view.js";

type PanelView = View<Received<ProgressPanelTraits>>;

/** How far long work is, what it has found so far, and the button that ends it. */
export const progressPanel: Render<ProgressPanelTraits> = (view) => {
  const head = headline(view);
  const preview = mapSoFar(view);
  const curve = convergence(view);
  const message = h("p", { class: "sl-note" });
  const status = announcer();
  const root = h(
    "section",
    { class: "sl-panel" },
    ...head.all,
    message,
    h("div", { class: "sl-panel-body" }, preview.el, curve.el),
    status.el,
  );
  view.el.replaceChildren(root);
  const update = () => {
    const state = view.get("state");
    const working = state === "working";
    root.dataset.state = state;
    message.textContent = working && !view.live ? "The kernel is gone: this is how far it came." : view.get("message");
    status.say(working ? "" : `${view.get("title")}: ${state}`);
    for (const part of [head, preview, curve]) part.update();
  };
  const schedule = view.everyFrame(update);
  view.watch(["state", "done", "total", "left", "message", "convergence", "map"], schedule);
  view.watchKernel(schedule);
  update();
};

/** Title, bar and Cancel. */
function headline(view: PanelView) {
  const title = h("strong", {});
  const text = h("span", { class: "sl-number" });
  const bar = h("progress", { class: "sl-progress" });
  const cancel = button("Cancel", () => {
    cancel.disabled = true;
    view.request({ type: "cancel" });
  });
  return {
    all: [h("div", { class: "sl-panel-head" }, title, text, cancel), bar],
    update() {
      const [state, done, total] = [view.get("state"), view.get("done"), view.get("total")];
      const working = state === "working";
      title.textContent = view.get("title");
      bar.setAttribute("aria-label", view.get("title"));
      bar.max = Math.max(1, total);
      if (total > 0) bar.value = done;
      else bar.removeAttribute("value");
      text.textContent = [working && !view.live ? "stopped" : state, total > 0 && `${done} of ${total}`, time(view)]
        .filter(Boolean)
        .join(" · ");
      cancel.hidden = !working || !view.live;
    },
  };
}

function time(view: PanelView): string {
  const [state, left] = [view.get("state"), view.get("left")];
  if (state === "done") return `in ${duration(view.get("elapsed"))}`;
  return state === "working" && view.live && left !== null ? `${duration(left)} left` : "";
}

function mapSoFar(view: PanelView) {
  const canvas = h("canvas", { class: "sl-preview", role: "img", "aria-label": "Map so far" });
  const caption = h("figcaption", {});
  const el = h("figure", { class: "sl-preview-figure", hidden: true }, canvas, caption);
  return {
    el,
    update() {
      const data = floatsOf(view.get("map"));
      el.hidden = data.length === 0;
      if (el.hidden) return;
      const [width, height] = [view.get("map_width"), view.get("map_height")];
      paintPreview(canvas, readMap({ data: view.get("map"), width, height, signed: false }));
      caption.textContent = view.get("state") === "working" && view.live ? "so far, still sharpening" : "";
    },
  };
}

function convergence(view: PanelView) {
  const chart = new Chart(view, { label: "Convergence over passes", height: 140 });
  chart.el.hidden = true;
  return {
    el: chart.el,
    update() {
      const pairs = view.get("convergence");
      chart.el.hidden = pairs.length < 4;
      if (chart.el.hidden) return;
      const everySecond = (from: number) => pairs.filter((_, i) => i % 2 === from);
      const line = { type: "scatter", mode: "lines", x: everySecond(0), y: everySecond(1), line: { color: SERIES[0] } };
      chart.draw([line], {
        xaxis: axis("passes", { rangemode: "tozero" }),
        yaxis: axis("convergence", { range: [0, 1.02], nticks: 3 }),
      });
    },
  };
}
