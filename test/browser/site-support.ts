import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import type { Page } from "playwright-core";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".json": "application/json",
  ".ipynb": "application/json",
  ".wasm": "application/wasm",
  ".css": "text/css",
  ".png": "image/png",
  ".svg": "image/svg+xml",
};

/** Headers by which a page may share memory with its workers. */
export const ISOLATED = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };

export interface StaticServer extends AsyncDisposable {
  /** Address of the site, in a sub-folder of its host. */
  readonly url: string;
  /** Every file that was sent, by its path on the disk. */
  readonly sent: ReadonlySet<string>;
  /** Takes the server away, as a lost network does. */
  stop(): Promise<void>;
}

/** Any static web server: it knows files and nothing else. @param headers sent with every file */
export async function serveFolder(
  folder: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<StaticServer> {
  const prefix = "/school/class-8b/";
  const sent = new Set<string>();
  const server: Server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://host");
    const path = join(folder, normalize(decodeURIComponent(pathname.slice(prefix.length))));
    const file = pathname.endsWith("/") ? join(path, "index.html") : path;
    const bytes = pathname.startsWith(prefix) ? await readFile(file).catch(() => undefined) : undefined;
    if (bytes && request.method === "GET") sent.add(file);
    response.writeHead(bytes ? 200 : 404, {
      "content-type": TYPES[extname(file)] ?? "application/octet-stream",
      ...headers,
    });
    response.end(bytes);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  const stop = async () => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  };
  return { url: `http://127.0.0.1:${port}${prefix}`, sent, stop, [Symbol.asyncDispose]: stop };
}

/** Requests of a page to any other host, as they come; JupyterLite's service worker answers some of its own host's itself. */
export function foreignRequests(page: Page, { url }: StaticServer): string[] {
  const { origin } = new URL(url);
  const foreign: string[] = [];
  page.on("request", (request) => {
    const address = new URL(request.url());
    if (!/^(data|blob):$/.test(address.protocol) && address.origin !== origin) foreign.push(address.href);
  });
  return foreign;
}
