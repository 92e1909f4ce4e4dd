// Modules that bring a package along instead of depending on it: only what they re-export, minified, under its licence.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const require = createRequire(import.meta.url);

const MODULES = { "src/core/zod.ts": "zod", "src/render/opentype.ts": "opentype.js" };

export async function bundleWithPackages() {
  for (const [module, name] of Object.entries(MODULES)) {
    const manifest = require.resolve(`${name}/package.json`);
    const licence = readFileSync(join(dirname(manifest), "LICENSE"), "utf8").trim();
    await build({
      absWorkingDir: root,
      entryPoints: [module],
      outdir: "dist",
      outbase: ".",
      bundle: true,
      minify: true,
      format: "esm",
      platform: "neutral",
      mainFields: ["module", "main"],
      target: "node20",
      banner: { js: `/*! ${name} ${require(manifest).version}\n\n${licence.replaceAll("*/", "* /")}\n*/` },
      logLevel: "warning",
    });
  }
}
