import { duration } from "../../src/render/format.js";
import { axis, Chart, SERIES } from "./charts.js";
import { announcer, button, h } from "./dom.js";
import { paintPreview } from "./drawing.js";
import { Cleanup, floatsOf, isLive, type Model, type Render } from "./model.js";

interface Traits {
  title: string;
  state: "working" | "done" | "failed" | "cancelled";
  done: number;
  total: number;
  elapsed: number;
  left: number | null;
  convergence: readonly number[];
  map: unknown;
  map_width: number;
  map_height: number;
  message: string;
}

/** How far long work is, what it has found so far, and the button that ends it. */
export const progressPanel: Render<Traits> = ({ model, el }) => {
  const cleanup = new Cleanup();
  const bar = h("progress", { class: "sl-progress" });
  const text = h("span", { class: "sl-number" });
  const message = h("p", { class: "sl-note" });
  const status = announcer();
  const cancel = button("Cancel", () => {
    cancel.disabled = true;
    model.send({ type: "cancel" });
  });
  const preview = h("canvas", { class: "sl-preview", role: "img", "aria-label": "Map so far" });
  const previewTitle = h("figcaption", {});
  const figure = h("figure", { class: "sl-preview-figure", hidden: true }, preview, previewTitle);
  const chart = new Chart(model as Model<never>, cleanup, { label: "Convergence over passes", height: 140 });
  chart.el.hidden = true;
  const title = h("strong", {});
  const root = h(
    "section",
    { class: "sl-panel" },
    h("div", { class: "sl-panel-head" }, title, text, cancel),
    bar,
    message,
    h("div", { class: "sl-panel-body" }, figure, chart.el),
    status.el,
  );
  el.replaceChildren(root);

  const update = () => {
    const state = model.get("state");
    const [done, total] = [model.get("done"), model.get("total")];
    const working = state === "working";
    const live = isLive(model as Model<never>);
    title.textContent = model.get("title");
    bar.max = Math.max(1, total);
    if (total > 0) bar.value = done;
    else bar.removeAttribute("value");
    bar.setAttribute("aria-label", model.get("title"));
    const left = model.get("left");
    const time =
      working && live && left !== null
        ? `${duration(left)} left`
        : state === "done"
          ? `in ${duration(model.get("elapsed"))}`
          : "";
    text.textContent = [working && !live ? "stopped" : state, total > 0 && `${done} of ${total}`, time]
      .filter(Boolean)
      .join(" · ");
    cancel.hidden = !working || !live;
    message.textContent = working && !live ? "The kernel is gone: this is how far it came." : model.get("message");
    root.dataset.state = state;
    status.say(working ? "" : `${model.get("title")}: ${state}`);
    const values = floatsOf(model.get("map"));
    figure.hidden = values.length === 0;
    if (values.length > 0) {
      paintPreview(preview, { data: values, width: model.get("map_width"), height: model.get("map_height") });
      previewTitle.textContent = working && live ? "so far, still sharpening" : "";
    }
    const curve = model.get("convergence");
    chart.el.hidden = curve.length < 4;
    if (curve.length < 4) return;
    const pick = (odd: number) => curve.filter((_, i) => i % 2 === odd);
    chart.draw([{ type: "scatter", mode: "lines", x: pick(0), y: pick(1), line: { color: SERIES[0] } }], {
      xaxis: axis("passes", { rangemode: "tozero" }),
      yaxis: axis("convergence", { range: [0, 1.02], nticks: 3 }),
    });
  };
  for (const name of ["state", "done", "total", "left", "message", "convergence", "map"]) {
    cleanup.on(model, `change:${name}`, schedule);
  }
  cleanup.on(model, "comm_live_update", schedule);
  let frame = 0;
  function schedule(): void {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(update);
  }
  cleanup.add(() => cancelAnimationFrame(frame));
  update();
  return cleanup.run;
};
