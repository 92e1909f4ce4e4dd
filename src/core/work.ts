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
}

/**
 * What surrounds a long call without being passed to it: in a notebook the kernel sets the signal of the running cell,
 * and a progress display can announce itself. Kept on the global object, so that two copies of the package agree.
 */
export interface Ambient {
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

const key = Symbol.for("sightline.ambient");

/** The surroundings of this process; the kernel and the widgets fill it in. */
export const ambient: Ambient = surroundings();

function surroundings(): Ambient {
  const home = globalThis as { [key]?: Ambient };
  home[key] ??= {};
  return home[key];
}

let working = 0;

/** A piece of long work under way. */
export interface Work {
  /** Fires when the caller, an interrupt of the cell or the reader's Cancel stops it; undefined where nothing can. */
  readonly signal?: AbortSignal;
  progress(progress: Progress): void;
  end(error?: unknown): void;
}

/** Begins long work where its surroundings can see and stop it. Work within other work is not shown a second time. */
export function beginWork(title: string, signal?: AbortSignal): Work {
  const watcher = working === 0 ? ambient.watch?.(title) : undefined;
  const signals = [signal ?? ambient.signal?.(), watcher?.signal].filter((one) => one !== undefined);
  working += 1;
  return {
    signal: signals.length > 1 ? AbortSignal.any(signals) : signals[0],
    progress: (progress) => watcher?.progress(progress),
    end(error) {
      working -= 1;
      watcher?.end(error);
    },
  };
}

/** Does long work from its beginning to its end, see {@link beginWork}. */
export async function longWork<T>(
  title: string,
  signal: AbortSignal | undefined,
  work: (shown: Work) => Promise<T>,
): Promise<T> {
  const shown = beginWork(title, signal);
  try {
    const result = await work(shown);
    shown.end();
    return result;
  } catch (error) {
    shown.end(error);
    throw error;
  }
}
