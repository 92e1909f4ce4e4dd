import type { MapLike } from "../../../src/render/noise.js";
import type { Place } from "../camera.js";
import type { Layer } from "../stage.js";

/** How far an arrow key moves the guess, as a share of the picture. */
const STEP = 1 / 28;

const ARROWS: Readonly<Record<string, readonly [right: number, down: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** Where somebody thinks that the map will be strongest. */
export class SettledGuess {
  place: Place | undefined;

  /** Puts the guess somewhere in the picture. */
  put({ x, y }: Place): void {
    const inside = (value: number) => Math.min(1 - 1e-6, Math.max(0, value));
    this.place = { x: inside(x), y: inside(y) };
  }

  /** Moves it by an arrow key, from the middle on. @returns whether the key was one */
  key(key: string): boolean {
    const arrow = Object.hasOwn(ARROWS, key) ? ARROWS[key] : undefined;
    if (!arrow) return false;
    const { x, y } = this.place ?? { x: 0.5, y: 0.5 };
    this.put({ x: x + arrow[0] * STEP, y: y + arrow[1] * STEP });
    return true;
  }

  /** The share of the picture where the map is weaker than at the guess, 0…1. */
  weakerThan({ data, width, height }: MapLike): number | undefined {
    if (!this.place) return undefined;
    const value = data[Math.floor(this.place.y * height) * width + Math.floor(this.place.x * width)];
    return data.reduce((sum, other) => sum + (other < value ? 1 : 0), 0) / Math.max(1, data.length - 1);
  }

  readonly layer: Layer = (context, pixel, width, height) => {
    if (!this.place) return;
    const [x, y] = [this.place.x * width, this.place.y * height];
    for (const [colour, thick] of [
      ["#000", 6],
      ["#ffd400", 3],
    ] as const) {
      context.strokeStyle = colour;
      context.lineWidth = thick * pixel;
      context.beginPath();
      context.arc(x, y, 12 * pixel, 0, 2 * Math.PI);
      context.stroke();
    }
  };
}
