import type { Namespace } from "../kernel/executor.js";
import { needsNode } from "../platform/edition.js";

/** What cells can import here. */
const MODULES: Readonly<Record<string, () => Promise<unknown>>> = {
  sightline: () => import("../index.js"),
  "sightline/notebook": () => import("../notebook.js"),
  "sightline/widgets": () => import("../widgets/index.js"),
  "sightline/classroom": () => import("../classroom/index.js"),
  "node:fs/promises": () => import("./node-fs.js"),
  "node:os": async () => ({ tmpdir: () => "/tmp", homedir: () => "/" }),
  "node:path": () => import("path-browserify"),
};

const DOORS = Object.keys(MODULES)
  .filter((name) => name.startsWith("sightline"))
  .join(", ");

/** @throws SightlineError `not-supported` naming the edition that has the module */
export async function loadModule(specifier: string): Promise<Namespace> {
  const load = Object.hasOwn(MODULES, specifier) ? MODULES[specifier] : undefined;
  if (!load) throw needsNode(`import "${specifier}"`, DOORS);
  return (await load()) as Namespace;
}
