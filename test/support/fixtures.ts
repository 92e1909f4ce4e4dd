import { fileURLToPath } from "node:url";

/** Absolute path of a file under `test/fixtures/`, whichever folder the tests run from. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`../../../test/fixtures/${name}`, import.meta.url));
}
