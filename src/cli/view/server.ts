import { randomBytes, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { files } from "#platform/files";
import { isSightlineError, SightlineError } from "../../core/errors.js";
import { pack, toBytes } from "../../explorer/pack.js";
import { readRequest } from "../../explorer/requests.js";
import type { ExplorerBackend } from "../../explorer/types.js";

const HOST = "127.0.0.1";
/** What a request may say, in bytes: the numbers of a million pictures. */
const LONGEST = 16 * 2 ** 20;

/** Nothing from elsewhere, no script in the page, no frame around it. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src blob: data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const HEADERS = {
  "content-security-policy": POLICY,
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-store",
};

const SCRIPT = "text/javascript; charset=utf-8";
const ASSETS: Readonly<Record<string, string>> = { "explorer.js": SCRIPT, "plotly.js": SCRIPT };

const PAGE = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><link rel="icon" href="data:,">
<title>Audit</title><script type="module" src="explorer.js"></script></head><body></body></html>
`;

/** A page on this machine that shows an audit, for whoever knows its address. */
export interface ExplorerServer {
  /** With the token that every request needs. */
  readonly url: string;
  close(): Promise<void>;
}

/** Serves an explorer on this machine alone, on a free port, below a path that nobody can guess. */
export async function serveExplorer(explorer: ExplorerBackend): Promise<ExplorerServer> {
  const token = randomBytes(24).toString("base64url");
  const server = createServer((request, response) => {
    respond(explorer, token, request, response).catch((error) => fail(response, error));
  });
  await new Promise<void>((listening, failed) => {
    server.once("error", failed);
    server.listen(0, HOST, listening);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${HOST}:${port}/${token}/`,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

async function respond(
  explorer: ExplorerBackend,
  token: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const [, given = "", ...rest] = (request.url ?? "").split("?", 1)[0].split("/");
  if (!isOwn(request) || !isSame(given, token)) return send(response, 403, "text/plain", "forbidden\n");
  const name = rest.join("/");
  if (request.method === "GET" && name === "") return send(response, 200, "text/html; charset=utf-8", PAGE);
  if (request.method === "GET" && Object.hasOwn(ASSETS, name)) {
    return send(response, 200, ASSETS[name], await files.asset(`widgets/browser/${name}`));
  }
  const [, asked] = /^ask\/(\w+)$/.exec(name) ?? [];
  if (request.method !== "POST" || !asked) return send(response, 404, "text/plain", "not found\n");
  const ask = readRequest(asked, JSON.parse(await bodyOf(request)));
  send(response, 200, "application/octet-stream", toBytes(pack(await ask(explorer))));
}

/** Whether a request was meant for this server, and comes from its own page or from no page at all. */
function isOwn({ headers, socket }: IncomingMessage): boolean {
  const host = `${HOST}:${socket.localPort}`;
  const site = headers["sec-fetch-site"];
  return (
    headers.host === host &&
    (headers.origin === undefined || headers.origin === `http://${host}`) &&
    (site === undefined || site === "same-origin" || site === "none")
  );
}

function isSame(given: string, token: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(token)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** @throws SightlineError `bad-config` for one that is too long */
async function bodyOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of request) {
    length += (piece as Buffer).length;
    if (length > LONGEST) {
      throw new SightlineError("bad-config", "the request is too long", { expected: `at most ${LONGEST} bytes` });
    }
    pieces.push(piece as Buffer);
  }
  return Buffer.concat(pieces).toString("utf8");
}

function fail(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const known = isSightlineError(error) || error instanceof SyntaxError;
  const said = isSightlineError(error) ? error.toJSON() : { message: known ? "not JSON" : String(error) };
  send(response, known ? 400 : 500, "application/json", JSON.stringify(said));
}

function send(response: ServerResponse, status: number, type: string, body: string | Uint8Array): void {
  response.writeHead(status, { ...HEADERS, "content-type": type }).end(body);
}
