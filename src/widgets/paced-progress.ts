import type { RawMap } from "../core/raw-map.js";
import type { Progress } from "../core/work.js";

/** Milliseconds between two messages to the front end. */
const PACE = 200;

/** Milliseconds between two previews of the map. */
const PREVIEW_PACE = 600;

/** How far work is, in words that a view shows. */
export interface PacedState {
  readonly done: number;
  readonly total: number;
  /** Milliseconds since the work began. */
  readonly elapsed: number;
  /** Milliseconds to go, as the work says or by its pace so far; null while unknown. */
  readonly left: number | null;
}

/** Hands progress on at a pace that a front end keeps up with. */
export class PacedProgress {
  readonly #started = performance.now();
  readonly #tell: (state: PacedState) => void;
  readonly #preview: ((maps: readonly RawMap[]) => void) | undefined;
  #told = 0;
  #previewed = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #latest: Progress | undefined;

  /** @param preview takes the maps so far, where somebody looks at them */
  constructor(tell: (state: PacedState) => void, preview?: (maps: readonly RawMap[]) => void) {
    this.#tell = tell;
    this.#preview = preview;
  }

  /** Milliseconds since the work began. */
  get elapsed(): number {
    return performance.now() - this.#started;
  }

  add = (progress: Progress): void => {
    this.#latest = progress;
    const wait = this.#told + PACE - performance.now();
    if (wait <= 0) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), wait);
  };

  /** Tells what has not been told yet. */
  flush(): void {
    this.stop();
    const latest = this.#latest;
    if (!latest) return;
    this.#latest = undefined;
    this.#told = performance.now();
    const { done, total, secondsLeft } = latest;
    const { elapsed } = this;
    const pace = done > 0 ? (elapsed / done) * (total - done) : null;
    this.#showMaps(latest);
    this.#tell({ done, total, elapsed, left: secondsLeft === undefined ? pace : 1000 * secondsLeft });
  }

  /** Tells no more. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #showMaps(progress: Progress): void {
    const preview = this.#preview;
    if (!preview || !progress.maps || performance.now() - this.#previewed < PREVIEW_PACE) return;
    this.#previewed = performance.now();
    // a map so far is a favour: the work itself says what goes wrong with it
    Promise.resolve(progress.maps()).then(preview, () => {});
  }
}
