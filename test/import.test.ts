import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { loadedModules, loadedTooEarly } from "./support/loaded-modules.js";

const index = fileURLToPath(new URL("../src/index.js", import.meta.url));

function loadedBy(code: string): string[] {
  const args = ["--import", loadedModules(), "--input-type=module", "-e", code];
  return execFileSync(process.execPath, args, { encoding: "utf8" }).trim().split("\n");
}

test("importing the library loads nothing of kernel and widgets, no audit at work and no heavy package", () => {
  const urls = loadedBy(`await import(${JSON.stringify(index)});`);
  assert.ok(urls.some((url) => url.endsWith("dist/src/explain/explain.js")));
  assert.deepEqual(loadedTooEarly(urls), []);
  assert.ok(urls.length < 340, `${urls.length} modules`);
});

test("what an audit works with is loaded with the first one", () => {
  const code = `const { audit } = await import(${JSON.stringify(index)}); await audit({}, "x", {}).catch(() => {});`;
  assert.ok(loadedTooEarly(loadedBy(code)).some((url) => url.endsWith("audit/run-audit.js")));
});

test("a model's thread begins with the runtime alone: nothing that fetches, unpacks or corrects spelling", () => {
  const thread = new URL("../src/model/session-thread.js", import.meta.url).href;
  const runtime = new URL("../src/platform/node/runtime.js", import.meta.url).href;
  const urls = loadedBy(`await import(${JSON.stringify(thread)}); await import(${JSON.stringify(runtime)});`);
  const own = urls.filter((url) => url.includes("/dist/src/")).map((url) => url.slice(url.indexOf("/dist/src/") + 10));
  assert.deepEqual(own.sort(), [
    "model/session-thread.js",
    "platform/devices.js",
    "platform/node/cache-folder.js",
    "platform/node/installed-runtime.js",
    "platform/node/runtime.js",
  ]);
});
