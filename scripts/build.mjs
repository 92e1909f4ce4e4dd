// Builds dist/: every TypeScript file of src/ and test/ on its own (esbuild), AssemblyScript as WebAssembly (asc), data
// files copied, then declarations (tsc).
//   node scripts/build.mjs            everything; fails on a type error
//   node scripts/build.mjs --clean    everything, after removing what earlier builds left: what is published
//   node scripts/build.mjs --fast     without declarations and type check; WebAssembly only when missing, the widgets' browser side
//                                     only when a source is newer
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, readdirSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";
import { build } from "esbuild";
import { buildBrowser } from "./build-browser.mjs";
import { buildWidgets, widgetsAreStale } from "./build-widgets.mjs";
import { bundleWithPackages } from "./bundle-packages.mjs";
import { vendor } from "./vendor.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const fast = process.argv.includes("--fast");
if (process.argv.includes("--clean")) rmSync(join(root, "dist"), { recursive: true, force: true });
const files = ["src", "test"].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath ?? entry.path, entry.name))),
);
const assembly = join("src", "image", "assembly");
const sources = files.filter((file) => /\.ts$/.test(file) && !file.endsWith(".d.ts") && !file.startsWith(assembly));
const cellTypes = join("src", "browser", "cell-types");
const data = files.filter(
  (file) =>
    file.startsWith(cellTypes) ||
    (file.startsWith("src") && !file.startsWith(assembly) && !/\.(ts|proto|py|md)$|tsconfig\.json$/.test(file)),
);
const arithmetic = join("dist", "src", "image", "resample.wasm");

await build({
  absWorkingDir: root,
  entryPoints: sources,
  outdir: "dist",
  outbase: ".",
  format: "esm",
  platform: "node",
  target: "node20",
  sourcemap: true,
  logLevel: "warning",
});
await bundleWithPackages();
if (!fast || !existsSync(join(root, arithmetic))) {
  const source = join(assembly, "resample.ts").replaceAll("\\", "/");
  const { error, stderr } = await asc.main(
    [source, "--baseDir", root, "--outFile", arithmetic, "-O3", "--runtime", "stub", "--enable", "simd", "--noAssert"],
    {},
  );
  if (error) {
    console.error(stderr.toString());
    process.exit(1);
  }
}
for (const file of data) cpSync(join(root, file), join(root, "dist", file));
if (!fast || widgetsAreStale()) await buildWidgets();
const vendored = ["platform/node/typescript", "render/fonts", "export/plotly.min.js.br"];
if (!fast || vendored.some((name) => !existsSync(join(root, "dist/src", name)))) await vendor();
if (!fast) await buildBrowser();

if (!fast) {
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const { status } = spawnSync(process.execPath, [tsc, "-p", join(root, "tsconfig.json")], { stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}
