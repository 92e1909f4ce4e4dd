import type { ClaimAction } from "../../../src/widgets/traits/index.js";
import type { Place, SharedView } from "../camera.js";
import { canvasOf } from "../pictures.js";
import { type DragPhase, Stage } from "../stage.js";
import type { Scope } from "../view.js";
import type { RegionMask } from "./region-mask.js";

export type Tool = "brush" | "rectangle" | "segment";

export interface EditorOptions {
  readonly camera: SharedView;
  readonly mask: RegionMask;
  /** What the picture is for, and which keys draw on it. */
  readonly label?: string;
  /** Called when the reader has drawn a region. */
  ondrawn(): void;
  /** Called for Undo (−1) and Redo (1) by keyboard. */
  ongo(step: -1 | 1): void;
}

/** How far an arrow key moves the cursor, as a share of the picture. */
const STEP = 1 / 28;

/** How far an arrow key moves a part, in cells of the grid. */
const SHIFT = 8;

const ARROWS: Readonly<Record<string, readonly [right: number, down: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** The picture that regions are drawn on, by pointer and by keyboard. */
export class RegionEditor {
  readonly stage: Stage;
  #tool: Tool = "rectangle";
  action: ClaimAction = "hide";
  /** Diameter, as a share of the shorter side. */
  brush = 0.06;
  /** For `move`: how far, in cells of the grid. */
  offset: readonly [right: number, down: number] = [0, 0];
  readonly #mask: RegionMask;
  readonly #overlay: HTMLCanvasElement;
  /** Borders of the segments, while they are what is drawn with. */
  readonly #segments: HTMLCanvasElement;
  #litSegment: number | undefined;
  readonly #options: EditorOptions;
  #start: Place | undefined;
  /** The region before the gesture. */
  #before = new Uint8Array();
  #cursor: Place = { x: 0.5, y: 0.5 };
  /** The first corner of a rectangle that is drawn by keyboard. */
  #corner: Place | undefined;
  #byKeyboard = false;

  constructor(scope: Scope, options: EditorOptions) {
    this.#options = options;
    this.#mask = options.mask;
    this.#overlay = canvasOf(this.#mask.width, this.#mask.height);
    this.#segments = canvasOf(this.#mask.width, this.#mask.height);
    this.stage = new Stage({
      scope,
      view: options.camera,
      size: 480,
      label: options.label ?? "Picture to draw on. Arrow keys move the cursor, space draws a part, Enter tests it.",
      onpoint: (place) => this.#lightSegment(place),
      ondrag: (phase, place, event) => this.#drag(phase, place, event),
      onkey: (event) => this.#key(event),
    });
    this.stage.addLayer((context, pixel, width, height) => this.#draw(context, pixel, width, height));
  }

  get tool(): Tool {
    return this.#tool;
  }

  set tool(tool: Tool) {
    this.#tool = tool;
    this.#lightSegment(undefined);
  }

  /** Whether there is something to test. */
  get isReady(): boolean {
    return !this.#mask.isEmpty && (this.action !== "move" || this.offset.some((far) => far !== 0));
  }

  clear(): void {
    this.#mask.clear();
    this.offset = [0, 0];
    this.#corner = undefined;
    this.repaint();
  }

  repaint(): void {
    this.#mask.paint(this.#overlay);
    this.stage.redraw();
  }

  #drag(phase: DragPhase, place: Place, event: PointerEvent): boolean {
    this.#byKeyboard = false;
    if (phase === "start") {
      if (event.altKey) return false;
      this.#start = place;
      this.#before = this.#mask.data.slice();
    }
    if (phase === "cancel") this.#mask.set(this.#before);
    else if (this.action === "move" && !this.#mask.isEmpty) this.#shiftTo(place);
    else this.#drawTo(phase, place, event.shiftKey);
    const drawn = !this.#mask.isEmpty;
    if (phase === "end" && !drawn) this.#mask.set(this.#before);
    this.repaint();
    if (phase === "end" && drawn) this.#options.ondrawn();
    return true;
  }

  #shiftTo(place: Place): void {
    const { width, height } = this.#mask;
    const start = this.#start ?? place;
    this.offset = [Math.round((place.x - start.x) * width), Math.round((place.y - start.y) * height)];
  }

  #drawTo(phase: DragPhase, place: Place, add: boolean): void {
    if (this.tool === "segment") {
      if (phase === "start") this.#mask.toggleSegment(place);
    } else if (this.tool === "brush") {
      if (phase === "start" && !add) this.#mask.clear();
      if (phase !== "end") this.#mask.addDisc(place, this.brush);
    } else this.#mask.setBox(this.#start ?? place, place);
  }

  /** Shows which segment a click would choose; shows none for other tools. */
  #lightSegment(place: Place | undefined): void {
    const lit = place && this.tool === "segment" ? this.#mask.segmentAt(place) : undefined;
    if (lit !== this.#litSegment || place === undefined) this.#mask.paintSegments(this.#segments, lit);
    this.#litSegment = lit;
    this.stage.redraw();
  }

  #key(event: KeyboardEvent): boolean {
    const arrow = Object.hasOwn(ARROWS, event.key) ? ARROWS[event.key] : undefined;
    if (event.key === "z" && (event.ctrlKey || event.metaKey)) this.#options.ongo(event.shiftKey ? 1 : -1);
    else if (event.key === "Enter") this.#options.ondrawn();
    else if (event.key === "Escape") this.clear();
    else if (event.key === " ") this.#drawAtCursor();
    else if (arrow) this.#arrow(arrow, event.shiftKey);
    else return false;
    this.#byKeyboard = true;
    this.repaint();
    return true;
  }

  #arrow([right, down]: readonly [number, number], shifted: boolean): void {
    if (shifted && this.action === "move") {
      this.offset = [this.offset[0] + right * SHIFT, this.offset[1] + down * SHIFT];
      return;
    }
    const inside = (value: number) => Math.min(1, Math.max(0, value));
    this.#cursor = { x: inside(this.#cursor.x + right * STEP), y: inside(this.#cursor.y + down * STEP) };
    this.#lightSegment(this.#cursor);
    if (this.#corner) this.#mask.setBox(this.#corner, this.#cursor);
  }

  /** A dab, a segment, or one corner of a rectangle and then the other. */
  #drawAtCursor(): void {
    if (this.tool === "brush") this.#mask.addDisc(this.#cursor, this.brush);
    else if (this.tool === "segment") this.#mask.toggleSegment(this.#cursor);
    else if (this.#corner) {
      this.#mask.setBox(this.#corner, this.#cursor);
      this.#corner = undefined;
      this.#options.ondrawn();
    } else this.#corner = this.#cursor;
  }

  #draw(context: CanvasRenderingContext2D, pixel: number, width: number, height: number): void {
    context.imageSmoothingEnabled = false;
    if (this.tool === "segment") context.drawImage(this.#segments, 0, 0, width, height);
    context.drawImage(this.#overlay, 0, 0, width, height);
    const [right, down] = this.action === "move" ? this.offset : [0, 0];
    if (right || down) {
      context.globalAlpha = 0.7;
      const [x, y] = [(right / this.#mask.width) * width, (down / this.#mask.height) * height];
      context.drawImage(this.#overlay, x, y, width, height);
      context.globalAlpha = 1;
    }
    if (!this.#byKeyboard) return;
    context.lineWidth = 2 * pixel;
    for (const [colour, far] of [
      ["#fff", 6 * pixel],
      ["#000", 8 * pixel],
    ] as const) {
      context.strokeStyle = colour;
      context.strokeRect(this.#cursor.x * width - far, this.#cursor.y * height - far, 2 * far, 2 * far);
    }
  }
}
