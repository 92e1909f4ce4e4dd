/** The parts of a service worker's global scope that the site's uses; TypeScript's library of the DOM has none of them. */
import type { SiteFiles } from "./site-files.js";

export interface ServiceWorkerScope {
  /** Written before the worker's code by whoever writes the site. */
  readonly SITE: SiteFiles;
  readonly location: Location;
  readonly registration: { readonly waiting: Receiver | null };
  readonly clients: {
    claim(): Promise<void>;
    matchAll(options: { type: "window" }): Promise<readonly unknown[]>;
  };
  skipWaiting(): Promise<void>;
  addEventListener(type: "install" | "activate", listener: (event: LastingEvent) => void): void;
  addEventListener(type: "message", listener: (event: LastingEvent & { readonly data: unknown }) => void): void;
  addEventListener(type: "fetch", listener: (event: FetchEvent) => void): void;
}

interface Receiver {
  postMessage(message: ToServiceWorker): void;
}

interface LastingEvent {
  waitUntil(work: Promise<unknown>): void;
}

export interface FetchEvent extends LastingEvent {
  readonly request: Request;
  respondWith(answer: Promise<Response>): void;
}

/** `keep` everything for visits without a network; `take over` from the worker of an older version. */
export type ToServiceWorker = "keep" | "take over";
