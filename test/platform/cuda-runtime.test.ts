import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, truncateSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import { installCuda } from "../../src/platform/node/cuda-runtime.js";
import { CUDA_WHEEL, installedRuntime } from "../../src/platform/node/installed-runtime.js";
import { findLibrary, preload } from "../../src/platform/node/native-libraries.js";
import { savedModel, temporaryFolder, tinyCnn } from "../support/models.js";
import { fails } from "../support/tensors.js";
import { zip } from "../support/zip.js";

const PROVIDERS = ["shared", "cuda", "tensorrt"].map((name) => `onnxruntime/capi/libonnxruntime_providers_${name}.so`);
const whole = zip(Object.fromEntries(PROVIDERS.map((name) => [name, new TextEncoder().encode(name)])));
const here = `${process.platform} ${process.arch}`;
const linux = { skip: here !== "linux x64" && `CUDA's libraries are for Linux on x64; this is ${here}` };

/** The wheel as the server has it. */
const wheelOf = (bytes: Uint8Array) => ({ ...CUDA_WHEEL, sha256: createHash("sha256").update(bytes).digest("hex") });

describe("CUDA's libraries", linux, () => {
  const kept = { ...process.env };
  let served: Uint8Array = whole;
  let asked = 0;
  let server: Server;
  let cache: string;
  before(async () => {
    server = createServer((request, response) => {
      if (request.url === `/simple/${CUDA_WHEEL.project}/`) {
        response.end(`<a href="/files/${CUDA_WHEEL.file}#sha256=${CUDA_WHEEL.sha256}">wheel</a>`);
        return;
      }
      asked++;
      response.end(served);
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
  });
  beforeEach(() => {
    cache = mkdtempSync(join(temporaryFolder(), "cache-"));
    served = whole;
    asked = 0;
    // without Python, so that the index of pip's settings is asked directly
    Object.assign(process.env, {
      PATH: "",
      SIGHTLINE_CACHE: cache,
      PIP_INDEX_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/simple/`,
    });
  });
  after(() => {
    Object.assign(process.env, { PIP_INDEX_URL: undefined, SIGHTLINE_CACHE: undefined }, kept);
    for (const name of ["PIP_INDEX_URL", "SIGHTLINE_CACHE"]) if (kept[name] === undefined) delete process.env[name];
    server.close();
  });
  const leftovers = () => readdirSync(cache, { recursive: true });

  it("are those of the runtime that is a dependency", () => {
    const { dependencies } = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8"));
    assert.equal(CUDA_WHEEL.version, dependencies["onnxruntime-node"]);
    assert.match(CUDA_WHEEL.file, new RegExp(`^onnxruntime_gpu-${CUDA_WHEEL.version}-.*_x86_64\\.whl$`));
  });

  it("are installed once, beside a runtime that loads from the cache", async () => {
    const wheel = wheelOf(whole);
    assert.equal(installedRuntime(wheel), undefined);
    const folder = await installCuda({ wheel });
    assert.equal(installedRuntime(wheel), folder);
    assert.ok(folder.startsWith(cache));
    const place = join(folder, "bin/napi-v6/linux/x64");
    assert.equal(readFileSync(join(place, "libonnxruntime_providers_cuda.so"), "utf8"), PROVIDERS[1]);
    assert.equal(await installCuda({ wheel }), folder);
    assert.equal(asked, 1);
    const { InferenceSession } = createRequire(import.meta.url)(folder) as typeof import("onnxruntime-node");
    const session = await InferenceSession.create(savedModel(tinyCnn()));
    assert.equal(session.outputNames.length, 1);
    await session.release();
  });

  it("that were cut off are not taken, and are installed again", async () => {
    const wheel = wheelOf(whole);
    const folder = await installCuda({ wheel });
    for (const name of ["libonnxruntime_providers_cuda.so", "libonnxruntime.so.1"]) {
      truncateSync(join(folder, "bin/napi-v6/linux/x64", name), 3);
      assert.equal(installedRuntime(wheel), undefined);
      assert.equal(await installCuda({ wheel }), folder);
    }
    assert.equal(asked, 3);
  });

  it("of another hash, or that are no providers, leave nothing behind", async () => {
    const other = { ...wheelOf(whole), sha256: "0".repeat(64) };
    await assert.rejects(installCuda({ wheel: other }), fails("checksum-mismatch", /which index pip uses/));
    served = zip({ [PROVIDERS[0]]: new Uint8Array(3) });
    await assert.rejects(installCuda({ wheel: wheelOf(served) }), fails("bad-data", /has no .*providers_cuda\.so/));
    served = new TextEncoder().encode("no archive");
    await assert.rejects(installCuda({ wheel: wheelOf(served) }), fails("bad-data", /is no archive/));
    assert.deepEqual(
      leftovers().filter((name) => String(name).includes("cuda-")),
      [],
    );
  });

  it("are not fetched when it is cancelled", async () => {
    await assert.rejects(
      installCuda({ wheel: wheelOf(whole), signal: AbortSignal.abort() }),
      fails("aborted", /cancelled/),
    );
    assert.deepEqual(leftovers(), []);
  });
});

describe("native libraries", linux, () => {
  it("are found in the first folder that has them, and stay when they are loaded", () => {
    const path = findLibrary("libz.so.1", [
      "/nowhere",
      "/usr/lib/x86_64-linux-gnu",
      "/lib/x86_64-linux-gnu",
      "/usr/lib64",
    ]);
    assert.ok(path);
    assert.equal(preload(path), undefined);
    assert.match(readFileSync("/proc/self/maps", "utf8"), /libz\.so/);
    assert.equal(findLibrary("libnothing.so.9", ["/usr/lib"]), undefined);
  });

  it("that the loader refuses are told by its words", () => {
    assert.match(String(preload("/nowhere/libnothing.so.9")), /cannot open shared object file/);
  });
});
