import type { ToServiceWorker } from "./service-worker-scope.js";

/** Milliseconds in which a page gets what it needs itself, before the rest of the site is kept. */
const HEAD_START = 60_000;

/**
 * Registers the site's service worker, which keeps the site for visits without a network. Browsers have none on
 * addresses without https, but for this machine's own.
 * @param top where the site begins
 */
export async function keepSite(top: URL): Promise<void> {
  if (!("serviceWorker" in navigator)) return;
  try {
    await navigator.serviceWorker.register(new URL("service-worker.js", top));
  } catch (error) {
    console.warn(`the site is not kept for visits without a network: ${error}`);
    return;
  }
  const { active } = await navigator.serviceWorker.ready;
  const { connection } = navigator as { connection?: { readonly saveData?: boolean } };
  if (connection?.saveData) return;
  setTimeout(() => active?.postMessage("keep" satisfies ToServiceWorker), HEAD_START);
}
