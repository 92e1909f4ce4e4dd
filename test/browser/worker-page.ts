import { cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { brotliDecompressSync } from "node:zlib";
import type { Plugin } from "esbuild";
import { root } from "./support.js";

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

/**
 * Writes an empty page for workers, with what the platform fetches: the runtime, DuckDB, assets.
 * @param names of scripts → of files in `test/support/page`; `thread` serves the platform's threads
 */
export async function writePage(folder: string, names: Readonly<Record<string, string>>): Promise<void> {
  const { bundle } = await import(new URL("../../../scripts/build-browser.mjs", import.meta.url).href);
  const page = join(root, "dist/test/support/page");
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
  await writeFile(join(folder, "index.html"), "<!doctype html><title>workers</title>");
}
