import type { Condition, Overview } from "../../../src/explorer/types.js";
import { oneLine, plural } from "../../../src/render/format.js";
import { h } from "../dom.js";

type Confusion = NonNullable<Overview["confusion"]>;

/** Classes that a matrix shows; of more, those with the most wrong answers. */
const MOST = 24;

/** Which true classes get which answers; each cell leads to its pictures. */
export function confusionSection(
  { cells }: Confusion,
  see: (...conditions: readonly Condition[]) => Promise<void>,
): HTMLElement {
  const title = h("h4", {}, "What is taken for what");
  if (cells.length === 0) return h("section", { "aria-label": "Confusion", hidden: true }, title);
  const { truths, answers, more } = chosen(cells);
  const totals = new Map<string, number>();
  for (const { truth, pictures } of cells) totals.set(truth, (totals.get(truth) ?? 0) + pictures);
  const head = answers.map((answer) => h("th", { scope: "col" }, h("span", {}, oneLine(answer))));
  const rows = truths.map((truth) => {
    const own = answers.map((prediction) => {
      const cell = cells.find((one) => one.truth === truth && one.prediction === prediction);
      if (!cell) return h("td", {});
      const show = () =>
        void see(
          { kind: "values", column: "truth", values: [truth] },
          { kind: "values", column: "prediction", values: [prediction] },
        );
      const label = `${plural(cell.pictures, "picture")} of ${oneLine(truth)} taken for ${oneLine(prediction)}`;
      const td = h(
        "td",
        { "data-right": cell.right },
        h(
          "button",
          { type: "button", "aria-label": label, title: label, onclick: show },
          cell.pictures.toLocaleString("en"),
        ),
      );
      td.style.setProperty("--share", String(cell.pictures / (totals.get(truth) ?? 1)));
      return td;
    });
    return h("tr", {}, h("th", { scope: "row" }, oneLine(truth)), ...own);
  });
  return h(
    "section",
    { "aria-label": "Confusion" },
    title,
    h(
      "p",
      { class: "sl-caption" },
      "A row for each true class, a column for each answer. Press a cell to see its pictures.",
    ),
    h(
      "div",
      { class: "sl-x-scroll" },
      h("table", { class: "sl-x-matrix" }, h("thead", {}, h("tr", {}, h("th", {}), ...head)), h("tbody", {}, ...rows)),
    ),
    more > 0 &&
      h("p", { class: "sl-caption" }, `${plural(more, "class", "classes")} with fewer wrong answers are not shown.`),
  );
}

/** The rows and columns that are shown, by name. */
function chosen(cells: Confusion["cells"]) {
  const wrong = new Map<string, number>();
  for (const { truth, prediction, pictures, right } of cells) {
    for (const name of new Set([truth, prediction])) wrong.set(name, (wrong.get(name) ?? 0) + (right ? 0 : pictures));
  }
  const names = [...wrong].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).map(([name]) => name);
  const shown = new Set(names.slice(0, MOST));
  const some = (list: readonly string[]) => [...new Set(list)].filter((name) => shown.has(name)).sort();
  return {
    truths: some(cells.map(({ truth }) => truth)),
    answers: some(cells.map(({ prediction }) => prediction)),
    more: names.length - shown.size,
  };
}
