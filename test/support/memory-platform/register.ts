/**
 * Makes a process one without Node as far as the library can see: `node --import …/register.js`. `#platform/…` is this
 * folder, imports of Node are refused, and its globals are not there.
 */
import { register } from "node:module";

register("./hooks.js", import.meta.url);

for (const name of ["Buffer", "process", "setImmediate", "clearImmediate", "global"] as const) {
  const value = globalThis[name];
  Object.defineProperty(globalThis, name, {
    configurable: true,
    get: () => (/^(?:.*\n){2}.*\/dist\/src\//.test(new Error().stack ?? "") ? undefined : value),
  });
}
