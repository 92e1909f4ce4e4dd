import { isBuiltin } from "node:module";

const library = new URL("../../../src/", import.meta.url).href;
const NATIVE = /^(sharp|onnxruntime-node|zeromq|@duckdb\/node-api)(\/|$)/;

type Resolve = (specifier: string, context: { parentURL?: string }) => Promise<{ url: string }>;

/** Leads `#platform/…` to this folder, and lets the library import nothing that a machine without Node does not have. */
export async function resolve(
  specifier: string,
  context: { parentURL?: string },
  next: Resolve,
): Promise<{ url: string }> {
  const part = /^#platform\/(.+)$/.exec(specifier)?.[1];
  if (part) return next(new URL(`./${part}.js`, import.meta.url).href, context);
  if (context.parentURL?.startsWith(library) && (isBuiltin(specifier) || NATIVE.test(specifier))) {
    throw new Error(`${context.parentURL.slice(library.length)} imports ${specifier}`);
  }
  return next(specifier, context);
}
