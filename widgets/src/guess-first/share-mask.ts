import type { BoxPlace } from "../../../src/widgets/share-region.js";
import { shareRegion } from "../../../src/widgets/share-region.js";
import type { Place } from "../camera.js";

/** Narrowest and widest box, as width over height. */
const ASPECTS = { least: 0.25, most: 4 };

/** A region of a fixed area on a grid: a box, or what a brush has painted last. */
export class ShareMask {
  readonly width: number;
  readonly height: number;
  readonly #share: number;
  /** How many cells it has when it is whole. */
  readonly #most: number;
  #box: Required<BoxPlace> | undefined;
  /** Painted cells, the oldest first: what is painted beyond the area is taken from them. */
  readonly #painted = new Set<number>();

  constructor([width, height]: readonly [number, number], share: number, cells: number) {
    this.width = width;
    this.height = height;
    this.#share = share;
    this.#most = cells;
  }

  /** 1 inside and 0 outside, rows from the top left. */
  get data(): Uint8Array {
    if (this.#box) return shareRegion(this.#share, this.#box, this).mask;
    const data = new Uint8Array(this.width * this.height);
    for (const cell of this.#painted) data[cell] = 1;
    return data;
  }

  /** How much of its area it has, 0…1. */
  get filled(): number {
    return this.#box ? 1 : this.#painted.size / this.#most;
  }

  get box(): Readonly<Required<BoxPlace>> | undefined {
    return this.#box;
  }

  clear(): void {
    this.#box = undefined;
    this.#painted.clear();
  }

  /** Becomes a box round a place. */
  setBox({ x, y, aspect = this.#box?.aspect ?? 1 }: BoxPlace): void {
    this.#painted.clear();
    const inside = (value: number) => Math.min(1, Math.max(0, value));
    const kept = Math.min(ASPECTS.most, Math.max(ASPECTS.least, aspect));
    this.#box = { x: inside(x), y: inside(y), aspect: kept };
  }

  /** Becomes a box that is pulled from a corner: the hand gives its direction and shape, the area stays. */
  pullBox(corner: Place, to: Place): void {
    const [right, down] = [(to.x - corner.x) * this.width, (to.y - corner.y) * this.height];
    const pulled = Math.hypot(right, down) > 0.03 * Math.hypot(this.width, this.height);
    if (!pulled) {
      this.setBox({ ...corner, aspect: 1 });
      return;
    }
    const aspect = Math.min(ASPECTS.most, Math.max(ASPECTS.least, Math.abs(right) / Math.max(Math.abs(down), 1e-6)));
    const across = Math.sqrt(this.#most * aspect);
    this.setBox({
      x: corner.x + (Math.sign(right) * across) / 2 / this.width,
      y: corner.y + (Math.sign(down) * (this.#most / across)) / 2 / this.height,
      aspect,
    });
  }

  /** Paints a disc. @param size its diameter, as a share of the shorter side */
  paint({ x, y }: Place, size: number): void {
    if (this.#box) this.clear();
    const radius = Math.max(0.5, (size * Math.min(this.width, this.height)) / 2);
    const [cx, cy] = [x * this.width, y * this.height];
    for (let py = Math.max(0, Math.floor(cy - radius)); py < Math.min(this.height, cy + radius); py++) {
      for (let px = Math.max(0, Math.floor(cx - radius)); px < Math.min(this.width, cx + radius); px++) {
        if ((px + 0.5 - cx) ** 2 + (py + 0.5 - cy) ** 2 <= radius ** 2) this.#painted.add(py * this.width + px);
      }
    }
    for (const oldest of this.#painted) {
      if (this.#painted.size <= this.#most) break;
      this.#painted.delete(oldest);
    }
  }
}
