import type { Place } from "../camera.js";

const byValue = (a: number, b: number) => a - b;
const inside = (value: number) => Math.min(1, Math.max(0, value));

/** A region of a grid: 1 inside and 0 outside, rows from the top left. */
export class RegionMask {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  /** Segment of each cell. */
  readonly #segments: Int32Array;

  constructor(width: number, height: number, segments: Int32Array) {
    this.width = width;
    this.height = height;
    this.data = new Uint8Array(width * height);
    this.#segments = segments;
  }

  get isEmpty(): boolean {
    return !this.data.includes(1);
  }

  has(x: number, y: number): boolean {
    return x >= 0 && y >= 0 && x < this.width && y < this.height && this.data[y * this.width + x] === 1;
  }

  clear(): void {
    this.data.fill(0);
  }

  /** Becomes another region of the same grid. */
  set(mask: Uint8Array): void {
    this.data.set(mask.subarray(0, this.data.length));
  }

  /** Becomes the rectangle between two corners. */
  setBox(a: Place, b: Place): void {
    this.clear();
    const [left, right] = [a.x, b.x].map((x) => Math.round(inside(x) * this.width)).sort(byValue);
    const [top, bottom] = [a.y, b.y].map((y) => Math.round(inside(y) * this.height)).sort(byValue);
    for (let y = top; y < bottom; y++) this.data.fill(1, y * this.width + left, y * this.width + right);
  }

  /** Adds a disc. @param size its diameter, as a share of the shorter side */
  addDisc({ x, y }: Place, size: number): void {
    const radius = (size * Math.min(this.width, this.height)) / 2;
    const [cx, cy] = [x * this.width, y * this.height];
    for (let py = Math.max(0, Math.floor(cy - radius)); py < Math.min(this.height, cy + radius); py++) {
      for (let px = Math.max(0, Math.floor(cx - radius)); px < Math.min(this.width, cx + radius); px++) {
        if ((px + 0.5 - cx) ** 2 + (py + 0.5 - cy) ** 2 <= radius ** 2) this.data[py * this.width + px] = 1;
      }
    }
  }

  /** Adds the segment at a place, or takes it away. */
  toggleSegment(place: Place): void {
    const segment = this.segmentAt(place);
    const value = this.data[this.#cellAt(place)] ? 0 : 1;
    this.#segments.forEach((other, i) => {
      if (other === segment) this.data[i] = value;
    });
  }

  /** The segment at a place. */
  segmentAt(place: Place): number {
    return this.#segments[this.#cellAt(place)];
  }

  #cellAt({ x, y }: Place): number {
    const column = Math.min(this.width - 1, Math.max(0, Math.floor(x * this.width)));
    const row = Math.min(this.height - 1, Math.max(0, Math.floor(y * this.height)));
    return row * this.width + column;
  }

  /** Draws the borders between segments, and lights one of them. */
  paintSegments(canvas: HTMLCanvasElement, lit: number | undefined): void {
    const context = canvas.getContext("2d");
    if (!context) return;
    const image = context.createImageData(this.width, this.height);
    const segments = this.#segments;
    segments.forEach((segment, i) => {
      const border = segment !== segments[i - 1] || segment !== segments[i - this.width];
      if (border && i % this.width > 0 && i >= this.width) image.data.set([255, 255, 255, 200], i * 4);
      else if (segment === lit) image.data.set([255, 200, 0, 70], i * 4);
    });
    context.putImageData(image, 0, 0);
  }

  /** Draws the region hatched, with its border. */
  paint(canvas: HTMLCanvasElement): void {
    const context = canvas.getContext("2d");
    if (!context) return;
    const image = context.createImageData(this.width, this.height);
    this.data.forEach((value, i) => {
      if (!value) return;
      const [x, y] = [i % this.width, Math.floor(i / this.width)];
      const neighbours = [this.has(x - 1, y), this.has(x + 1, y), this.has(x, y - 1), this.has(x, y + 1)];
      const hatched = (x + y) % 6 < 2 ? 150 : 60;
      image.data.set([255, 200, 0, neighbours.includes(false) ? 255 : hatched], i * 4);
    });
    context.putImageData(image, 0, 0);
  }
}
