/**
 * The site's service worker.
 * - It keeps the site's files, so that a later visit needs no network. Each is checked against the list that the site was
 *   written with: a page gets the files of one version alone, also while the site's owner replaces it.
 * - Every answer has the headers that isolate the page (COOP, COEP): from the second visit on it has shared memory, and with
 *   it threads and interrupts of loops, on servers that do not send them.
 */
import type { FetchEvent, ServiceWorkerScope, ToServiceWorker } from "./service-worker-scope.js";

const scope = globalThis as unknown as ServiceWorkerScope;
const { version, digests } = scope.SITE;
const base = new URL("./", scope.location.href);

/** Several sites may share a host, and with it the caches. */
const PREFIX = `sightline site ${base.pathname} `;
const CACHE = PREFIX + version;

/** Kept once it was asked for: few visitors query audits, or run models on a graphics card. */
const ON_DEMAND = /^sightline\/(duckdb\/|runtime\/.*asyncify)/;
/** Files that are fetched at once while the whole site is being kept. */
const AT_ONCE = 6;
/** Statuses that have no body. */
const EMPTY = [101, 204, 205, 304];
const HEADERS = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "same-origin",
};

scope.addEventListener("install", (event) => event.waitUntil(takeFromOlderVersions()));

scope.addEventListener("activate", (event) => event.waitUntil(dropOlderVersions().then(() => scope.clients.claim())));

scope.addEventListener("message", (event) => {
  const message = event.data as ToServiceWorker;
  if (message === "keep") event.waitUntil(keepAll());
  else if (message === "take over") event.waitUntil(scope.skipWaiting());
});

scope.addEventListener("fetch", (event) => {
  const { method, url } = event.request;
  const path = method === "GET" || method === "HEAD" ? pathOf(url) : undefined;
  if (path !== undefined) event.respondWith(answer(event, path));
});

/** Path of a file below the site; undefined for addresses elsewhere. */
function pathOf(url: string): string | undefined {
  const { origin, pathname } = new URL(url);
  if (origin !== base.origin || !pathname.startsWith(base.pathname)) return undefined;
  return decodeURIComponent(pathname.slice(base.pathname.length)).replace(/(^|\/)$/, "$1index.html");
}

const addressOf = (path: string) => new URL(path.split("/").map(encodeURIComponent).join("/"), base).href;

async function answer(event: FetchEvent, path: string): Promise<Response> {
  const { request } = event;
  if (request.mode === "navigate" && (await newerTakesOver())) {
    // a second in which this worker has nothing to do: as long as it has, the newer one is not let in
    return new Response(null, { headers: { Refresh: "1" } });
  }
  const known = Object.hasOwn(digests, path);
  const kept = known ? await (await caches.open(CACHE)).match(addressOf(path)) : undefined;
  if (kept) return request.method === "HEAD" ? new Response(null, kept) : kept;
  let response: Response;
  try {
    response = await fetch(request);
  } catch (error) {
    if (known) throw error;
    // what the site does not have is missing with and without a network
    return new Response(null, { status: 404, headers: HEADERS });
  }
  if (response.status === 0 || response.type === "opaque") return response;
  if (known && request.method === "GET" && response.status === 200) {
    // a full disk takes nothing from the visit
    event.waitUntil(keep(path, response.clone()).catch(() => {}));
  }
  return isolated(EMPTY.includes(response.status) ? null : response.body, response);
}

function isolated(body: BodyInit | null, { status, statusText, headers }: Response): Response {
  const own = new Headers(headers);
  for (const [name, value] of Object.entries(HEADERS)) own.set(name, value);
  return new Response(body, { status, statusText, headers: own });
}

/** Keeps a file of this version. Returns false, and keeps nothing, for what another version has under its path. */
async function keep(path: string, response: Response): Promise<boolean> {
  const bytes = await response.arrayBuffer();
  if (response.status !== 200 || !(await digestOf(bytes)).startsWith(digests[path])) return false;
  const whole = isolated(bytes, response);
  whole.headers.delete("Content-Encoding");
  whole.headers.set("Content-Length", String(bytes.byteLength));
  await (await caches.open(CACHE)).put(addressOf(path), whole);
  return true;
}

async function digestOf(bytes: ArrayBuffer): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Fetches a file of this version, also where the browser's own cache has an older one. */
async function fetchAndKeep(path: string): Promise<boolean> {
  return (
    (await keep(path, await fetch(addressOf(path)))) || keep(path, await fetch(addressOf(path), { cache: "reload" }))
  );
}

let keeping: Promise<void> | undefined;

/** Keeps what no page has asked for yet. It ends early where the network or the disk does; the next visit goes on. */
function keepAll(): Promise<void> {
  keeping ??= keepMissing()
    .catch(() => {})
    .finally(() => {
      keeping = undefined;
    });
  return keeping;
}

async function keepMissing(): Promise<void> {
  const present = new Set((await (await caches.open(CACHE)).keys()).map(({ url }) => url));
  const missing = Object.keys(digests).filter((path) => !ON_DEMAND.test(path) && !present.has(addressOf(path)));
  for (let i = 0; i < missing.length; i += AT_ONCE) {
    await Promise.all(missing.slice(i, i + AT_ONCE).map(fetchAndKeep));
  }
}

const olderCaches = async () => (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CACHE);

/** A newer version has from the start whatever an older one kept: unchanged files from there, the others fetched. */
async function takeFromOlderVersions(): Promise<void> {
  for (const name of await olderCaches()) {
    const older = await caches.open(name);
    for (const request of await older.keys()) {
      const path = pathOf(request.url);
      if (path === undefined || !Object.hasOwn(digests, path)) continue;
      const kept = await older.match(request);
      if (kept && (await keep(path, kept))) continue;
      if (!(await fetchAndKeep(path))) throw new Error(`'${path}' is of another version of the site`);
    }
  }
}

async function dropOlderVersions(): Promise<void> {
  for (const name of await olderCaches()) await caches.delete(name);
}

/** Hands over to a newer version that waits, unless pages of this one are open besides the one that is being left. */
async function newerTakesOver(): Promise<boolean> {
  const { waiting } = scope.registration;
  if (!waiting || (await scope.clients.matchAll({ type: "window" })).length > 1) return false;
  waiting.postMessage("take over");
  return true;
}
