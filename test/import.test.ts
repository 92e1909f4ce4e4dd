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
