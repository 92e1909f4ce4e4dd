import { type Place, SharedView } from "./camera.js";
import { h } from "./dom.js";
import type { Scope } from "./view.js";

export interface StageOptions {
  readonly scope: Scope;
  /** What the picture shows, for those who do not see it. */
  readonly label?: string;
  readonly view?: SharedView;
  /** Longest side on the page, in CSS pixels. */
  readonly size?: number;
  /** Width by height, where the picture's own pixels are not square. */
  readonly aspect?: number;
  /** Called with the place under the pointer, or nothing when it has left. */
  onpoint?(place: Place | undefined): void;
  /** Takes over dragging, from the press on. Return false to leave it to panning. */
  ondrag?(phase: DragPhase, place: Place, event: PointerEvent): boolean;
  /** Keys that the stage does not use itself. Return true when used. */
  onkey?(event: KeyboardEvent): boolean;
}

/** `cancel`: the page took the gesture over, to scroll. */
export type DragPhase = "start" | "move" | "end" | "cancel";

/** Draws over a picture. `pixel` is a pixel of the page in the context's own units. */
export type Layer = (context: CanvasRenderingContext2D, pixel: number, width: number, height: number) => void;

/** Milliseconds of a crossfade. */
const FADE = 120;

/**
 * A picture to look at closely. Wheel with Ctrl (or ⌘), buttons, keys + − 0 and arrows, dragging: zoom and pan; Tab
 * reaches it. Layers are drawn over the picture in its own coordinates.
 */
export class Stage {
  readonly el: HTMLElement;
  readonly view: SharedView;
  readonly #canvas = h("canvas", { class: "sl-canvas" });
  readonly #frame: HTMLElement;
  readonly #options: StageOptions;
  readonly #layers: Layer[] = [];
  #source: HTMLCanvasElement | undefined;
  #previous: HTMLCanvasElement | undefined;
  #fadeStart = 0;
  #queued = false;
  #aspect = Number.NaN;

  constructor(options: StageOptions) {
    const { scope, label = "", view = new SharedView(), size = 640 } = options;
    this.#options = options;
    this.view = view;
    this.#frame = h("div", { class: "sl-frame", role: "img", tabindex: 0, "aria-label": label }, this.#canvas);
    this.#frame.toggleAttribute("data-draws", options.ondrag !== undefined);
    this.el = h("div", { class: "sl-stage" }, this.#frame);
    this.el.style.setProperty("--widest", `${size}px`);
    scope.onLeave(view.listen(() => this.redraw()));
    const watcher = new ResizeObserver(() => this.redraw());
    watcher.observe(this.#frame);
    scope.onLeave(() => watcher.disconnect());
    this.#followPointer(scope);
    scope.listen(this.#frame, "keydown", (event) => this.#key(event));
    scope.listen(this.#frame, "wheel", (event) => this.#wheel(event), { passive: false });
  }

  /** What the picture shows, for those who do not see it. */
  set label(text: string) {
    this.#frame.setAttribute("aria-label", text);
  }

  /** Shows a picture; `fade` crosses over from the one before. */
  show(source: HTMLCanvasElement, fade = false): void {
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (fade && this.#source && !still) {
      this.#previous = this.#source;
      this.#fadeStart = performance.now();
    }
    this.#source = source;
    const aspect = this.#options.aspect ?? source.width / source.height;
    if (!(Math.abs(aspect / this.#aspect - 1) < 0.01)) this.el.style.setProperty("--aspect", String(aspect));
    this.#aspect = aspect;
    this.redraw();
  }

  addLayer(layer: Layer): void {
    this.#layers.push(layer);
  }

  redraw(): void {
    if (this.#queued) return;
    this.#queued = true;
    requestAnimationFrame(() => {
      this.#queued = false;
      this.#draw();
    });
  }

  #draw(): void {
    const source = this.#source;
    const { clientWidth, clientHeight } = this.#frame;
    if (!source || clientWidth === 0 || clientHeight === 0) return;
    const ratio = window.devicePixelRatio || 1;
    const [width, height] = [Math.round(clientWidth * ratio), Math.round(clientHeight * ratio)];
    if (this.#canvas.width !== width) this.#canvas.width = width;
    if (this.#canvas.height !== height) this.#canvas.height = height;
    const context = this.#canvas.getContext("2d");
    if (!context) return;
    const { x, y, zoom } = this.view.camera;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, width, height);
    context.setTransform(zoom, 0, 0, zoom, width / 2 - x * width * zoom, height / 2 - y * height * zoom);
    context.imageSmoothingEnabled = (width * zoom) / source.width < 3;
    context.imageSmoothingQuality = "high";
    this.#drawSource(context, source, width, height);
    for (const layer of this.#layers) layer(context, ratio / zoom, width, height);
    this.#drawPointer(context, ratio / zoom, width, height);
    this.#frame.toggleAttribute("data-zoomed", zoom > 1);
  }

  /** Draws the picture, while it fades in over the one before. */
  #drawSource(context: CanvasRenderingContext2D, source: HTMLCanvasElement, width: number, height: number): void {
    const part = this.#previous ? Math.min(1, (performance.now() - this.#fadeStart) / FADE) : 1;
    if (this.#previous && part < 1) context.drawImage(this.#previous, 0, 0, width, height);
    context.globalAlpha = part;
    context.drawImage(source, 0, 0, width, height);
    context.globalAlpha = 1;
    if (part < 1) this.redraw();
    else this.#previous = undefined;
  }

  #drawPointer(context: CanvasRenderingContext2D, pixel: number, width: number, height: number): void {
    const { pointer } = this.view;
    if (!pointer) return;
    const size = 5 * pixel;
    context.lineWidth = pixel;
    for (const [colour, shift] of [
      ["#000", pixel],
      ["#fff", 0],
    ] as const) {
      const [x, y] = [pointer.x * width + shift, pointer.y * height + shift];
      context.strokeStyle = colour;
      context.beginPath();
      context.moveTo(x - size, y);
      context.lineTo(x + size, y);
      context.moveTo(x, y - size);
      context.lineTo(x, y + size);
      context.stroke();
    }
  }

  #placeOf(event: MouseEvent): Place {
    const box = this.#frame.getBoundingClientRect();
    const { x, y, zoom } = this.view.camera;
    return {
      x: x + ((event.clientX - box.left) / box.width - 0.5) / zoom,
      y: y + ((event.clientY - box.top) / box.height - 0.5) / zoom,
    };
  }

  #followPointer(scope: Scope): void {
    const { onpoint, ondrag } = this.#options;
    const frame = this.#frame;
    let drag: (Place & { readonly taken: boolean }) | undefined;
    scope.listen(frame, "pointerdown", (event) => {
      if (event.button !== 0) return;
      frame.setPointerCapture(event.pointerId);
      const place = this.#placeOf(event);
      drag = { ...place, taken: ondrag?.("start", place, event) ?? false };
      if (drag.taken) event.preventDefault();
      frame.focus({ preventScroll: true });
    });
    scope.listen(frame, "pointermove", (event) => {
      const place = this.#placeOf(event);
      onpoint?.(place);
      if (drag?.taken) ondrag?.("move", place, event);
      else if (drag) this.view.moveBy(drag.x - place.x, drag.y - place.y);
    });
    const end = (phase: "end" | "cancel") => (event: PointerEvent) => {
      if (drag?.taken) ondrag?.(phase, this.#placeOf(event), event);
      drag = undefined;
    };
    scope.listen(frame, "pointerup", end("end"));
    scope.listen(frame, "pointercancel", end("cancel"));
    scope.listen(frame, "pointerleave", () => onpoint?.(undefined));
  }

  #wheel(event: WheelEvent): void {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    this.view.zoomAt(Math.exp(-event.deltaY / 300), this.#placeOf(event));
  }

  #key(event: KeyboardEvent): void {
    if (!this.#options.onkey?.(event) && !this.#moveByKey(event)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  #moveByKey({ key, ctrlKey, metaKey, altKey }: KeyboardEvent): boolean {
    if (ctrlKey || metaKey || altKey) return false;
    const { view } = this;
    const step = 0.1 / view.camera.zoom;
    const moves: Readonly<Record<string, () => void>> = {
      "+": () => view.zoomBy(1.25),
      "=": () => view.zoomBy(1.25),
      "-": () => view.zoomBy(0.8),
      "0": () => view.fit(),
      ArrowLeft: () => view.moveBy(-step, 0),
      ArrowRight: () => view.moveBy(step, 0),
      ArrowUp: () => view.moveBy(0, -step),
      ArrowDown: () => view.moveBy(0, step),
    };
    if (!Object.hasOwn(moves, key)) return false;
    moves[key]();
    return true;
  }
}
