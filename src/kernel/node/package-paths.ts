import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Folder of this very package. */
export const packageRoot = fileURLToPath(new URL("../../../..", import.meta.url));

/**
 * Command of the kernel; `{connection_file}` stands for the file's path. Comm buffers and pictures are memory outside V8's
 * heap that counts like it: a heap that may be larger from the start is not collected whole for every few megabytes of
 * them.
 */
export const kernelCommand: readonly string[] = [
  process.execPath,
  "--initial-old-space-size=96",
  join(packageRoot, "dist/src/cli/kernel.js"),
  "{connection_file}",
];

type Target = { types: string; default: string } | string;

const { name, exports } = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8")) as {
  name: string;
  exports: Record<string, Target>;
};

/**
 * What a specifier of this package stands for, wherever the notebook lies; undefined for other packages and for sub-paths
 * that the package does not have.
 */
export function packageModule(specifier: string): { code: string; types: string } | undefined {
  if (specifier !== name && !specifier.startsWith(`${name}/`)) return undefined;
  const target = exports[`.${specifier.slice(name.length)}`];
  if (typeof target !== "object") return undefined;
  const types = join(packageRoot, target.types);
  return {
    code: join(packageRoot, target.default),
    types: existsSync(types)
      ? types
      : join(packageRoot, target.types.replace(/^\.\/dist\/|\.d\.ts$/g, "").concat(".ts")),
  };
}
