import type typescript from "typescript";
import { compiler } from "./compiler.js";

/** The compiler that the page has loaded. */
export const ts: typeof typescript = compiler();
