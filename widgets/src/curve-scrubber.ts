import { descending } from "../../src/core/ranks.js";
import { pixelsAt } from "../../src/evaluate/curve.js";
import { resizeMap } from "../../src/image/resize-map.js";
import { probability } from "../../src/render/format.js";
import { axis, Chart, CONTROL, SERIES } from "./charts.js";
import { announcer, choice, h, select, slider } from "./dom.js";
import { Cleanup, floatsOf, isLive, type Model, type Render } from "./model.js";
import { decodePicture, type Pixels, paintCanvas } from "./pictures.js";
import { Stage } from "./stage.js";

interface Curve {
  readonly map: number;
  readonly metric: "insertion" | "deletion";
  readonly baseline: string;
  readonly area: number;
  readonly chance: number | null;
  readonly scores: readonly number[];
}

interface Traits {
  picture: unknown;
  bases: readonly unknown[];
  baselines: readonly string[];
  names: readonly string[];
  maps: readonly { readonly data: unknown; readonly width: number; readonly height: number }[];
  label: string;
  curves: readonly Curve[];
  steps: number;
  metric: "insertion" | "deletion";
  baseline: number;
  step: number;
  shown: number;
  state: "working" | "done" | "failed";
  message: string;
}

const DASHES = ["solid", "dash", "dot", "dashdot", "longdash", "longdashdot"] as const;

/** Insertion and deletion curves to drag along, and the picture at that very step. */
export const curveScrubber: Render<Traits> = async ({ model, el }) => {
  const cleanup = new Cleanup();
  const picture = await decodePicture(model.get("picture"));
  const bases = await Promise.all(model.get("bases").map(decodePicture));
  const { width, height } = picture;
  const places = model
    .get("maps")
    .map((map) => placesOf(resizeMap(floatsOf(map.data), map.width, map.height, width, height)));
  const names = model.get("names");
  const steps = model.get("steps");
  const status = announcer();
  const stage = new Stage({ cleanup, size: 360, label: "" });
  const canvas = document.createElement("canvas");
  const chart = new Chart(model as Model<never>, cleanup, { label: "", height: 280 });
  const note = h("p", { class: "sl-note" });
  const ranking = h("ol", { class: "sl-ranking" });
  const caption = h("p", { class: "sl-caption" });
  const save = (change: Partial<Traits>) => {
    for (const [name, value] of Object.entries(change)) model.set(name as keyof Traits, value as never);
    model.save_changes();
  };
  const position = slider({
    label: "Share of the picture's pixels",
    min: 0,
    max: steps,
    step: 1,
    value: model.get("step"),
    text: (value) => `${Math.round((value / steps) * 100)} %`,
    oninput: (value) => save({ step: value }),
  });
  const metric = choice({
    label: "Curve",
    choices: [
      ["insertion", "insertion"],
      ["deletion", "deletion"],
    ],
    value: model.get("metric"),
    onchange: (value) => save({ metric: value as Traits["metric"] }),
  });
  const baseline = select({
    label: "Removed pixels become",
    choices: model.get("baselines").map((name, i) => [String(i), name]),
    value: String(model.get("baseline")),
    onchange: (value) => save({ baseline: Number(value) }),
  });
  const shown = select({
    label: "Picture of",
    choices: names.map((name, i) => [String(i), name]),
    value: String(model.get("shown")),
    onchange: (value) => save({ shown: Number(value) }),
  });
  el.replaceChildren(
    h(
      "div",
      { class: "sl-scrubber" },
      h("h3", { class: "sl-title" }, "What carries ", h("strong", {}, model.get("label")), "?"),
      h(
        "div",
        { class: "sl-scrubber-grid" },
        h("div", {}, stage.el, caption),
        h("div", {}, chart.el, position.el, h("h4", {}, "Area under the curve"), ranking),
        h("div", { class: "sl-controls" }, metric.el, baseline.el, names.length > 1 && shown.el, note, status.el),
      ),
    ),
  );

  const curvesNow = () => {
    const kind = model.get("baselines")[model.get("baseline")];
    return model.get("curves").filter((curve) => curve.metric === model.get("metric") && curve.baseline === kind);
  };

  const update = () => {
    const step = model.get("step");
    const curves = curvesNow();
    const [map, at] = [model.get("shown"), pixelsAt(step, steps, width * height)];
    const base = bases[model.get("baseline")];
    const [from, to] = model.get("metric") === "insertion" ? [base, picture] : [picture, base];
    stage.show(paintCanvas(mixed(places[map], at, from, to), canvas));
    const share = `${Math.round((step / steps) * 100)} %`;
    const verb = model.get("metric") === "insertion" ? "inserted" : "deleted";
    const score = curves.find((curve) => curve.map === map)?.scores[step];
    caption.textContent = `${share} ${verb}, most relevant first by ${names[map]}${score === undefined ? "" : ` · ${model.get("label")} ${probability(score)}`}`;
    stage.label = caption.textContent;
    position.set(step);
    metric.set(model.get("metric"));
    baseline.set(String(model.get("baseline")));
    shown.set(String(map));
    const state = model.get("state");
    const gone = state === "working" && !isLive(model as Model<never>);
    note.textContent =
      state === "failed"
        ? model.get("message")
        : gone
          ? "The kernel is gone: these curves are what it measured."
          : curves.length === 0
            ? "Measuring …"
            : "";
    const ranked = [...curves].sort((a, b) =>
      model.get("metric") === "insertion" ? b.area - a.area : a.area - b.area,
    );
    ranking.replaceChildren(
      ...ranked.map(({ map: index, area, chance }) =>
        h(
          "li",
          {},
          h("span", {}, names[index]),
          h(
            "span",
            { class: "sl-number" },
            ` ${area.toFixed(2)}${chance === null ? "" : ` (chance ${chance.toFixed(2)})`}`,
          ),
        ),
      ),
    );
    const x = Array.from({ length: steps + 1 }, (_, i) => (i / steps) * 100);
    const means = curves.map(({ chance }) => chance).filter((value): value is number => value !== null);
    chart.draw(
      curves.map((curve) => ({
        type: "scatter",
        mode: "lines",
        name: names[curve.map],
        x,
        y: curve.scores,
        line: { color: SERIES[curve.map % SERIES.length], dash: DASHES[curve.map % DASHES.length], width: 2 },
        hovertemplate: "%{x:.0f} %: %{y:.2f}<extra></extra>",
      })),
      {
        showlegend: curves.length > 4,
        margin: { l: 48, r: 12, t: 10, b: 40 },
        xaxis: axis(`% of the pixels ${verb}`, { range: [0, 100] }),
        yaxis: axis("probability", { range: [-0.03, 1.03] }),
        annotations: curves.length > 4 ? [] : directLabels(curves, names, x),
        shapes: [
          { type: "line", x0: x[step], x1: x[step], yref: "paper", y0: 0, y1: 1, line: { color: "#888", width: 1.5 } },
          ...(means.length > 0
            ? [
                {
                  type: "line",
                  xref: "paper",
                  x0: 0,
                  x1: 1,
                  y0: mean(means),
                  y1: mean(means),
                  line: { color: CONTROL, dash: "dash", width: 1 },
                },
              ]
            : []),
        ],
      },
    );
    chart.label = ranked.map(({ map: index, area }) => `${names[index]}: area ${area.toFixed(2)}`).join("; ");
  };

  chart.on(
    "plotly_click",
    (event: { readonly points?: readonly { readonly x: number; readonly curveNumber: number }[] }) => {
      const [point] = event.points ?? [];
      if (point)
        save({
          step: Math.round((point.x / 100) * steps),
          shown: curvesNow()[point.curveNumber]?.map ?? model.get("shown"),
        });
    },
  );
  let dragging = false;
  const dragTo = (event: PointerEvent) => {
    const area = chart.el.querySelector(".nsewdrag")?.getBoundingClientRect();
    if (!area) return;
    const part = Math.min(1, Math.max(0, (event.clientX - area.left) / area.width));
    save({ step: Math.round(part * steps) });
  };
  cleanup.listen(chart.el, "pointerdown", (event) => {
    dragging = true;
    dragTo(event);
  });
  cleanup.listen(window, "pointermove", (event) => {
    if (dragging) dragTo(event);
  });
  cleanup.listen(window, "pointerup", () => {
    dragging = false;
  });

  let frame = 0;
  const schedule = () => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(update);
  };
  cleanup.add(() => cancelAnimationFrame(frame));
  for (const name of ["step", "metric", "baseline", "shown", "curves", "state"])
    cleanup.on(model, `change:${name}`, schedule);
  cleanup.on(model, "comm_live_update", schedule);
  update();
  return cleanup.run;
};

/** The place of each pixel in the map's order, as the measurement walks it. */
function placesOf(values: Float32Array): Uint32Array {
  const places = new Uint32Array(values.length);
  descending(values).forEach((pixel, at) => {
    places[pixel] = at;
  });
  return places;
}

function mixed(places: Uint32Array, changed: number, from: Pixels, to: Pixels): Pixels {
  const data = new Uint8ClampedArray(from.data);
  for (let p = 0; p < places.length; p++) {
    if (places[p] < changed) for (let c = 0; c < 4; c++) data[p * 4 + c] = to.data[p * 4 + c];
  }
  return { data, width: from.width, height: from.height };
}

/** Names beside their curves, each where the others are farthest, and not over one another. */
function directLabels(curves: readonly Curve[], names: readonly string[], x: readonly number[]): object[] {
  const placed: { at: number; y: number }[] = [];
  return curves.map((curve) => {
    const room = (at: number) =>
      Math.min(
        ...curves.filter((other) => other !== curve).map((other) => Math.abs(other.scores[at] - curve.scores[at])),
        ...placed.map((label) =>
          Math.max(Math.abs(label.at - at) / x.length / 2, Math.abs(label.y - curve.scores[at])),
        ),
        0.4,
      );
    const places = x.map((_, at) => at).slice(Math.round(0.04 * x.length), Math.round(0.7 * x.length));
    const at = places.reduce((best, place) => (room(place) > room(best) ? place : best));
    const y = curve.scores[at];
    placed.push({ at, y });
    const above = curves.filter((other) => other.scores[at] > y).length * 2 < curves.length;
    return {
      x: x[at],
      y,
      text: names[curve.map].replaceAll("<", "&lt;"),
      showarrow: false,
      xanchor: "left",
      yanchor: above ? "bottom" : "top",
      font: { color: SERIES[curve.map % SERIES.length] },
    };
  });
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
