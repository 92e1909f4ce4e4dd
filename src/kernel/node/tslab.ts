import { createRequire } from "node:module";
import { join } from "node:path";
import { SightlineError } from "../../core/errors.js";

/** The file from which tslab is found: one in the notebook's folder before one in this package; undefined where it is not installed. */
export function tslabFrom(folder: string): string | undefined {
  return [join(folder, "cell.js"), import.meta.filename].find((file) => {
    try {
      createRequire(file).resolve("tslab/package.json");
      return true;
    } catch {
      return false;
    }
  });
}

/**
 * Requires modules of tslab.
 * @throws SightlineError `not-installed`
 */
export function requireTslab(folder: string): NodeJS.Require {
  const from = tslabFrom(folder);
  if (from !== undefined) return createRequire(from);
  throw new SightlineError("not-installed", "tslab is not installed", {
    expected: `tslab in ${folder} or beside sightline`,
    next: "npm install tslab",
  });
}

/** What a cell sees of tslab where there is none, so that it runs and is told what to install. */
export const MISSING_TSLAB = {
  file: "/[tslab is not installed]/index.d.ts",
  text: `export type Display = any;
export declare const display: any, newDisplay: any, versions: any;
declare const tslab: any;
export default tslab;
`,
};
