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
  /** When the part of the work began that is under way: its pace says nothing of the part before. */
  #part: { readonly at: number; readonly from: number; readonly total: number; readonly done: number } | undefined;
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
    this.#follow(progress);
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
    const now = performance.now();
    this.#told = now;
    const { done, total, secondsLeft } = latest;
    const left = secondsLeft === undefined ? this.#leftByPace(now) : 1000 * secondsLeft;
    this.#showMaps(latest);
    this.#tell({ done, total, elapsed: now - this.#started, left: done === total ? null : left });
  }

  /** A count that starts over, or another total, is another part of the work. */
  #follow({ done, total }: Progress): void {
    const part = this.#part;
    if (!part) this.#part = { at: this.#started, from: 0, total, done };
    else if (part.total !== total || done < part.done) this.#part = { at: performance.now(), from: done, total, done };
    else this.#part = { ...part, done };
  }

  #leftByPace(now: number): number | null {
    const part = this.#part;
    if (!part || part.done <= part.from) return null;
    return ((now - part.at) / (part.done - part.from)) * (part.total - part.done);
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
