import type { MethodStep } from "./method-step.js";
import type { RawMap } from "./raw-map.js";

/** How far long work is. */
export interface Progress {
  readonly done: number;
  readonly total: number;
  /** Estimate, where the work knows better than by its pace since the beginning. */
  readonly secondsLeft?: number;
  /** 0…1 correlation between halves, where the method measures its convergence. */
  readonly convergence?: number;
  /** The maps so far, one per target; made only when called. */
  maps?(): RawMap[] | Promise<RawMap[]>;
  /**
   * What was done since the last report, of the methods of {@link MethodStep}; made only when called, and valid until the
   * listener returns: copy what is kept.
   */
  step?(): MethodStep;
}

/**
 * What surrounds a long call without being passed to it: in a notebook the kernel sets the signal of the running cell,
 * and a progress display can announce itself. Kept on the global object, so that two copies of the package agree.
 */
export interface WorkHost {
  /** The signal that an interrupt of the running cell fires. */
  signal?(): AbortSignal | undefined;
  /** Called at the start of long work; returns where its progress goes. */
  watch?(title: string): WorkWatcher | undefined;
}

/** Something that watches long work and may cancel it, as {@link ProgressPanel} does. */
export interface WorkWatcher {
  /** Fires when the reader cancels. */
  readonly signal?: AbortSignal;
  progress(progress: Progress): void;
  end(error?: unknown): void;
}

const key = Symbol.for("sightline.work-host");

/** The host of this process; the kernel and the widgets fill it in. */
export const workHost: WorkHost = sharedHost();

function sharedHost(): WorkHost {
  const page = globalThis as { [key]?: WorkHost };
  page[key] ??= {};
  return page[key];
}

/** A piece of long work under way. */
export interface Work {
  /** Fires when the caller, an interrupt of the cell or the reader's Cancel stops it; undefined where nothing can. */
  readonly signal?: AbortSignal;
  progress(progress: Progress): void;
}

let underWay = 0;

/** Does work whose progress is shown by whoever began it: its host shows it no second time. */
export async function unwatched<T>(work: () => Promise<T>): Promise<T> {
  underWay += 1;
  try {
    return await work();
  } finally {
    underWay -= 1;
  }
}

/** Does long work where its host can see and stop it. Work within other work is not shown a second time. */
export async function longWork<T>(
  title: string,
  signal: AbortSignal | undefined,
  work: (shown: Work) => Promise<T>,
): Promise<T> {
  const watcher = underWay === 0 ? workHost.watch?.(title) : undefined;
  const signals = [signal ?? workHost.signal?.(), watcher?.signal].filter((one) => one !== undefined);
  const end = (error?: unknown) => {
    underWay -= 1;
    watcher?.end(error);
  };
  underWay += 1;
  let result: T;
  try {
    result = await work({
      signal: signals.length > 1 ? AbortSignal.any(signals) : signals[0],
      progress: (progress) => watcher?.progress(progress),
    });
  } catch (error) {
    end(error);
    throw error;
  }
  end();
  return result;
}
