import type typescript from "typescript";
import { unpacked } from "./packed.js";
import { siteUrl } from "./site.js";

type Compiler = typeof typescript;

let loading: Promise<Compiler> | undefined;
let loaded: Compiler | undefined;

/** Loads TypeScript's compiler from the site; whoever imports `#platform/typescript` does so afterwards. */
export async function loadCompiler(): Promise<void> {
  loading ??= fetched().catch((error) => {
    // whoever needs it next tries again
    loading = undefined;
    throw error;
  });
  loaded = await loading;
}

/** The compiler, once it is loaded. */
export function compiler(): Compiler {
  if (!loaded) throw new Error("TypeScript's compiler is not loaded yet");
  return loaded;
}

async function fetched(): Promise<Compiler> {
  const code = await unpacked(siteUrl("typescript.js.zst"), "TypeScript's compiler");
  const module = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  try {
    return ((await import(module)) as { default: Compiler }).default;
  } finally {
    URL.revokeObjectURL(module);
  }
}
