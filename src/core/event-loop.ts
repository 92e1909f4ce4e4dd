/** The main thread is given back this often, in milliseconds, so that interrupts, widgets and other requests get through. */
const LONGEST_STRETCH = 12;

let last = 0;

/** Lets the event loop turn if the main thread has not for a while; call it between pieces of long arithmetic. */
export async function yieldToEventLoop(): Promise<void> {
  const now = performance.now();
  if (now - last < LONGEST_STRETCH) return;
  await nextTurn();
  last = performance.now();
}

/** Resolves when the event loop has turned: what waits at its door has come in. */
export function nextTurn(): Promise<void> {
  const { setImmediate } = globalThis as { setImmediate?: (step: () => void) => void };
  if (setImmediate) return new Promise((resolve) => setImmediate(resolve));
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
