/** A place in a picture, 0…1 from its upper left. */
export interface Place {
  readonly x: number;
  readonly y: number;
}

/** Which part of a picture is seen: its middle (0…1) and how many times it is enlarged. */
export interface Camera extends Place {
  readonly zoom: number;
}

const WHOLE: Camera = { x: 0.5, y: 0.5, zoom: 1 };

const bounded = (zoom: number) => Math.min(16, Math.max(1, zoom));

/** A camera that several stages share, and where the pointer is on all of them. */
export class SharedView {
  camera = WHOLE;
  pointer: Place | undefined;
  readonly #listeners = new Set<() => void>();

  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  look({ x, y, zoom: wanted }: Camera): void {
    const zoom = bounded(wanted);
    const margin = 0.5 / zoom;
    const inside = (value: number) => Math.min(1 - margin, Math.max(margin, value));
    this.camera = { x: inside(x), y: inside(y), zoom };
    this.#tell();
  }

  /** Shows the whole picture. */
  fit(): void {
    this.look(WHOLE);
  }

  zoomBy(factor: number): void {
    this.look({ ...this.camera, zoom: this.camera.zoom * factor });
  }

  /** Enlarges so that a place stays where it is on the page. */
  zoomAt(factor: number, at: Place): void {
    const { x, y, zoom: before } = this.camera;
    const zoom = bounded(before * factor);
    const part = before / zoom;
    this.look({ x: at.x + (x - at.x) * part, y: at.y + (y - at.y) * part, zoom });
  }

  /** Moves by a part of the picture. */
  moveBy(right: number, down: number): void {
    const { x, y, zoom } = this.camera;
    this.look({ x: x + right, y: y + down, zoom });
  }

  point(pointer: Place | undefined): void {
    this.pointer = pointer;
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}
