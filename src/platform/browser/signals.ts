/** Any number may listen to a signal in a browser. */
export function allowManyListeners(_: AbortSignal): void {}
