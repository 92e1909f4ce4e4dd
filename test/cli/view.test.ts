import assert from "node:assert/strict";
import { request } from "node:http";
import { after, before, describe, test } from "node:test";
import { type ExplorerServer, serveExplorer } from "../../src/cli/view/server.js";
import { fromBytes } from "../../src/explorer/pack.js";
import type { ExplorerBackend } from "../../src/explorer/types.js";

/** An explorer that counts what it is asked. */
const asked: unknown[] = [];
const explorer = new Proxy({} as ExplorerBackend, {
  get:
    (_, name) =>
    async (...given: unknown[]) => {
      asked.push([name, ...given]);
      return Int32Array.of(7, 8);
    },
});

interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
}

function send(url: string, { method = "GET", headers = {}, body = "" } = {}): Promise<Reply> {
  return new Promise((done, fail) => {
    const call = request(url, { method, headers }, async (response) => {
      const pieces: Buffer[] = [];
      for await (const piece of response) pieces.push(piece as Buffer);
      done({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(pieces) });
    });
    call.on("error", fail);
    call.end(method === "GET" ? undefined : body);
  });
}

describe("the server of `sightline view`", () => {
  let server: ExplorerServer;
  before(async () => {
    server = await serveExplorer(explorer);
  });
  after(() => server?.close());

  test("listens on this machine alone, below a path that nobody can guess", () => {
    assert.match(server.url, /^http:\/\/127\.0\.0\.1:\d+\/[\w-]{32}\/$/);
  });

  test("refuses whoever does not know the token, and asks the audit nothing for them", async () => {
    const { origin, pathname } = new URL(server.url);
    const token = pathname.slice(1, -1);
    const wrong = [
      `${token.slice(0, -1)}${token.endsWith("A") ? "B" : "A"}`,
      token.slice(1),
      `${token}x`,
      "",
      "%00",
      "..",
    ];
    for (const path of ["", "explorer.js", "ask/about", ...wrong.flatMap((one) => [`${one}/`, `${one}/ask/about`])]) {
      for (const method of ["GET", "POST"]) {
        const { status, body } = await send(`${origin}/${path}`, { method, body: "[]" });
        assert.equal(status, 403, `${method} ${path}`);
        assert.equal(body.toString(), "forbidden\n");
      }
    }
    assert.deepEqual(asked, []);
  });

  test("refuses requests that another page or another name sends, even with the token", async () => {
    for (const headers of [
      { host: "sightline.example:80" },
      { host: `localhost:${new URL(server.url).port}` },
      { origin: "http://evil.example" },
      { origin: "null" },
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
    ]) {
      const { status } = await send(`${server.url}ask/about`, { method: "POST", headers, body: "[]" });
      assert.equal(status, 403, JSON.stringify(headers));
    }
    assert.deepEqual(asked, []);
  });

  test("forbids the page everything foreign", async () => {
    const { status, headers, body } = await send(server.url);
    assert.equal(status, 200);
    const policy = String(headers["content-security-policy"]);
    assert.match(policy, /default-src 'none'/);
    assert.match(policy, /script-src 'self';/);
    assert.match(policy, /frame-ancestors 'none'/);
    assert.equal(headers["referrer-policy"], "no-referrer");
    assert.equal(headers["x-content-type-options"], "nosniff");
    assert.equal(headers["access-control-allow-origin"], undefined);
    assert.doesNotMatch(body.toString(), /<script(?! type="module" src="explorer\.js")| on\w+=/);
  });

  test("carries requests that are as they should be, and says of others what is wrong", async () => {
    const filter = [{ kind: "text", text: "boat" }];
    const good = await send(`${server.url}ask/order`, { method: "POST", body: JSON.stringify([filter, null]) });
    assert.equal(good.status, 200);
    assert.deepEqual(fromBytes(good.body), { value: Int32Array.of(7, 8) });
    assert.deepEqual(asked.splice(0), [["order", filter, null]]);
    const bad: [name: string, body: string][] = [
      ["order", "[]"],
      ["order", `[[{"kind":"text"}],null]`],
      ["order", `[[{"kind":"values","column":"x","values":[{}]}],null]`],
      ["rows", "[[-1]]"],
      ["rows", "[[1e99]]"],
      ["rows", JSON.stringify([Array.from({ length: 5000 }, (_, i) => i)])],
      ["sheet", `["../audit.json"]`],
      ["constructor", "[]"],
      ["about", "[1]"],
      ["about", "{"],
      ["close", "[]"],
    ];
    for (const [name, body] of bad) {
      const { status } = await send(`${server.url}ask/${name}`, { method: "POST", body });
      assert.equal(status, 400, `${name} ${body}`);
    }
    for (const path of ["ask/about", "../audit.json", "plotly.js.map", "ask/../about"]) {
      assert.notEqual((await send(`${server.url}${path}`)).status, 200, path);
    }
    assert.deepEqual(asked, []);
  });
});
