import { agreement } from "../../src/evaluate/agreement.js";
import { resizeMap } from "../../src/image/resize-map.js";
import { mapValue, probability } from "../../src/render/format.js";
import { axis, Chart } from "./charts.js";
import { announcer, h, select } from "./dom.js";
import { barOf, draw, readExplanation, type ShownExplanation, scaleOf } from "./drawing.js";
import { Cleanup, type Model, type Render } from "./model.js";
import { canvasOf } from "./pictures.js";
import { SharedView, Stage } from "./stage.js";
import { altText, cost } from "./words.js";

interface Traits {
  explanations: readonly object[];
  separate: boolean;
  target: number;
  config: Record<string, unknown>;
}

/** Maps are compared on a grid of this many cells a side. */
const GRID = 56;

/** Methods × classes on one picture, and how far the methods agree. */
export const methodComparison: Render<Traits> = async ({ model, el }) => {
  const cleanup = new Cleanup();
  const explanations = await Promise.all(model.get("explanations").map(readExplanation));
  const view = new SharedView();
  const names = distinct(explanations);
  const classes = [
    ...new Map(explanations.flatMap(({ targets }) => targets.map((t) => [t.index, t] as const))).values(),
  ];
  const mapOf = (e: ShownExplanation, index: number) => e.targets.findIndex((target) => target.index === index);
  const status = announcer();
  const reading = h("output", { class: "sl-reading" });

  const table = h("div", { class: "sl-grid", role: "table", "aria-label": "Maps by method and class" });
  table.style.setProperty("--columns", String(explanations.length));
  table.append(
    h(
      "div",
      { role: "row", class: "sl-grid-row" },
      h("div", { role: "columnheader", class: "sl-grid-corner" }, "class"),
      ...explanations.map(({ provenance }, i) =>
        h(
          "div",
          { role: "columnheader" },
          h("strong", {}, names[i]),
          h("span", { class: "sl-caption sl-number" }, cost(provenance)),
        ),
      ),
    ),
  );
  interface Cell {
    readonly explanation: ShownExplanation;
    readonly at: number;
    readonly stage: Stage;
    readonly bar: HTMLElement;
  }
  const cells: Cell[] = [];
  let drawings: ReturnType<typeof draw>[] = [];
  for (const target of classes) {
    const row = explanations.map((explanation) => {
      const at = mapOf(explanation, target.index);
      if (at < 0) return h("div", { role: "cell", class: "sl-note" }, "not explained");
      const cell: Cell = {
        explanation,
        at,
        bar: h("div", { class: "sl-bar sl-bar-flat" }),
        stage: new Stage({
          cleanup,
          view,
          size: 360,
          label: altText(explanation, at),
          onpoint: (place) => {
            view.point(place);
            reading.textContent = place
              ? cells
                  .map((one, i) => ({ one, value: drawings[i]?.valueAt(place.x, place.y) }))
                  .filter(
                    ({ one, value }) => value !== undefined && one.explanation.targets[one.at].index === target.index,
                  )
                  .map(
                    ({ one, value }) => `${names[explanations.indexOf(one.explanation)]} ${mapValue(value as number)}`,
                  )
                  .join(" · ")
              : "";
          },
        }),
      };
      cells.push(cell);
      return h("div", { role: "cell" }, cell.stage.el, cell.bar);
    });
    table.append(
      h(
        "div",
        { role: "row", class: "sl-grid-row" },
        h(
          "div",
          { role: "rowheader" },
          target.label,
          " ",
          h("span", { class: "sl-number" }, probability(target.probability)),
        ),
        ...row,
      ),
    );
  }

  const chart = new Chart(model as Model<never>, cleanup, {
    label: "Agreement of the methods",
    height: 60 + 44 * names.length,
  });
  const disagreement = new Stage({ cleanup, view, size: 300, label: "Where the methods disagree most" });
  const measure = select({
    label: "Agreement by",
    choices: [
      ["spearman", "Spearman's ranks"],
      ["overlap", "top 10 % overlap"],
    ],
    value: "spearman",
    onchange: () => compare(),
  });
  const targetChoice = select({
    label: "Of the maps for",
    choices: classes.map(({ index, label }) => [String(index), label]),
    value: String(model.get("target")),
    onchange: (value) => {
      model.set("target", Number(value));
      model.save_changes();
    },
  });
  const scales = select({
    label: "Colour scales",
    choices: [
      ["shared", "one for each method"],
      ["separate", "each map its own"],
    ],
    value: model.get("separate") ? "separate" : "shared",
    onchange: (value) => {
      model.set("separate", value === "separate");
      model.save_changes();
    },
  });
  el.replaceChildren(
    h(
      "div",
      { class: "sl-comparison" },
      table,
      h("div", { class: "sl-under" }, reading),
      h(
        "div",
        { class: "sl-agreement" },
        h("div", { class: "sl-controls" }, scales.el, targetChoice.el, measure.el),
        chart.el,
        h(
          "figure",
          {},
          disagreement.el,
          h("figcaption", { class: "sl-caption" }, "Bright where the methods rank the place differently."),
        ),
      ),
      status.el,
    ),
  );

  function paint(): void {
    const separate = model.get("separate");
    const config = model.get("config") ?? {};
    drawings = cells.map(({ explanation, at }) =>
      draw(explanation, at, { ...config, scaling: separate }, separate ? undefined : scaleOf(explanation, config)),
    );
    cells.forEach(({ stage, bar }, i) => {
      stage.show(drawings[i].canvas());
      bar.replaceChildren(barOf(drawings[i], true));
    });
  }

  function compare(): void {
    const target = model.get("target");
    const members = explanations
      .map((e, i) => ({ e, at: mapOf(e, target), name: names[i] }))
      .filter(({ at }) => at >= 0);
    if (members.length < 2) return;
    const maps = members.map(({ e, at }) => {
      const { data, width, height } = e.maps[at];
      return resizeMap(data, width, height, GRID, GRID);
    });
    const result = agreement(
      members.map(({ name }) => name),
      maps,
    );
    const kind = (measure.el.querySelector("select") as HTMLSelectElement).value as "spearman" | "overlap";
    const rows = result[kind];
    const widest = 7 * Math.max(...result.names.map((name) => name.length));
    const left = 16 + widest;
    chart.draw(
      [
        {
          type: "heatmap",
          z: rows,
          x: result.names,
          y: result.names,
          zmin: kind === "spearman" ? -1 : 0,
          zmax: 1,
          colorscale:
            kind === "spearman"
              ? [
                  [0, "#c45a00"],
                  [0.5, "#f4f4f4"],
                  [1, "#0b4ea2"],
                ]
              : "Viridis",
          text: rows.map((row) => row.map((value) => value.toFixed(2))),
          texttemplate: "%{text}",
          hovertemplate: "%{y} and %{x}: %{z:.2f}<extra></extra>",
          showscale: false,
          xgap: 2,
          ygap: 2,
        },
      ],
      (width) => {
        const fits = (width - left) / members.length > widest;
        return {
          xaxis: axis("", { showticklabels: fits, tickangle: 0 }),
          yaxis: axis("", { autorange: "reversed" }),
          margin: { l: left, r: 8, t: 8, b: fits ? 40 : 8 },
        };
      },
    );
    chart.label = result.names
      .flatMap((a, i) => result.names.slice(0, i).map((b, j) => `${a} and ${b}: ${rows[i][j].toFixed(2)}`))
      .join("; ");
    disagreement.show(disagreementPicture(members[0].e, maps));
  }

  cleanup.on(model, "change:separate", () => {
    scales.set(model.get("separate") ? "separate" : "shared");
    paint();
    status.say(model.get("separate") ? "Each map has its own scale." : "The maps of a method share one scale.");
  });
  cleanup.on(model, "change:config", paint);
  cleanup.on(model, "change:target", () => {
    targetChoice.set(String(model.get("target")));
    compare();
  });
  paint();
  compare();
  return cleanup.run;
};

function distinct(explanations: readonly ShownExplanation[]): string[] {
  const seen = new Map<string, number>();
  return explanations.map(({ provenance: { method } }) => {
    const count = (seen.get(method) ?? 0) + 1;
    seen.set(method, count);
    return count === 1 ? method : `${method} ${count}`;
  });
}

/** The grey picture, bright where the ranks that maps give a place are far apart. */
function disagreementPicture(explanation: ShownExplanation, maps: readonly Float32Array[]): HTMLCanvasElement {
  const ranked = maps.map(shareBelow);
  const spread = Float32Array.from({ length: GRID * GRID }, (_, p) => {
    const values = ranked.map((map) => map[p]);
    return Math.max(...values) - Math.min(...values);
  });
  const photo = draw(explanation, 0, { type: "pixels", overlay_type: "grayscale", overlay_weight: 0 }).canvas();
  const overlay = canvasOf(GRID, GRID);
  const context = overlay.getContext("2d") as CanvasRenderingContext2D;
  const image = context.createImageData(GRID, GRID);
  for (const [i, value] of spread.entries()) {
    image.data.set([255, 176, 0, Math.round(255 * Math.max(0, value - 0.25))], i * 4);
  }
  context.putImageData(image, 0, 0);
  const out = canvasOf(photo.width, photo.height);
  const target = out.getContext("2d") as CanvasRenderingContext2D;
  target.drawImage(photo, 0, 0);
  target.imageSmoothingEnabled = true;
  target.drawImage(overlay, 0, 0, out.width, out.height);
  return out;
}

/** For each value, which share of all values lies below it. */
function shareBelow(map: Float32Array): Float32Array {
  const order = Array.from(map.keys()).sort((a, b) => map[a] - map[b]);
  const out = new Float32Array(map.length);
  let start = 0;
  while (start < order.length) {
    let end = start + 1;
    while (end < order.length && map[order[end]] === map[order[start]]) end++;
    for (let i = start; i < end; i++) out[order[i]] = (start + end - 1) / 2 / order.length;
    start = end;
  }
  return out;
}
