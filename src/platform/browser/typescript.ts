import typescript from "typescript";

/** The compiler, in the bundle. */
export const ts: typeof typescript = typescript;
