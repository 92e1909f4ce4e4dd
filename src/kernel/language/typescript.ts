import { createRequire } from "node:module";
import type TS from "typescript";

/**
 * The compiler. `import` would cost 0.4 s more: Node reads the 9 MB again to guess their format and once more to find the
 * names that they export.
 */
export const ts: typeof TS = createRequire(import.meta.url)("typescript");
