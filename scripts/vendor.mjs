// Copies into dist/ what the package brings along instead of depending on it:
//   dist/src/platform/node/typescript/   TypeScript's compiler, minified, and the declarations of the language's library
//   dist/src/export/plotly.min.js.br    Plotly, whole but for what compiles code, for the figures of exported notebooks
//   dist/src/render/fonts/                 Inter, in the files of its scripts and the weights that figures use
//   dist/lessons/                          the lessons without outputs, and their pictures
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { transform } from "esbuild";
import { packed } from "./build-widgets.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const require = createRequire(import.meta.url);

export async function vendor() {
  await typescript();
  fonts();
  await lessons();
  const plotly = readFileSync(require.resolve("plotly.js/dist/plotly-strict.min.js"));
  writeFileSync(join(root, "dist/src/export/plotly.min.js.br"), packed(plotly));
}

async function typescript() {
  const from = dirname(require.resolve("typescript"));
  const to = join(root, "dist/src/platform/node/typescript");
  rmSync(to, { recursive: true, force: true });
  mkdirSync(to, { recursive: true });
  const { code } = await transform(readFileSync(join(from, "typescript.js"), "utf8"), {
    minify: true,
    legalComments: "inline",
    format: "cjs",
    target: "node20",
  });
  writeFileSync(join(to, "typescript.cjs"), code);
  const { name, version, license } = require("typescript/package.json");
  writeFileSync(join(to, "package.json"), JSON.stringify({ name, version, license }));
  for (const name of readdirSync(from)) {
    if (/^lib(\..+)?\.d\.ts$/.test(name) && !/webworker|scripthost|^lib\.dom\.d\.ts$/.test(name))
      copyFileSync(join(from, name), join(to, name));
  }
  writeFileSync(join(to, "lib.dom.d.ts"), withoutComments(readFileSync(join(from, "lib.dom.d.ts"), "utf8")));
  for (const name of ["LICENSE.txt", "ThirdPartyNoticeText.txt"]) copyFileSync(join(from, "..", name), join(to, name));
}

/** Declarations of what a kernel's cells hardly meet, without the half of them that explains it. */
function withoutComments(declarations) {
  const ts = require("typescript");
  const source = ts.createSourceFile("lib.d.ts", declarations, ts.ScriptTarget.Latest);
  return ts.createPrinter({ removeComments: true }).printFile(source);
}

function fonts() {
  const from = dirname(require.resolve("@fontsource/inter/package.json"));
  const to = join(root, "dist/src/render/fonts");
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(join(from, "files"))) {
    if (/-(400|600)-normal\.woff$/.test(name)) copyFileSync(join(from, "files", name), join(to, name));
  }
  copyFileSync(join(from, "LICENSE"), join(to, "LICENSE"));
}

async function lessons() {
  const to = join(root, "dist/lessons");
  rmSync(to, { recursive: true, force: true });
  const { copyLessons } = await import("../dist/src/cli/start/lessons.js");
  await copyLessons(to);
  rmSync(join(to, ".sightline-lessons.json"));
}
