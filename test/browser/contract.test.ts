import assert from "node:assert/strict";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { brotliDecompressSync } from "node:zlib";
import type { Plugin } from "esbuild";
import type { Browser } from "playwright-core";
import type { Verdict } from "../support/page/contract-page.js";
import { ISOLATED, serveFolder } from "./site-support.js";
import { launch, missingForBrowser, openPage, root } from "./support.js";

/** A page's stand-in for Node's assertions. */
const assertIn = (path: string): Plugin => ({
  name: "assert",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:assert\/strict$/ }, () => ({ path, namespace: "assert" }));
    onLoad({ filter: /./, namespace: "assert" }, () => ({
      contents: `export { assert as default } from ${JSON.stringify(path)}`,
      resolveDir: root,
    }));
  },
});

/** Writes the contract's page, with what the platform fetches: the runtime, DuckDB, assets. */
async function writePage(folder: string): Promise<void> {
  const { bundle } = await import(new URL("../../../scripts/build-browser.mjs", import.meta.url).href);
  const page = join(root, "dist/test/support/page");
  const names = { contract: "contract-page", thread: "contract-thread" };
  await bundle({
    entryPoints: Object.fromEntries(Object.entries(names).map(([out, name]) => [out, join(page, `${name}.js`)])),
    plugins: [assertIn(join(page, "assert.js"))],
    outdir: folder,
    format: "esm",
    splitting: true,
  });
  for (const part of ["runtime", "duckdb"]) {
    await mkdir(join(folder, part));
    for (const name of await readdir(join(root, "dist/browser", part))) {
      const bytes = brotliDecompressSync(await readFile(join(root, "dist/browser", part, name)));
      await writeFile(join(folder, part, name.replace(/\.br$/, "")), bytes);
    }
  }
  for (const asset of ["image/resample.wasm", "render/fonts/inter-latin-400-normal.woff"]) {
    await mkdir(dirname(join(folder, "assets", asset)), { recursive: true });
    await cp(join(root, "dist/src", asset), join(folder, "assets", asset));
  }
  await writeFile(join(folder, "index.html"), "<!doctype html><title>contract</title>");
}

describe("the page keeps the platform's contract", { skip: missingForBrowser(), timeout: 400_000 }, () => {
  let folder: string;
  let browser: Browser;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "sightline-contract-"));
    await writePage(folder);
    browser = await launch();
  });

  after(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });

  for (const [name, headers] of [
    ["without shared memory", {}],
    ["with shared memory", ISOLATED],
  ] as const) {
    test(name, async (context) => {
      await using server = await serveFolder(folder, headers);
      const { page } = await openPage(browser);
      await page.goto(server.url);
      assert.equal(await page.evaluate("crossOriginIsolated"), headers === ISOLATED);
      const verdicts = (await page.evaluate(`new Promise((resolve, reject) => {
        const worker = new Worker("contract.js", { type: "module" });
        worker.onmessage = ({ data }) => resolve(data);
        worker.onerror = ({ message }) => reject(new Error(message));
      })`)) as Verdict[];
      await page.context().close();
      assert.ok(verdicts.length >= 30, `${verdicts.length} sentences`);
      for (const { what, sentence, failure } of verdicts) {
        await context.test(`${what}: ${sentence}`, () => assert.equal(failure, undefined));
      }
    });
  }
});
