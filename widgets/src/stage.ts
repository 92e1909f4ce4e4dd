import { h } from "./dom.js";
import type { Cleanup } from "./model.js";

/** Which part of a picture is seen: its middle (0…1) and how many times it is enlarged. */
export interface Camera {
  readonly x: number;
  readonly y: number;
  readonly zoom: number;
}

/** A camera that several stages share, and where the pointer is on all of them. */
export class SharedView {
  camera: Camera = { x: 0.5, y: 0.5, zoom: 1 };
  pointer: { readonly x: number; readonly y: number } | undefined;
  readonly #listeners = new Set<() => void>();

  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  look(camera: Camera): void {
    const zoom = Math.min(16, Math.max(1, camera.zoom));
    const margin = 0.5 / zoom;
    const inside = (value: number) => Math.min(1 - margin, Math.max(margin, value));
    this.camera = { x: inside(camera.x), y: inside(camera.y), zoom };
    this.#tell();
  }

  point(pointer: { x: number; y: number } | undefined): void {
    this.pointer = pointer;
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

export interface StageOptions {
  readonly cleanup: Cleanup;
  /** What the picture shows, for those who do not see it. */
  readonly label: string;
  readonly view?: SharedView;
  /** Longest side on the page, in CSS pixels. */
  readonly size?: number;
  /** Called with the place under the pointer (0…1), or nothing when it has left. */
  onpoint?(place: { x: number; y: number } | undefined): void;
  /** Takes over dragging: called with places (0…1) from the press on. Return false to leave it to panning. */
  ondrag?(phase: "start" | "move" | "end", place: { x: number; y: number }, event: PointerEvent): boolean | undefined;
  /** Keys that the stage does not use itself. Return true when used. */
  onkey?(event: KeyboardEvent): boolean | undefined;
}

/**
 * A picture to look at closely. Wheel with Ctrl (or ⌘), buttons, keys + − 0 and arrows, dragging: zoom and pan; Tab
 * reaches it. Layers are drawn over the picture in its own coordinates.
 */
export class Stage {
  readonly el: HTMLElement;
  readonly view: SharedView;
  readonly #canvas: HTMLCanvasElement;
  readonly #frame: HTMLElement;
  readonly #options: StageOptions;
  #source: HTMLCanvasElement | undefined;
  #previous: HTMLCanvasElement | undefined;
  #fadeStart = 0;
  #queued = false;
  #aspect = Number.NaN;
  #layers: ((context: CanvasRenderingContext2D, scale: number, width: number, height: number) => void)[] = [];

  constructor(options: StageOptions) {
    this.#options = options;
    this.view = options.view ?? new SharedView();
    this.#canvas = h("canvas", { class: "sl-canvas" });
    this.#frame = h("div", { class: "sl-frame", role: "img", tabindex: 0, "aria-label": options.label }, this.#canvas);
    this.el = h("div", { class: "sl-stage" }, this.#frame);
    const { cleanup } = options;
    cleanup.add(this.view.listen(() => this.redraw()));
    const watcher = new ResizeObserver(() => this.redraw());
    watcher.observe(this.#frame);
    cleanup.add(() => watcher.disconnect());
    this.#pointers(cleanup);
    cleanup.listen(this.#frame, "keydown", (event) => this.#key(event));
    cleanup.listen(
      this.#frame,
      "wheel",
      (event) => {
        if (!event.ctrlKey && !event.metaKey) return;
        event.preventDefault();
        this.#zoomAt(Math.exp(-event.deltaY / 300), this.#place(event));
      },
      { passive: false },
    );
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
    const aspect = source.width / source.height;
    if (!(Math.abs(aspect / this.#aspect - 1) < 0.01)) this.#frame.style.aspectRatio = String(aspect);
    this.#aspect = aspect;
    this.#frame.style.maxWidth = `${this.#options.size ?? 640}px`;
    this.redraw();
  }

  /** Draws over the picture: coordinates are 0…1 times the width and height given. */
  addLayer(draw: (context: CanvasRenderingContext2D, scale: number, width: number, height: number) => void): void {
    this.#layers.push(draw);
  }

  redraw(): void {
    if (this.#queued) return;
    this.#queued = true;
    requestAnimationFrame(() => {
      this.#queued = false;
      this.#draw();
    });
  }

  focus(): void {
    this.#frame.focus();
  }

  zoomBy(factor: number): void {
    const { camera } = this.view;
    this.view.look({ ...camera, zoom: camera.zoom * factor });
  }

  #draw(): void {
    const source = this.#source;
    const { clientWidth: width, clientHeight: height } = this.#frame;
    if (!source || width === 0 || height === 0) return;
    const ratio = window.devicePixelRatio || 1;
    const [w, hgt] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.#canvas.width !== w) this.#canvas.width = w;
    if (this.#canvas.height !== hgt) this.#canvas.height = hgt;
    const context = this.#canvas.getContext("2d");
    if (!context) return;
    const { x, y, zoom } = this.view.camera;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, w, hgt);
    context.setTransform(zoom, 0, 0, zoom, w / 2 - x * w * zoom, hgt / 2 - y * hgt * zoom);
    context.imageSmoothingEnabled = (w * zoom) / source.width < 3;
    context.imageSmoothingQuality = "high";
    const part = this.#previous ? Math.min(1, (performance.now() - this.#fadeStart) / 120) : 1;
    if (this.#previous && part < 1) context.drawImage(this.#previous, 0, 0, w, hgt);
    context.globalAlpha = part;
    context.drawImage(source, 0, 0, w, hgt);
    context.globalAlpha = 1;
    for (const layer of this.#layers) layer(context, ratio / zoom, w, hgt);
    const { pointer } = this.view;
    if (pointer) {
      const size = (5 * ratio) / zoom;
      context.lineWidth = ratio / zoom;
      for (const [colour, shift] of [
        ["#000", ratio / zoom],
        ["#fff", 0],
      ] as const) {
        context.strokeStyle = colour;
        context.beginPath();
        context.moveTo(pointer.x * w - size + shift, pointer.y * hgt + shift);
        context.lineTo(pointer.x * w + size + shift, pointer.y * hgt + shift);
        context.moveTo(pointer.x * w + shift, pointer.y * hgt - size + shift);
        context.lineTo(pointer.x * w + shift, pointer.y * hgt + size + shift);
        context.stroke();
      }
    }
    if (part < 1) this.redraw();
    else this.#previous = undefined;
  }

  #place(event: MouseEvent): { x: number; y: number } {
    const box = this.#frame.getBoundingClientRect();
    const { x, y, zoom } = this.view.camera;
    return {
      x: x + ((event.clientX - box.left) / box.width - 0.5) / zoom,
      y: y + ((event.clientY - box.top) / box.height - 0.5) / zoom,
    };
  }

  #zoomAt(factor: number, at: { x: number; y: number }): void {
    const { camera } = this.view;
    const zoom = Math.min(16, Math.max(1, camera.zoom * factor));
    const part = camera.zoom / zoom;
    this.view.look({ x: at.x + (camera.x - at.x) * part, y: at.y + (camera.y - at.y) * part, zoom });
  }

  #pointers(cleanup: Cleanup): void {
    const frame = this.#frame;
    let drag: { x: number; y: number; mine: boolean } | undefined;
    cleanup.listen(frame, "pointerdown", (event) => {
      if (event.button !== 0) return;
      frame.setPointerCapture(event.pointerId);
      const place = this.#place(event);
      const mine = this.#options.ondrag?.("start", place, event) ?? false;
      drag = { ...place, mine };
      if (mine) event.preventDefault();
      frame.focus({ preventScroll: true });
    });
    cleanup.listen(frame, "pointermove", (event) => {
      const place = this.#place(event);
      this.#options.onpoint?.(place);
      if (!drag) return;
      if (drag.mine) this.#options.ondrag?.("move", place, event);
      else {
        const { camera } = this.view;
        this.view.look({ ...camera, x: camera.x - (place.x - drag.x), y: camera.y - (place.y - drag.y) });
      }
    });
    const end = (event: PointerEvent) => {
      if (drag?.mine) this.#options.ondrag?.("end", this.#place(event), event);
      drag = undefined;
    };
    cleanup.listen(frame, "pointerup", end);
    cleanup.listen(frame, "pointercancel", end);
    cleanup.listen(frame, "pointerleave", () => this.#options.onpoint?.(undefined));
  }

  #key(event: KeyboardEvent): void {
    if (this.#options.onkey?.(event)) {
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    const { camera } = this.view;
    const step = 0.1 / camera.zoom;
    const moves: Record<string, () => void> = {
      "+": () => this.zoomBy(1.25),
      "=": () => this.zoomBy(1.25),
      "-": () => this.zoomBy(0.8),
      "0": () => this.view.look({ x: 0.5, y: 0.5, zoom: 1 }),
      ArrowLeft: () => this.view.look({ ...camera, x: camera.x - step }),
      ArrowRight: () => this.view.look({ ...camera, x: camera.x + step }),
      ArrowUp: () => this.view.look({ ...camera, y: camera.y - step }),
      ArrowDown: () => this.view.look({ ...camera, y: camera.y + step }),
    };
    const move = moves[event.key];
    if (!move || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    move();
  }
}
