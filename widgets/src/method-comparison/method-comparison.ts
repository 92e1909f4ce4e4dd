import { agreement } from "../../../src/evaluate/agreement.js";
import { resizeMap } from "../../../src/image/resize-map.js";
import { unitOf } from "../../../src/render/colour-bar.js";
import type { MethodComparisonTraits } from "../../../src/widgets/traits/index.js";
import { h } from "../dom.js";
import { select } from "../fields.js";
import type { Received } from "../model.js";
import { Stage } from "../stage.js";
import type { Render, View } from "../view.js";
import { AgreementChart } from "./agreement-chart.js";
import { type Comparison, mapOf, readComparison } from "./comparison.js";
import { disagreementPicture } from "./disagreement.js";
import { MapGrid } from "./map-grid.js";

type ComparisonView = View<Received<MethodComparisonTraits>>;

/** Maps are compared on a grid of this many cells a side. */
const SIDE = 56;

/** Methods × classes on one picture, and how far the methods agree. */
export const methodComparison: Render<MethodComparisonTraits> = async (view) => {
  const comparison = await readComparison(view.get("explanations"));
  const grid = new MapGrid(view, comparison);
  const agreementPart = agreementOf(view, comparison, grid);
  const scaleNote = h("p", { class: "sl-caption", role: "status" });
  const scales = select({
    label: "Colour scales",
    choices: [
      ["shared", "one for each method"],
      ["separate", "each map its own"],
    ],
    value: view.get("separate") ? "separate" : "shared",
    onchange: (value) => view.save({ separate: value === "separate" }),
  });
  view.el.replaceChildren(
    h(
      "div",
      { class: "sl-comparison" },
      h("div", { class: "sl-main" }, grid.el, h("div", { class: "sl-under" }, grid.reading), scaleNote),
      h("div", { class: "sl-controls" }, scales.el, ...agreementPart.fields, ...agreementPart.pictures),
    ),
  );
  const paint = () => {
    const separate = view.get("separate");
    scales.set(separate ? "separate" : "shared");
    grid.paint(view.get("config") ?? {}, separate);
    scaleNote.textContent = scalesInWords(comparison, separate);
  };
  view.watch(["config", "separate"], paint);
  paint();
  agreementPart.update();
};

/** Which colours can be compared, and why others cannot. */
function scalesInWords({ columns }: Comparison, separate: boolean): string {
  if (separate) return "Each map has its own scale: colours cannot be compared between maps.";
  const kinds = columns.map(({ name, explanation }) => ({ name, unit: unitOf(explanation.provenance) }));
  const differ = new Set(kinds.map(({ unit }) => unit)).size > 1;
  const units = kinds.map(({ name, unit }) => `${name} ${unit}`).join(", ");
  const why = differ ? ` Their values are of different kinds: ${units}.` : "";
  return `One scale for each method: compare colours down a column, places across a row.${why}`;
}

/** How far the maps for one class agree, in numbers and in the picture. */
function agreementOf(view: ComparisonView, { columns, classes }: Comparison, { camera }: MapGrid) {
  const chart = new AgreementChart(view, columns.length);
  const place = new Stage({ scope: view, view: camera, size: 280, label: "Where the methods disagree most" });
  let kind: "spearman" | "overlap" = "spearman";
  const measure = select({
    label: "Agreement by",
    choices: [
      ["spearman", "Spearman's ranks"],
      ["overlap", "top 10 % overlap"],
    ],
    value: kind,
    onchange: (value) => {
      kind = value as typeof kind;
      update();
    },
  });
  const target = select({
    label: "Of the maps for",
    choices: classes.map(({ index, label }) => [String(index), label]),
    value: String(view.get("target")),
    onchange: (value) => view.save({ target: Number(value) }),
  });
  const update = () => {
    target.set(String(view.get("target")));
    const members = columns.flatMap(({ name, explanation }) => {
      const at = mapOf(explanation, view.get("target"));
      if (at === undefined) return [];
      const { data, width, height } = explanation.maps[at];
      return { name, explanation, map: resizeMap(data, width, height, SIDE, SIDE) };
    });
    if (members.length < 2) return;
    const maps = members.map(({ map }) => map);
    const result = agreement(
      members.map(({ name }) => name),
      maps,
    );
    chart.draw({ names: result.names, rows: result[kind], signed: kind === "spearman" });
    place.show(disagreementPicture(members[0].explanation, maps, SIDE));
  };
  view.watch(["target"], update);
  const caption = h("figcaption", { class: "sl-caption" }, "Bright where the methods rank the place differently.");
  return { fields: [target.el, measure.el], pictures: [chart.el, h("figure", {}, place.el, caption)], update };
}
