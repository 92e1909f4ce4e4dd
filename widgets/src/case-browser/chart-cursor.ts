import { h, keysLine } from "../dom.js";
import type { Scope } from "../view.js";

/** A place in a chart, in the values of its axes. */
export interface ChartPlace {
  readonly x: number;
  readonly y: number;
}

/** A part of a chart, in the values of its axes. */
export interface ChartBox {
  readonly x: readonly [from: number, to: number];
  readonly y: readonly [from: number, to: number];
}

interface CursorOptions {
  readonly scope: Scope;
  /** What can be seen of the chart. */
  readonly range: ChartBox;
  /** Pixels between the chart's edges and its axes. */
  readonly margin: { readonly l: number; readonly r: number; readonly t: number; readonly b: number };
  /** Called while a rectangle is drawn, once with `done` when its second corner is set. */
  onbox(box: ChartBox, done: boolean): void;
  onmove(place: ChartPlace): void;
  onopen(place: ChartPlace): void;
  onclear(): void;
}

/** How far an arrow key goes, as a share of the chart; with Shift a fifth of that. */
const STEP = 1 / 30;

const ARROWS: Readonly<Record<string, readonly [right: number, up: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
};

/** Does by keyboard what the pointer does in a chart: a cross that moves, a rectangle from corner to corner, opening a mark. */
export class ChartCursor {
  /** Lies over the chart and lets the pointer through. */
  readonly el: HTMLElement;
  /** The keys, shown while they work. */
  readonly keys = keysLine("In the chart: ", [
    ["Arrows", "move the cross, with Shift a little"],
    ["Space", "chooses: one corner, then the other"],
    ["Enter", "opens the nearest"],
    ["Esc", "shows all"],
  ]);
  readonly #options: CursorOptions;
  readonly #cross = h("div", { class: "sl-chart-cross" });
  readonly #box = h("div", { class: "sl-chart-box", hidden: true });
  #place: ChartPlace;
  #corner: ChartPlace | undefined;

  constructor(options: CursorOptions) {
    const { scope, range, margin } = options;
    this.#options = options;
    this.#place = { x: middle(range.x), y: middle(range.y) };
    this.el = h(
      "div",
      {
        class: "sl-chart-cursor",
        role: "application",
        tabindex: 0,
        "aria-label":
          "Marks of the chart. Arrow keys move a cross, space sets one corner of a rectangle and then the other, Enter opens the nearest picture, Escape shows all.",
      },
      this.#box,
      this.#cross,
    );
    this.el.style.inset = `${margin.t}px ${margin.r}px ${margin.b}px ${margin.l}px`;
    this.#draw();
    scope.listen(this.el, "keydown", (event) => this.#key(event));
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const arrow = Object.hasOwn(ARROWS, event.key) ? ARROWS[event.key] : undefined;
    if (arrow) this.#move(arrow, event.shiftKey ? STEP / 5 : STEP);
    else if (event.key === " ") this.#setCorner();
    else if (event.key === "Enter") this.#options.onopen(this.#place);
    else if (event.key === "Escape") this.#clear();
    else return;
    event.preventDefault();
    event.stopPropagation();
    this.#draw();
  }

  #move([right, up]: readonly [number, number], step: number): void {
    const { range } = this.#options;
    const along = (value: number, [from, to]: readonly [number, number], by: number) =>
      Math.min(to, Math.max(from, value + by * step * (to - from)));
    this.#place = { x: along(this.#place.x, range.x, right), y: along(this.#place.y, range.y, up) };
    if (this.#corner) this.#options.onbox(boxOf(this.#corner, this.#place), false);
    else this.#options.onmove(this.#place);
  }

  #setCorner(): void {
    if (this.#corner) this.#options.onbox(boxOf(this.#corner, this.#place), true);
    this.#corner = this.#corner ? undefined : this.#place;
  }

  #clear(): void {
    if (!this.#corner) this.#options.onclear();
    this.#corner = undefined;
  }

  #draw(): void {
    const { range } = this.#options;
    const across = (x: number) => `${(100 * (x - range.x[0])) / (range.x[1] - range.x[0])}%`;
    const down = (y: number) => `${(100 * (range.y[1] - y)) / (range.y[1] - range.y[0])}%`;
    Object.assign(this.#cross.style, { left: across(this.#place.x), top: down(this.#place.y) });
    this.#box.hidden = !this.#corner;
    if (!this.#corner) return;
    const { x, y } = boxOf(this.#corner, this.#place);
    const [width, height] = [x[1] - x[0] + range.x[0], range.y[1] - (y[1] - y[0])];
    Object.assign(this.#box.style, { left: across(x[0]), top: down(y[1]), width: across(width), height: down(height) });
  }
}

function boxOf(one: ChartPlace, other: ChartPlace): ChartBox {
  const order = (a: number, b: number) => [Math.min(a, b), Math.max(a, b)] as const;
  return { x: order(one.x, other.x), y: order(one.y, other.y) };
}

const middle = ([from, to]: readonly [number, number]) => (from + to) / 2;
