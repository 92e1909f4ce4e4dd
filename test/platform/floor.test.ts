import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { floorFigure } from "../support/floor-figure.js";
import { sha256 } from "../support/memory-platform/hash.js";
import { pictures } from "../support/memory-platform/pictures.js";

const folder = fileURLToPath(new URL("..", import.meta.url));
const memoryPlatform = join(folder, "support", "memory-platform");

/** Runs Node where the library sees no Node: files in memory, no threads, no runtime. */
async function withoutNode(...args: string[]): Promise<{ code: number | null; out: Uint8Array; errors: string }> {
  const env = {
    ...process.env,
    NODE_OPTIONS: `--import=${join(memoryPlatform, "register.js")}`,
    NODE_TEST_CONTEXT: undefined,
  };
  const child = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const [out, errors, code] = await Promise.all([buffer(child.stdout), buffer(child.stderr), ended]);
  return { code, out, errors: errors.toString("utf8") };
}

test("every method with an analytic subject gives its known answers without Node", async () => {
  const analytic = readdirSync(join(folder, "methods"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".test.js"))
    .map((name) => join(folder, "methods", name))
    .filter((file) => {
      const code = readFileSync(file, "utf8");
      const needsRuntime = /\/src\/(load-model|model\/load)\.js"/.test(code);
      return /support\/(analytic|segment)-subject\.js"/.test(code) && !needsRuntime;
    });
  assert.ok(analytic.length >= 11, `${analytic.length} files`);
  const { code, out, errors } = await withoutNode("--test", "--test-reporter=tap", ...analytic);
  const output = new TextDecoder().decode(out);
  const count = (what: string) => Number(new RegExp(`^# ${what} (\\d+)$`, "m").exec(output)?.[1]);
  assert.equal(code, 0, `${output.slice(-4_000)}${errors}`);
  assert.ok(count("pass") >= 100 && count("fail") === 0 && count("skipped") === 0, output.slice(-200));
});

test("a figure is drawn without Node, and looks as Node draws it", async () => {
  const { code, out, errors } = await withoutNode(join(memoryPlatform, "write-figure.js"));
  assert.equal(code, 0, errors);
  const figure = await floorFigure();
  const { data, width, height } = await pictures.decode(out, { maxPixels: 1e6, background: "white" });
  assert.deepEqual([width, height], [figure.width, figure.height]);
  const node = await sharp(figure.png()).removeAlpha().raw().toBuffer();
  const differences = node.map((value, i) => Math.abs(value - data[i]));
  const mean = differences.reduce((sum, value) => sum + value, 0) / node.length;
  const far = differences.filter((value) => value > 64).length / node.length;
  assert.ok(mean < 0.5 && far < 0.002, `mean ${mean.toFixed(3)}, far ${(100 * far).toFixed(2)} %`);
});

test("what the library may not import is refused", async () => {
  const { code, errors } = await withoutNode(join(folder, "..", "src", "cli", "main.js"), "--version");
  assert.notEqual(code, 0);
  assert.match(errors, /cli\/\S+\.js imports node:/);
});

test("the memory platform's own hash is SHA-256", () => {
  for (const length of [0, 3, 55, 56, 64, 1000]) {
    const bytes = Uint8Array.from({ length }, (_, i) => i * 31);
    assert.equal(sha256(bytes.subarray(0, 2), bytes.subarray(2)), createHash("sha256").update(bytes).digest("hex"));
  }
  assert.equal(sha256("grün"), createHash("sha256").update("grün").digest("hex"));
});
