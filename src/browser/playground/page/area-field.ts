import { SharedView } from "../../../../widgets/src/camera.js";
import { h } from "../../../../widgets/src/dom.js";
import { choice, select } from "../../../../widgets/src/fields.js";
import { decodePicture, paintCanvas } from "../../../../widgets/src/pictures.js";
import { RegionEditor } from "../../../../widgets/src/test-the-claim/region-editor.js";
import { RegionMask } from "../../../../widgets/src/test-the-claim/region-mask.js";
import { Scope } from "../../../../widgets/src/view.js";
import type { Rect } from "../../../image/types.js";

/** Cells a side of the grid that rectangles are drawn on. */
const GRID = 128;
/** What is asked about before the visitor has drawn anything. */
const MIDDLE: Rect = { x: 0.25, y: 0.25, width: 0.5, height: 0.5 };

interface Asked {
  /** Labels of all classes, in order. */
  readonly labels: readonly string[];
  readonly target: number;
  readonly region: Rect | undefined;
}

/** Which class of a segmentation model is asked about, and where: where it is seen, or in a rectangle of one's own. */
export class AreaField {
  readonly el = h("div", { class: "pg-area", hidden: true });
  readonly #onask: (target: number | undefined, region: Rect | undefined) => void;
  readonly #class = select({
    label: "Class",
    choices: [],
    value: "",
    onchange: (value) => this.#onask(Number(value), this.#region),
  });
  readonly #where = choice({
    label: "Where",
    choices: [
      ["seen", "where it is seen"],
      ["drawn", "in a rectangle"],
    ],
    value: "seen",
    onchange: (value) => (value === "drawn" ? this.#onask(this.#target, MIDDLE) : this.#onask(undefined, undefined)),
  });
  readonly #mask = new RegionMask(GRID, GRID, new Int32Array(GRID * GRID));
  readonly #editor: RegionEditor;
  readonly #drawing: HTMLElement;
  #labels: readonly string[] = [];
  #target: number | undefined;
  #region: Rect | undefined;
  #turn = 0;

  constructor(onask: (target: number | undefined, region: Rect | undefined) => void) {
    this.#onask = onask;
    this.#editor = new RegionEditor(new Scope(), {
      camera: new SharedView(),
      mask: this.#mask,
      label: "Picture to draw a rectangle on. Arrow keys move the cursor, space sets one corner and then the other.",
      ondrawn: () => {
        const region = this.#drawn();
        if (region) this.#onask(this.#target, region);
      },
      ongo: () => {},
    });
    this.#drawing = h(
      "div",
      { hidden: true },
      this.#editor.stage.el,
      h("p", { class: "sl-note" }, "Draw a rectangle, or set its corners with arrow keys and space."),
    );
    this.el.append(this.#class.el, this.#where.el, this.#drawing);
  }

  /** Shows what is asked. Fields stay the same elements, so that they keep the focus. */
  show({ labels, target, region }: Asked): void {
    if (labels.some((label, i) => label !== this.#labels[i]) || labels.length !== this.#labels.length)
      this.#class.setChoices(labels.map((label, i) => [String(i), label]));
    this.#labels = labels;
    this.#target = target;
    this.#region = region;
    this.#class.set(String(target));
    this.#where.set(region ? "drawn" : "seen");
    this.#drawing.hidden = region === undefined;
    if (region && !same(this.#drawn(), region)) {
      this.#mask.setBox(region, { x: region.x + region.width, y: region.y + region.height });
      this.#editor.repaint();
    }
    this.el.hidden = false;
  }

  /** The picture that rectangles are drawn on, a PNG file. */
  async see(view: Uint8Array): Promise<void> {
    const turn = ++this.#turn;
    const pixels = await decodePicture(view);
    if (turn === this.#turn) this.#editor.stage.show(paintCanvas(pixels));
  }

  hide(): void {
    this.el.hidden = true;
  }

  /** The rectangle, in fractions of the picture. */
  #drawn(): Rect | undefined {
    const cells = [...this.#mask.data.keys()].filter((cell) => this.#mask.data[cell]);
    if (cells.length === 0) return undefined;
    const across = cells.map((cell) => cell % GRID);
    const [left, right] = [least(across), -least(across.map((x) => -x)) + 1];
    const [top, bottom] = [Math.floor(cells[0] / GRID), Math.floor(cells[cells.length - 1] / GRID) + 1];
    return { x: left / GRID, y: top / GRID, width: (right - left) / GRID, height: (bottom - top) / GRID };
  }
}

const least = (values: readonly number[]) => values.reduce((a, b) => Math.min(a, b));

const same = (a: Rect | undefined, b: Rect) =>
  a !== undefined && a.x === b.x && a.y === b.y && a.width === b.width && a.height === b.height;
