import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { ts } from "#platform/typescript";
import type { LanguageFiles } from "../language/language-files.js";
import { packageModule, packageRoot } from "./package-paths.js";
import { MISSING_TSLAB, tslabFrom } from "./tslab.js";

const forward = (path: string) => path.replaceAll("\\", "/");

const require = createRequire(import.meta.url);
const nodeTypes = dirname(require.resolve("@types/node/package.json"));
const compiledTypes = forward(join(packageRoot, "dist"));

const libraries =
  Number(process.versions.node.split(".")[0]) >= 24
    ? ["lib.esnext.d.ts"]
    : ["lib.es2023.d.ts", "lib.esnext.disposable.d.ts"];

/** The files of this machine, for cells that run in Node. */
export function nodeFiles(folder: string): LanguageFiles {
  return {
    ...ts.sys,
    folder: forward(folder),
    libraries,
    libraryFolder: dirname(ts.getDefaultLibFilePath({})),
    globals: join(nodeTypes, "index.d.ts"),
    typeRoots: [dirname(nodeTypes)],
    version: fileVersion,
    readFile: (name, encoding) => (name === MISSING_TSLAB.file ? MISSING_TSLAB.text : ts.sys.readFile(name, encoding)),
    fileExists: (name) => name === MISSING_TSLAB.file || ts.sys.fileExists(name),
    packageTypes: (specifier) => {
      if (specifier === "tslab" && tslabFrom(folder) === undefined) return MISSING_TSLAB.file;
      const types = packageModule(specifier)?.types;
      return types === undefined ? undefined : forward(types);
    },
    resolvedFrom: (specifier) => (specifier === "tslab" ? tslabFrom(folder) : undefined),
  };
}

/** Packages do not change while the kernel runs; other files may. */
function fileVersion(name: string): string {
  if (name.includes("/node_modules/") || name.startsWith(compiledTypes)) return "1";
  return String(ts.sys.getModifiedTime?.(name)?.getTime() ?? 0);
}
