import type { Column, ColumnValues, LayoutKind, PictureLayout } from "../../../src/explorer/types.js";
import { oneLine, plural } from "../../../src/render/format.js";
import { ChartCursor } from "../case-browser/chart-cursor.js";
import { button, h } from "../dom.js";
import { columnTitle, columnValue } from "./names.js";
import {
  drawMoves,
  drawPoints,
  extent,
  inside,
  LABEL_COLOURS,
  nearest,
  type Paint,
  type Points,
  paintBy,
} from "./scatter.js";
import type { Store } from "./store.js";

/** A pointer that moved less than this, as a share of the map, clicked. */
const CLICK = 0.01;
/** What a map beside an earlier audit shows of each picture. */
const TIMES = { later: "where it lies now", earlier: "where it lay before", moves: "the way between" } as const;
const WHOLE = { x: [0, 1], y: [0, 1] } as const;

/** Pictures in a plane, the alike beside each other: coloured by a column, chosen with a lasso. */
export class MapPage {
  readonly el = h("div", { class: "sl-x-map", hidden: true });
  readonly #store: Store;
  readonly #onshow: () => void;
  readonly #canvas = h("canvas", { role: "img", "aria-label": "Map of the pictures" });
  readonly #line = h("canvas", { class: "sl-x-lasso", "aria-hidden": "true" });
  readonly #said = h("p", { class: "sl-note", role: "status" });
  readonly #legend = h("div", { class: "sl-x-legend" });
  readonly #see = button("Show the chosen", () => void this.#seeChosen(), { hidden: true });
  readonly #draw: () => void;
  #by: LayoutKind = "features";
  #column: string;
  #time: keyof typeof TIMES = "later";
  #layout: PictureLayout | undefined;
  #points: Points | undefined;
  #values: ColumnValues | undefined;
  #paint: Paint | undefined;
  #begun = false;

  /** @param onshow the reader wants to see pictures */
  constructor(store: Store, onshow: () => void) {
    this.#store = store;
    this.#onshow = onshow;
    const { columns, before } = store.facts;
    const first = before === null ? "prediction" : "change";
    this.#column = columns.find(({ name }) => name === first)?.name ?? columns[0].name;
    this.#draw = store.scope.everyFrame(() => this.#redraw());
    const box = h("div", { class: "sl-x-plane" }, this.#canvas, this.#line);
    const cursor = this.#cursor();
    box.append(cursor.el);
    this.#listen(box);
    this.el.append(
      h(
        "div",
        { class: "sl-controls" },
        this.#kinds(),
        before !== null && this.#times(),
        this.#columns(),
        this.#legend,
        this.#said,
        this.#see,
        cursor.keys,
      ),
      box,
    );
    store.on(["order"], () => this.#repaint());
    store.on(["chosen"], () => this.#draw());
    const size = new ResizeObserver(() => this.#draw());
    size.observe(box);
    store.scope.onLeave(() => size.disconnect());
  }

  show(shown: boolean): void {
    this.el.hidden = !shown;
    if (!shown || this.#begun) return;
    this.#begun = true;
    void this.#place(this.#by);
    void this.#colour(this.#column);
  }

  #kinds(): HTMLElement {
    const select = h(
      "select",
      { class: "sl-select", onchange: () => void this.#place(select.value as LayoutKind) },
      h("option", { value: "features" }, "what the model sees"),
      h("option", { value: "maps" }, "where it looks"),
    );
    return h("label", { class: "sl-label" }, "Alike by ", select);
  }

  #times(): HTMLElement {
    const select = h(
      "select",
      {
        class: "sl-select",
        onchange: () => {
          this.#time = select.value as keyof typeof TIMES;
          this.#atTime();
        },
      },
      ...Object.entries(TIMES).map(([value, words]) => h("option", { value }, words)),
    );
    return h("label", { class: "sl-label" }, "Of each picture ", select);
  }

  /** The places that are shown: of now, or of the earlier audit, which does not have every picture. */
  #atTime(): void {
    const { ids, places, earlier } = this.#layout ?? {};
    this.#points = ids && places && { ids, places: this.#time === "earlier" && earlier ? earlier : places };
    this.#repaint();
  }

  #columns(): HTMLElement {
    const names = this.#store.facts.columns.filter(({ kind }) => kind !== "text").map(({ name }) => name);
    const select = h(
      "select",
      { class: "sl-select", onchange: () => void this.#colour(select.value) },
      ...names.map((name) => h("option", { value: name }, columnTitle(name))),
    );
    select.value = this.#column;
    return h("label", { class: "sl-label" }, "Coloured by ", select);
  }

  async #place(by: LayoutKind): Promise<void> {
    this.#by = by;
    this.#said.textContent = "Laying out the pictures …";
    const found = await this.#store.attempt(() => this.#store.backend.layout(by));
    if (by !== this.#by) return;
    this.#said.textContent = found?.note ?? "";
    this.#layout = found;
    this.#atTime();
  }

  async #colour(column: string): Promise<void> {
    this.#column = column;
    const found = await this.#store.attempt(() => this.#store.backend.values(column));
    if (!found || column !== this.#column) return;
    this.#values = found;
    const described = this.#store.facts.columns.find(({ name }) => name === column);
    this.#legend.replaceChildren(...legend(found, described ?? {}));
    this.#repaint();
  }

  #repaint(): void {
    if (!this.#points || !this.#values) return;
    this.#paint = paintBy(this.#values, this.#points, new Set(this.#store.ids));
    this.#draw();
  }

  #redraw(): void {
    const { chosen } = this.#store;
    this.#see.hidden = chosen.size === 0;
    this.#see.textContent = `Show ${plural(chosen.size, "chosen picture")}`;
    if (!this.#points || !this.#paint || this.el.hidden) return;
    const { clientWidth, clientHeight } = this.#canvas;
    for (const canvas of [this.#canvas, this.#line]) {
      if (canvas.width !== clientWidth || canvas.height !== clientHeight) {
        [canvas.width, canvas.height] = [clientWidth, clientHeight];
      }
    }
    drawPoints(this.#canvas, this.#points, this.#paint, chosen);
    const { earlier } = this.#layout ?? {};
    if (this.#time === "moves" && earlier) drawMoves(this.#canvas, this.#points, earlier, this.#paint);
    const shown = this.#paint.indices.filter((index) => index >= 0).length;
    this.#canvas.ariaLabel = `Map of ${plural(shown, "picture")}, ${chosen.size} chosen`;
  }

  #choose(line: readonly (readonly [number, number])[]): void {
    if (this.#points && this.#paint) this.#store.choose(inside(this.#points, this.#paint, line));
  }

  #openNearest(x: number, y: number): void {
    const id = this.#points && this.#paint && nearest(this.#points, this.#paint, x, y);
    if (id === undefined) return;
    this.#onshow();
    void this.#store.open(id);
  }

  async #seeChosen(): Promise<void> {
    const ids = [...this.#store.chosen];
    this.#onshow();
    await this.#store.put(({ kind }) => kind === "pictures", { kind: "pictures", ids, name: "chosen on the map" });
  }

  #cursor(): ChartCursor {
    return new ChartCursor({
      scope: this.#store.scope,
      range: WHOLE,
      margin: { l: 0, r: 0, t: 0, b: 0 },
      onbox: ({ x, y }) =>
        this.#choose([
          [x[0], y[0]],
          [x[1], y[0]],
          [x[1], y[1]],
          [x[0], y[1]],
        ]),
      onmove: () => {},
      onopen: ({ x, y }) => this.#openNearest(x, y),
      onclear: () => this.#store.choose([]),
    });
  }

  /** The lasso: a line round pictures; a click opens the nearest. */
  #listen(box: HTMLElement): void {
    const { scope } = this.#store;
    let line: [number, number][] | undefined;
    const at = ({ clientX, clientY }: PointerEvent): [number, number] => {
      const { left, top, width, height } = box.getBoundingClientRect();
      return [(clientX - left) / width, 1 - (clientY - top) / height];
    };
    scope.listen(box, "pointerdown", (event) => {
      line = [at(event)];
      box.setPointerCapture(event.pointerId);
    });
    scope.listen(box, "pointermove", (event) => {
      if (!line) return;
      line.push(at(event));
      drawLine(this.#line, line);
    });
    scope.listen(box, "pointerup", (event) => {
      const drawn = line ?? [];
      line = undefined;
      drawLine(this.#line, []);
      const [[x, y]] = [at(event)];
      const far = Math.max(0, ...drawn.map(([a, b]) => Math.hypot(a - x, b - y)));
      if (far < CLICK) this.#openNearest(x, y);
      else this.#choose(drawn);
    });
  }
}

function drawLine(canvas: HTMLCanvasElement, line: readonly (readonly [number, number])[]): void {
  const context = canvas.getContext("2d") as CanvasRenderingContext2D;
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.strokeStyle = getComputedStyle(canvas).color;
  context.beginPath();
  for (const [x, y] of line) context.lineTo(x * canvas.width, (1 - y) * canvas.height);
  context.stroke();
}

function legend({ labels, values }: ColumnValues, column: Pick<Column, "time">): HTMLElement[] {
  if (!labels) {
    const [low, high] = extent(values);
    return [
      h(
        "span",
        { class: "sl-caption sl-number" },
        low <= high ? `${columnValue(column, low)} to ${columnValue(column, high)}, dark to bright` : "no value",
      ),
    ];
  }
  const others = values.some((value) => value >= labels.length) ? ["others"] : [];
  return [...labels, ...others].map((label, i) => {
    const mark = h("span", { class: "sl-mark", "aria-hidden": "true" }, "■");
    mark.style.color = LABEL_COLOURS[i < labels.length ? i : LABEL_COLOURS.length - 1];
    return h("span", { class: "sl-caption" }, mark, ` ${oneLine(label)}`);
  });
}
