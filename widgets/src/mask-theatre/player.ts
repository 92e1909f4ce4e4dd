import type { Scope } from "../view.js";

/** Steps in a second at speed × 1. */
const PACE = 2;

/** Milliseconds between two pictures where the reader wants no motion. */
const STILL = 1000;

/** Moves on with time while it plays. */
export class Player {
  speed = 1;
  readonly #advance: (steps: number) => void;
  #frame = 0;
  #last: number | undefined;
  #due = 0;

  /** @param advance is asked for whole steps */
  constructor(scope: Scope, advance: (steps: number) => void) {
    this.#advance = advance;
    scope.onLeave(() => this.pause());
  }

  get playing(): boolean {
    return this.#frame !== 0;
  }

  play(): void {
    if (this.playing) return;
    this.#last = undefined;
    this.#due = 0;
    this.#frame = requestAnimationFrame(this.#tick);
  }

  pause(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
  }

  #tick = (now: number): void => {
    this.#frame = requestAnimationFrame(this.#tick);
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const passed = now - (this.#last ?? now);
    if (this.#last !== undefined && still && passed < STILL) return;
    this.#last = now;
    this.#due += (passed / 1000) * PACE * this.speed;
    const steps = Math.floor(this.#due);
    if (steps === 0) return;
    this.#due -= steps;
    this.#advance(steps);
  };
}
