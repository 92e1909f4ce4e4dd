import type { Progress } from "./methods/method.js";

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
