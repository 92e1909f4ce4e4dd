import type { Place } from "../camera.js";
import { canvasOf } from "../pictures.js";
import { outlineRegion } from "../region-outline.js";
import { type DragPhase, Stage } from "../stage.js";
import type { Scope } from "../view.js";
import type { ShareMask } from "./share-mask.js";

/** How far an arrow key moves the region, as a share of the picture. */
const STEP = 1 / 28;

const ARROWS: Readonly<Record<string, readonly [right: number, down: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** Diameter of the brush, as a share of the picture's shorter side. */
const BRUSH = 0.14;

export type GuessTool = "box" | "brush";

/** The photograph on which a region of a fixed area is marked, by pointer and by keyboard. */
export class GuessEditor {
  readonly stage: Stage;
  tool: GuessTool = "box";
  readonly #mask: ShareMask;
  readonly #onchange: () => void;
  readonly #onenter: () => void;
  /** Where the hand began, and the middle of the box then where the hand began in it. */
  #from: { readonly place: Place; readonly middle: Place | undefined } | undefined;
  /** Where the next dab of the brush lies, for the keyboard. */
  #cursor: Place = { x: 0.5, y: 0.5 };

  constructor(scope: Scope, mask: ShareMask, { onchange, onenter }: { onchange(): void; onenter(): void }) {
    this.#mask = mask;
    this.#onchange = onchange;
    this.#onenter = onenter;
    this.stage = new Stage({
      scope,
      size: 560,
      label: "Photograph. Arrow keys move your region, Shift and arrows change its shape, Enter hands it in.",
      ondrag: (phase, place, event) => this.#drag(phase, place, event),
      onkey: (event) => this.#key(event),
    });
    this.stage.addLayer((context, pixel, width, height) => {
      if (this.#mask.filled > 0) outlineRegion(context, this.#mask, { pixel, width, height });
    });
  }

  clear(): void {
    this.#mask.clear();
    this.#changed();
  }

  #changed(): void {
    this.stage.redraw();
    this.#onchange();
  }

  #drag(phase: DragPhase, place: Place, event: PointerEvent): boolean {
    if (phase === "start") {
      if (event.altKey) return false;
      this.#from = { place, middle: this.#holds(place) ? this.#mask.box : undefined };
    }
    if (phase === "cancel" || !this.#from) return true;
    if (this.tool === "brush") this.#mask.paint(place, BRUSH);
    else this.#dragBox(this.#from, place);
    this.#changed();
    return true;
  }

  #dragBox({ place: from, middle }: { place: Place; middle: Place | undefined }, to: Place): void {
    if (middle) this.#mask.setBox({ x: middle.x + to.x - from.x, y: middle.y + to.y - from.y });
    else this.#mask.pullBox(from, to);
  }

  /** Whether a place lies in the box. */
  #holds({ x, y }: Place): boolean {
    const { width, height, box, data } = this.#mask;
    return box !== undefined && data[Math.floor(y * height) * width + Math.floor(x * width)] === 1;
  }

  #key(event: KeyboardEvent): boolean {
    const { key, shiftKey, ctrlKey, metaKey, altKey } = event;
    if (ctrlKey || metaKey || altKey) return false;
    const arrow = Object.hasOwn(ARROWS, key) ? ARROWS[key] : undefined;
    if (key === "Enter" && !shiftKey) this.#onenter();
    else if (key === "Escape") this.clear();
    else if (arrow) this.#arrow(arrow, shiftKey);
    else if (key === " ") this.#dab();
    else return false;
    return true;
  }

  #arrow([right, down]: readonly [number, number], shaped: boolean): void {
    const { box } = this.#mask;
    if (this.tool === "brush") {
      this.#cursor = { x: this.#cursor.x + right * STEP, y: this.#cursor.y + down * STEP };
      this.#mask.paint(this.#cursor, BRUSH);
    } else if (!box) this.#mask.setBox({ x: 0.5, y: 0.5 });
    else if (shaped) this.#mask.setBox({ ...box, aspect: box.aspect * 1.2 ** (right + down) });
    else this.#mask.setBox({ ...box, x: box.x + right * STEP, y: box.y + down * STEP });
    this.#changed();
  }

  #dab(): void {
    if (this.tool === "brush") this.#mask.paint(this.#cursor, BRUSH);
    else this.#mask.setBox(this.#mask.box ?? { x: 0.5, y: 0.5 });
    this.#changed();
  }
}

/** The photograph with a region hidden: what fills it is drawn over the picture. */
export function pictureWithout(
  photo: HTMLCanvasElement,
  hidden: HTMLCanvasElement,
  region: { readonly mask: Uint8Array; readonly width: number; readonly height: number },
): HTMLCanvasElement {
  const part = canvasOf(region.width, region.height);
  const context = part.getContext("2d");
  if (context) {
    const stencil = context.createImageData(region.width, region.height);
    region.mask.forEach((inside, i) => {
      if (inside) stencil.data[4 * i + 3] = 255;
    });
    context.putImageData(stencil, 0, 0);
    context.globalCompositeOperation = "source-in";
    context.drawImage(hidden, 0, 0, region.width, region.height);
  }
  const out = canvasOf(photo.width, photo.height);
  const over = out.getContext("2d");
  if (over) {
    over.drawImage(photo, 0, 0);
    over.imageSmoothingEnabled = false;
    over.drawImage(part, 0, 0, out.width, out.height);
  }
  return out;
}
