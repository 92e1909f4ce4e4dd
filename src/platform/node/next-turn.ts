/** Resolves when the event loop has turned: what waits at its door has come in. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
