// Builds the browser edition from what `scripts/build.mjs` made, into dist/browser/, every file compressed by Brotli (a site unpacks them):
//   kernel.js, thread.js, chunks/   workers of the notebook edition
//   engine.js, playground.js, .css  the playground: its worker, its page
//   plugin.js                       what makes JupyterLite know the kernel
//   service-worker.js               keeps a site's files and isolates its pages
//   typescript.js.zst               TypeScript's compiler as a module, which pages unpack
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const outdir = join(root, "dist/browser");
const ZSTD_LEVEL = 19;

const common = {
  absWorkingDir: root,
  bundle: true,
  minify: true,
  keepNames: true,
  platform: "browser",
  conditions: ["browser", "onnxruntime-web-use-extern-wasm"],
  target: "es2022",
  legalComments: "inline",
  define: { global: "globalThis", "process.env.NODE_DEBUG": "undefined" },
  logLevel: "warning",
};

/** Packages and modules that only Node has: whoever calls them is told which edition has them. */
export const onlyInNode = {
  name: "only-in-node",
  setup({ onResolve, onLoad }) {
    const packages =
      /^(node:.*|@duckdb\/node-api|bullmq|ioredis|@aws-sdk\/client-s3|zeromq|sharp|onnxruntime-node|yauzl)$/;
    onResolve({ filter: packages }, ({ path }) => ({ path, namespace: "only-in-node" }));
    onLoad({ filter: /.*/, namespace: "only-in-node" }, ({ path }) => ({
      contents: `module.exports = new Proxy({}, { get(_, name) {
        if (name === "__esModule" || typeof name === "symbol") return undefined;
        return () => { throw new Error(${JSON.stringify(path)} + " is not in the browser edition (" + name + "): use the edition for Node, npx sightline start"); };
      } });`,
      loader: "js",
    }));
  },
};

/** Bundles other modules as the browser edition is bundled: for tests. */
export const bundle = (options) => build({ ...common, plugins: [onlyInNode], ...options });

export async function buildBrowser() {
  rmSync(outdir, { recursive: true, force: true });
  await build({
    ...common,
    entryPoints: {
      kernel: "dist/src/browser/kernel.js",
      thread: "dist/src/browser/thread.js",
      engine: "dist/src/browser/playground/engine.js",
    },
    outdir,
    format: "esm",
    splitting: true,
    chunkNames: "chunks/[name]-[hash]",
    plugins: [onlyInNode],
  });
  await build({
    ...common,
    entryPoints: {
      plugin: "dist/src/browser/lite/plugin.js",
      "service-worker": "dist/src/browser/offline/service-worker.js",
    },
    outdir,
    format: "iife",
  });
  // from its sources, as the widgets' browser half is: style sheets are text, but the page's own
  await build({
    ...common,
    entryPoints: { playground: "src/browser/playground/page/page.ts" },
    outdir,
    format: "esm",
    loader: { ".css": "text" },
  });
  await build({ ...common, entryPoints: { playground: "src/browser/playground/page/page.css" }, outdir });
  await runtime();
  await compiler();
  duckDb();
  pack();
}

/** onnxruntime-web's WebAssembly builds: the one that every page loads and unpacks, and the one for graphics cards. */
async function runtime() {
  const from = dirname(createRequire(import.meta.url).resolve("onnxruntime-web/wasm"));
  const name = "ort-wasm-simd-threaded";
  mkdirSync(join(outdir, "runtime"), { recursive: true });
  for (const file of [`${name}.mjs`, `${name}.asyncify.mjs`, `${name}.asyncify.wasm`]) {
    cpSync(join(from, file), join(outdir, "runtime", file));
  }
  writeFileSync(join(outdir, `runtime/${name}.wasm.zst`), await zstd(readFileSync(join(from, `${name}.wasm`))));
}

/** TypeScript's own file is CommonJS. */
async function compiler() {
  const code = readFileSync(join(root, "dist/src/platform/node/typescript/typescript.cjs"), "utf8");
  const module = `const module={exports:{}};{const exports=module.exports;${code}\n}export default module.exports;\n`;
  writeFileSync(join(outdir, "typescript.js.zst"), await zstd(Buffer.from(module)));
}

/** Packs as small as can be, which takes most of a minute: what was packed before is kept among the packages. */
async function zstd(bytes) {
  const digest = createHash("sha256").update(`level ${ZSTD_LEVEL}`).update(bytes).digest("hex");
  const kept = join(root, `node_modules/.cache/sightline/${digest}.zst`);
  if (existsSync(kept)) return readFileSync(kept);
  const { init, compress } = await import("@bokuweb/zstd-wasm");
  await init();
  const packed = compress(bytes, ZSTD_LEVEL);
  mkdirSync(dirname(kept), { recursive: true });
  const draft = `${kept}.${process.pid}`;
  writeFileSync(draft, packed);
  renameSync(draft, kept);
  return packed;
}

/** DuckDB's WebAssembly build and its worker, which the first query loads. */
function duckDb() {
  const from = dirname(createRequire(import.meta.url).resolve("@duckdb/duckdb-wasm/dist/duckdb-eh.wasm"));
  mkdirSync(join(outdir, "duckdb"), { recursive: true });
  for (const name of ["duckdb-browser-eh.worker.js", "duckdb-eh.wasm"]) {
    writeFileSync(
      join(outdir, "duckdb", name),
      name.endsWith(".js") ? bounded(from, name) : readFileSync(join(from, name)),
    );
  }
}

/** 64 KiB each: 2 GiB, as much as a sealed statement may take in Node. */
const MOST_PAGES = 32768;

/** DuckDB's worker, whose memory stops growing there. */
function bounded(folder, name) {
  const code = readFileSync(join(folder, name), "utf8").replace(/\n\/\/# sourceMappingURL=.*/, "");
  const parts = code.split("maximum:65536");
  if (parts.length !== 2) throw new Error(`${name} no longer says in one place how much memory it takes`);
  return parts.join(`maximum:${MOST_PAGES}`);
}

const filesOf = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll("\\", "/"))
    .sort();

/** A quarter smaller than gzip makes WebAssembly, in the same time; higher qualities gain little and take minutes. */
const packed = (bytes) =>
  brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 6,
      [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });

/** Compresses what was built, and lists what a site copies: these files, and those of the widgets' extension. */
function pack() {
  const built = filesOf(outdir);
  for (const name of built) {
    const path = join(outdir, name);
    writeFileSync(`${path}.br`, packed(readFileSync(path)));
    rmSync(path);
  }
  const code = built.filter((name) => !/^(plugin|service-worker)\.js$/.test(name));
  const widgets = filesOf(join(root, "dist/labextension"));
  writeFileSync(join(outdir, "files.json"), JSON.stringify({ code, widgets }));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildBrowser();
