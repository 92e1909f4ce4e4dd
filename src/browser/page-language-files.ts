import type { LanguageFiles } from "../kernel/language/language-files.js";

/** Folder of the declarations, as the types bundle names its files. */
const ROOT = "/sightline";

/** The declarations that the checker may see, by path. */
export type TypesBundle = Readonly<Record<string, string>>;

/** Where cells seem to lie. */
const FOLDER = "/notebook";

/** Files of the language for cells in a page: the declarations of the bundle, and nothing else. */
export function pageLanguageFiles(bundle: TypesBundle): LanguageFiles {
  const folders = new Set<string>(["/", FOLDER]);
  for (const name of Object.keys(bundle)) {
    for (let at = name.lastIndexOf("/"); at > 0; at = name.lastIndexOf("/", at - 1)) folders.add(name.slice(0, at));
  }
  return {
    folder: FOLDER,
    libraries: ["lib.es2023.d.ts", "lib.esnext.disposable.d.ts"],
    libraryFolder: `${ROOT}/lib`,
    globals: `${ROOT}/globals.d.ts`,
    typeRoots: [],
    useCaseSensitiveFileNames: true,
    fileExists: (name) => Object.hasOwn(bundle, name),
    readFile: (name) => (Object.hasOwn(bundle, name) ? bundle[name] : undefined),
    directoryExists: (name) => folders.has(name.replace(/\/$/, "")),
    getDirectories: (name) => {
      const below = `${name.replace(/\/$/, "")}/`;
      const inside = [...folders].filter((each) => each.startsWith(below) && each !== below);
      return [...new Set(inside.map((each) => each.slice(below.length).split("/")[0]))];
    },
    readDirectory: () => [],
    version: () => "1",
    packageTypes: (specifier) => {
      const [, door] = /^sightline(?:\/(notebook|widgets|classroom))?$/.exec(specifier) ?? [specifier, null];
      if (door === null) return MODULE_TYPES.get(specifier);
      const file = door === undefined ? "index" : door === "notebook" ? "notebook" : `${door}/index`;
      return `${ROOT}/src/${file}.d.ts`;
    },
    resolvedFrom: () => undefined,
  };
}

/** Declarations of the few modules of Node that cells can import here; `globals.d.ts` lets all others pass. */
const MODULE_TYPES = new Map(
  ["node:fs/promises", "node:os", "node:path"].map((name) => [
    name,
    `${ROOT}/${name.replace(":", "-").replace("/", "-")}.d.ts`,
  ]),
);
