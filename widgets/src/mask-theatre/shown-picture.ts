import { stretched } from "../../../src/core/stretched-mask.js";
import { canvasOf } from "../pictures.js";
import type { RunRecord } from "./run-record.js";

/** Pixels a side of a mask over the picture. */
const FINE = 112;

/** How much is left of what is not looked at. */
const DIMMED = 0.25;

/** The pictures that the model is shown, drawn from the photograph and what hides it. */
export class ShownPictures {
  readonly #photo: HTMLCanvasElement;
  readonly #hidden: readonly HTMLCanvasElement[];

  constructor(photo: HTMLCanvasElement, hidden: readonly HTMLCanvasElement[]) {
    this.#photo = photo;
    this.#hidden = hidden;
  }

  get photo(): HTMLCanvasElement {
    return this.#photo;
  }

  /** What the model sees at a step. */
  at(record: RunRecord, step: number): HTMLCanvasElement {
    switch (record.plan.kind) {
      case "cells":
        return this.#cell(record.plan, step);
      case "path":
        return this.#mixed(record, step);
      case "masks":
        return this.#masked(record, step);
    }
  }

  #masked(record: RunRecord, step: number): HTMLCanvasElement {
    const shown = stretched(record.mask(step), FINE, FINE);
    const stencil = canvasOf(FINE, FINE);
    const pen = stencil.getContext("2d");
    if (pen) {
      const pixels = pen.createImageData(FINE, FINE);
      for (const [p, share] of shown.entries()) pixels.data[4 * p + 3] = Math.round(255 * share);
      pen.putImageData(pixels, 0, 0);
    }
    const part = this.#copy();
    const over = part.getContext("2d");
    if (over) {
      over.globalCompositeOperation = "destination-in";
      over.drawImage(stencil, 0, 0, part.width, part.height);
    }
    return this.#over(0, part, 1);
  }

  #mixed(record: RunRecord, step: number): HTMLCanvasElement {
    const { position, baseline } = record.way(step);
    return this.#over(baseline, this.#photo, Math.min(1, Math.max(0, position)));
  }

  #cell({ columns, rows }: { readonly columns: number; readonly rows: number }, step: number): HTMLCanvasElement {
    const { width, height } = this.#photo;
    const out = canvasOf(width, height);
    const context = out.getContext("2d");
    if (!context) return out;
    context.globalAlpha = DIMMED;
    context.drawImage(this.#photo, 0, 0);
    context.globalAlpha = 1;
    const [w, h] = [width / columns, height / rows];
    const [x, y] = [(step % columns) * w, Math.floor(step / columns) * h];
    context.drawImage(this.#photo, x, y, w, h, x, y, w, h);
    return out;
  }

  /** A picture over what is shown where it is hidden. */
  #over(baseline: number, part: HTMLCanvasElement, alpha: number): HTMLCanvasElement {
    const out = canvasOf(this.#photo.width, this.#photo.height);
    const context = out.getContext("2d");
    if (!context) return out;
    const under = this.#hidden[baseline] ?? this.#hidden[0];
    if (under) context.drawImage(under, 0, 0, out.width, out.height);
    context.globalAlpha = alpha;
    context.drawImage(part, 0, 0);
    return out;
  }

  #copy(): HTMLCanvasElement {
    const copy = canvasOf(this.#photo.width, this.#photo.height);
    copy.getContext("2d")?.drawImage(this.#photo, 0, 0);
    return copy;
  }
}
