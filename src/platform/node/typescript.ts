import { createRequire } from "node:module";
import type TS from "typescript";

/**
 * The compiler, a copy of TypeScript's that the build puts beside this file with the declarations of the language's own
 * library: as a dependency it would put its `tsc` into the reader's `node_modules/.bin`. `import` would cost 0.4 s more
 * than `require`: Node reads the file again to guess its format and once more to find the names that it exports.
 */
export const ts: typeof TS = createRequire(import.meta.url)("./typescript/typescript.cjs");
