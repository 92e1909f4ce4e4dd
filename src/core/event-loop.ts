/** The main thread is given back this often, in milliseconds, so that interrupts, widgets and other requests get through. */
const LONGEST_STRETCH = 12;

let last = 0;

/** Lets the event loop turn if the main thread has not for a while; call it between pieces of long arithmetic. */
export async function yieldToEventLoop(): Promise<void> {
  const now = performance.now();
  if (now - last < LONGEST_STRETCH) return;
  await new Promise((resolve) => setImmediate(resolve));
  last = performance.now();
}
