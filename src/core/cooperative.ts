import { throwIfAborted } from "./errors.js";
import { pause } from "./event-loop.js";

/** Long arithmetic that can be interrupted: it yields after pieces of at most a few milliseconds. */
export type Steps<T> = Generator<undefined, T>;

/** All of it, now. */
export function atOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** All of it, with turns for others in between. @throws SightlineError `aborted` */
export async function inTurns<T>(steps: Steps<T>, signal?: AbortSignal): Promise<T> {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
    await pause();
    throwIfAborted(signal);
  }
}
