import type { CellRuntime, CellScript, Namespace } from "../kernel/executor.js";
import { SourceMaps } from "../kernel/source-maps.js";
import { siteUrl } from "../platform/browser/site.js";
import { needsNode } from "../platform/edition.js";
import { loadModule } from "./cell-modules.js";

/** Runs cells as scripts of this worker. */
export class PageCellRuntime implements CellRuntime {
  readonly #maps = new SourceMaps((file) => file.startsWith(siteUrl("").href));

  constructor(readonly folder: string) {
    this.#maps.install();
  }

  load(specifier: string): Promise<Namespace> {
    return loadModule(specifier);
  }

  interrupt(): void {}

  end(): void {}

  async run({ code, map, name, scope, state, tick, starting }: CellScript): Promise<void> {
    starting();
    const parameters = "$scope, $cell, $tick, $import, $meta, require, __filename, __dirname";
    const source = `export default async function (${parameters}) {\n${code}\n}`;
    const module = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    if (map) this.#maps.add(module, shiftedByALine(map), code.split("\n").length + 1, name);
    const { default: cell } = (await import(module)) as { default: (...values: unknown[]) => Promise<void> };
    URL.revokeObjectURL(module);
    const filename = `${this.folder}/cell.ts`;
    const load = (specifier: unknown) => loadModule(String(specifier));
    const require = (specifier: unknown) => {
      throw needsNode(`require("${specifier}")`);
    };
    await cell(scope, state, tick, load, { url: `file://${filename}`, filename }, require, filename, this.folder);
  }
}

/** The map of code that stands one line lower: each line of the mappings ends with a semicolon. */
function shiftedByALine(map: string): string {
  const { mappings, ...rest } = JSON.parse(map) as { mappings: string };
  return JSON.stringify({ ...rest, mappings: `;${mappings}` });
}
