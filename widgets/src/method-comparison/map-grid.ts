import type { Prediction } from "../../../src/model/types.js";
import type { VisualizationConfig } from "../../../src/render/config.js";
import { mapValue, probability } from "../../../src/render/format.js";
import { type Place, SharedView } from "../camera.js";
import { barOf } from "../colour-bar.js";
import { h } from "../dom.js";
import { type Drawing, draw, scaleOf } from "../drawing.js";
import { Stage } from "../stage.js";
import type { Scope } from "../view.js";
import { altText, cost } from "../words.js";
import { type Column, type Comparison, mapOf } from "./comparison.js";

interface Cell {
  readonly column: Column;
  readonly classIndex: number;
  /** Which of the explanation's maps it shows. */
  readonly at: number;
  readonly stage: Stage;
  readonly bar: HTMLElement;
  drawing: Drawing | undefined;
}

/** Classes × methods, every map under one camera and one pointer. */
export class MapGrid {
  readonly el: HTMLElement;
  /** Values under the pointer. */
  readonly reading = h("output", { class: "sl-reading" });
  readonly camera = new SharedView();
  readonly #scope: Scope;
  readonly #cells: Cell[] = [];

  constructor(scope: Scope, { columns, classes }: Comparison) {
    this.#scope = scope;
    const head = columns.map(({ name, explanation }) =>
      h(
        "div",
        { role: "columnheader" },
        h("strong", {}, name),
        h("span", { class: "sl-caption sl-number" }, cost(explanation.provenance)),
      ),
    );
    this.el = h(
      "div",
      { class: "sl-grid", role: "table", "aria-label": "Maps by method and class" },
      row(h("div", { role: "columnheader", class: "sl-grid-corner" }, "class"), ...head),
      ...classes.map((target) => this.#row(target, columns)),
    );
    const { picture } = columns[0].explanation.panels.view;
    this.el.style.setProperty("--aspect", String(picture.width / picture.height));
    this.el.style.setProperty("--columns", String(columns.length));
    this.el.style.setProperty("--rows", String(classes.length));
  }

  /** @param separate each map on its own scale instead of one for all maps of a method */
  paint(config: VisualizationConfig, separate: boolean): void {
    for (const cell of this.#cells) {
      const { explanation } = cell.column;
      const range = separate ? undefined : scaleOf(explanation, config);
      cell.drawing = draw(explanation, cell.at, { ...config, scaling: separate }, { range });
      cell.stage.show(cell.drawing.canvas());
      cell.bar.replaceChildren(barOf(cell.drawing, true));
    }
  }

  #row({ index, label, probability: p }: Prediction, columns: readonly Column[]): HTMLElement {
    const head = h("div", { role: "rowheader" }, label, " ", h("span", { class: "sl-number" }, probability(p)));
    return row(head, ...columns.map((column) => this.#cell(column, index)));
  }

  #cell(column: Column, classIndex: number): HTMLElement {
    const at = mapOf(column.explanation, classIndex);
    if (at === undefined) return h("div", { role: "cell", class: "sl-note" }, "not explained");
    const stage = new Stage({
      scope: this.#scope,
      view: this.camera,
      size: 360,
      label: altText(column.explanation, at),
      onpoint: (place) => this.#point(classIndex, place),
    });
    const bar = h("div", { class: "sl-bar sl-bar-flat" });
    this.#cells.push({ column, classIndex, at, stage, bar, drawing: undefined });
    return h("div", { role: "cell" }, stage.el, bar);
  }

  /** Reads what every method says of a place, for one class. */
  #point(classIndex: number, place: Place | undefined): void {
    this.camera.point(place);
    const values = this.#cells
      .filter((cell) => cell.classIndex === classIndex)
      .map(({ column, drawing }) => {
        const value = place && drawing?.valueAt(place.x, place.y);
        return value === undefined ? undefined : `${column.name} ${mapValue(value)}`;
      });
    this.reading.textContent = values.filter((value) => value !== undefined).join(" · ");
  }
}

function row(...cells: HTMLElement[]): HTMLElement {
  return h("div", { role: "row", class: "sl-grid-row" }, ...cells);
}
