import { throwIfAborted } from "./errors.js";
import { yieldToEventLoop } from "./event-loop.js";

/** Long arithmetic that can be interrupted: it yields after pieces of at most a few milliseconds. */
export type CooperativeTask<T> = Generator<undefined, T>;

/** Runs a task to its end without giving others a turn. */
export function runSync<T>(task: CooperativeTask<T>): T {
  for (;;) {
    const { done, value } = task.next();
    if (done) return value;
  }
}

/** Runs a task to its end and lets the event loop turn between its pieces. @throws SightlineError `aborted` */
export async function runYielding<T>(task: CooperativeTask<T>, signal?: AbortSignal): Promise<T> {
  for (;;) {
    const { done, value } = task.next();
    if (done) return value;
    await yieldToEventLoop();
    throwIfAborted(signal);
  }
}
