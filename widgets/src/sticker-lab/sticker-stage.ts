import type { StickerPlace } from "../../../src/image/sticker.js";
import type { Place } from "../camera.js";
import { canvasOf, paintCanvas, toRgba } from "../pictures.js";
import { type DragPhase, Stage } from "../stage.js";
import type { LabState, StickerView } from "./lab-state.js";

export type StickerTool = "drag" | "cut" | "paint";

/** How far an arrow key moves the sticker, as a share of the picture. */
const STEP = 1 / 32;
const SIZES = { least: 0.03, most: 1 };
/** Where a sticker comes to lie first: lower left, as the classroom's mark. */
const FIRST: StickerPlace = { x: 0.15, y: 0.85, size: 13 / 64 };
/** Diameter of the brush, as a share of the picture's shorter side. */
const BRUSH = 0.08;
const INK = "#e6007e";

const ARROWS: Readonly<Record<string, readonly [right: number, down: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** The picture with the sticker, to be moved by pointer, finger and keyboard. */
export class StickerStage {
  tool: StickerTool = "drag";
  readonly #view: StickerView;
  readonly #state: LabState;
  readonly #stage: Stage;
  /** From the hand to the sticker's middle. */
  #grip = { x: 0, y: 0 };
  /** A box that is being cut out. */
  #box: { readonly from: Place; to: Place } | undefined;
  /** What is being painted. */
  #painting: HTMLCanvasElement | undefined;

  constructor(view: StickerView, state: LabState) {
    this.#view = view;
    this.#state = state;
    this.#stage = new Stage({
      scope: view,
      size: 480,
      label: "The picture. Arrow keys move the sticker, plus and minus change its size.",
      ondrag: (phase, place, event) => this.#drag(phase, place, event),
      onkey: (event) => this.#key(event),
    });
    this.#stage.addLayer((context, pixel, width, height) => this.#draw(context, pixel, width, height));
  }

  get el(): HTMLElement {
    return this.#stage.el;
  }

  /** Shows the picture as it is in the hand. */
  update(): void {
    const image = this.#state.image();
    if (image) this.#stage.show(paintCanvas(toRgba(image)));
  }

  #drag(phase: DragPhase, place: Place, event: PointerEvent): boolean {
    if (phase === "start" && event.altKey) return false;
    if (this.tool === "drag") this.#dragSticker(phase, place);
    else if (this.tool === "cut") this.#cut(phase, place);
    else this.#paint(phase, place);
    this.#stage.redraw();
    return true;
  }

  #dragSticker(phase: DragPhase, { x, y }: Place): void {
    const now = this.#state.place;
    if (phase === "start") {
      const held = now && Math.abs(x - now.x) < now.size / 2 && Math.abs(y - now.y) < now.size / 2;
      this.#grip = held ? { x: now.x - x, y: now.y - y } : { x: 0, y: 0 };
    }
    if (phase !== "cancel") this.#move({ ...(now ?? FIRST), x: x + this.#grip.x, y: y + this.#grip.y });
  }

  #move({ x, y, size }: StickerPlace): void {
    const inside = (value: number) => Math.min(1, Math.max(0, value));
    this.#state.move({ x: inside(x), y: inside(y), size: Math.min(SIZES.most, Math.max(SIZES.least, size)) });
  }

  #cut(phase: DragPhase, place: Place): void {
    if (phase === "start") this.#box = { from: place, to: place };
    else if (this.#box) this.#box.to = place;
    if (phase === "end" && this.#box) {
      const [x, y, width, height] = boxOf(this.#box);
      if (width * height > 1e-3) {
        this.#view.request({ type: "cut", picture: this.#state.picture, box: [x, y, width, height] });
      }
    }
    if (phase === "end" || phase === "cancel") this.#box = undefined;
  }

  #paint(phase: DragPhase, { x, y }: Place): void {
    const { width, height } = this.#state.pictures[this.#state.picture];
    if (phase === "start") this.#painting = canvasOf(width, height);
    const context = this.#painting?.getContext("2d", { willReadFrequently: true });
    if (!context) return;
    context.fillStyle = INK;
    context.beginPath();
    context.arc(x * width, y * height, Math.max(0.5, (BRUSH * Math.min(width, height)) / 2), 0, 2 * Math.PI);
    context.fill();
    if (phase === "end") {
      const { data } = context.getImageData(0, 0, width, height);
      this.#state.move({ x: 0.5, y: 0.5, size: 1 });
      this.#view.request({ type: "paint", picture: this.#state.picture }, [data.slice().buffer]);
    }
    if (phase === "end" || phase === "cancel") this.#painting = undefined;
  }

  #key({ key, ctrlKey, metaKey, altKey }: KeyboardEvent): boolean {
    if (ctrlKey || metaKey || altKey) return false;
    const place = this.#state.place ?? FIRST;
    const arrow = Object.hasOwn(ARROWS, key) ? ARROWS[key] : undefined;
    if (arrow) this.#move({ ...place, x: place.x + arrow[0] * STEP, y: place.y + arrow[1] * STEP });
    else if (key === "+" || key === "=") this.#move({ ...place, size: place.size * 1.15 });
    else if (key === "-") this.#move({ ...place, size: place.size / 1.15 });
    else if (key === "Enter" || key === " ") this.#move(place);
    else if (key === "Escape") this.#state.move(null);
    else return false;
    return true;
  }

  #draw(context: CanvasRenderingContext2D, pixel: number, width: number, height: number): void {
    if (this.#painting) context.drawImage(this.#painting, 0, 0, width, height);
    if (!this.#box) return;
    const [x, y, across, down] = boxOf(this.#box);
    for (const [colour, wide] of [
      ["#000", 4],
      ["#ffd400", 2],
    ] as const) {
      context.strokeStyle = colour;
      context.lineWidth = wide * pixel;
      context.strokeRect(x * width, y * height, across * width, down * height);
    }
  }
}

/** Left, top, width and height of a box between two corners, within the picture. */
function boxOf({ from, to }: { readonly from: Place; readonly to: Place }): [number, number, number, number] {
  const inside = (value: number) => Math.min(1, Math.max(0, value));
  const [left, right] = [inside(Math.min(from.x, to.x)), inside(Math.max(from.x, to.x))];
  const [top, bottom] = [inside(Math.min(from.y, to.y)), inside(Math.max(from.y, to.y))];
  return [left, top, right - left, bottom - top];
}
