import { setMaxListeners } from "node:events";

/** Any number may listen to a signal; Node warns of more than ten. */
export function allowManyListeners(signal: AbortSignal): void {
  setMaxListeners(0, signal);
}
