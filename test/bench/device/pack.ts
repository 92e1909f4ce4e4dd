import { spawnSync } from "node:child_process";
import { chmod, cp, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../../..", import.meta.url));
/** What a bare machine takes along with one command. */
const MOST_BYTES = 64 * 2 ** 20;
/** Packages that neither an audit nor an explanation loads. */
const UNUSED = new Set(["zeromq", "@types/node", "sanitize-html", "marked", "commander"]);
/** Parts of the package that only kernels and pages load. */
const ELSEWHERE = ["dist/src/export", "dist/src/kernel", "dist/src/widgets", "dist/src/platform/node/typescript"];
const RUN = `#!/bin/sh
# Runs the benchmark of devices with the Node beside it; takes its options, such as --devices=cuda.
cd "$(dirname "$0")" && export XDG_RUNTIME_DIR="\${XDG_RUNTIME_DIR:-/tmp}" &&
exec ./node --input-type=module -e 'const { bench } = await import("./dist/test/bench/device.js"); await bench(process.argv.slice(1))' -- "$@"
`;

/** Writes Node, the built package, what it depends on here, and the benchmark of devices into one archive. */
export async function pack(file: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "sightline-pack-"));
  try {
    const inside = (path: string) => join(folder, path);
    await cp(process.execPath, inside("node"));
    await cp(join(ROOT, "package.json"), inside("package.json"));
    const left = ELSEWHERE.map((part) => join(ROOT, part));
    const code = (path: string) => !/\.(map|d\.ts)$/.test(path) && !left.includes(path);
    for (const part of [
      "dist/src",
      "dist/test/bench",
      "dist/test/support",
      "dist/test/audit",
      "test/fixtures/gradients",
    ])
      await cp(join(ROOT, part), inside(part), { recursive: true, filter: code });
    for (const name of await dependencies()) {
      const from = join("node_modules", name);
      await cp(join(ROOT, from), inside(from), { recursive: true, dereference: true, filter: runsHere });
    }
    await writeFile(inside("run.sh"), RUN);
    await chmod(inside("run.sh"), 0o755);
    await mkdir(resolve(file, ".."), { recursive: true });
    const { status, stderr } = spawnSync("tar", ["-cJf", resolve(file), "-C", folder, "."], { encoding: "utf8" });
    if (status !== 0) throw new Error(`tar failed: ${stderr}`);
  } finally {
    await rm(folder, { recursive: true });
  }
  const { size } = await stat(file);
  if (size > MOST_BYTES) throw new Error(`${file} has ${size} bytes, more than the ${MOST_BYTES} that are allowed`);
  return `${file}: ${(size / 2 ** 20).toFixed(1)} MiB; there: tar -xJf ${relative(".", file)} && ./run.sh`;
}

/** Leaves out what other systems and processors load, and what nobody runs. */
function runsHere(path: string): boolean {
  if (/\.(map|d\.ts|md)$/.test(path)) return false;
  const binary = /[\\/]bin[\\/]napi-v\d+[\\/]([^\\/]+)(?:[\\/]([^\\/]+))?/.exec(path);
  return binary === null || (binary[1] === process.platform && (binary[2] ?? process.arch) === process.arch);
}

/** Packages that the package depends on, optional ones where they are installed. */
async function dependencies(): Promise<Set<string>> {
  const found = new Set<string>();
  const visit = async (name: string, optional: boolean): Promise<void> => {
    if (found.has(name) || UNUSED.has(name)) return;
    const manifest = await readFile(join(ROOT, "node_modules", name, "package.json"), "utf8").catch(
      (cause: unknown) => {
        if (optional) return undefined;
        throw cause;
      },
    );
    if (manifest === undefined) return;
    found.add(name);
    const { dependencies = {}, optionalDependencies = {} } = JSON.parse(manifest);
    for (const next of Object.keys(dependencies)) await visit(next, next in optionalDependencies);
    for (const next of Object.keys(optionalDependencies)) await visit(next, true);
  };
  const { dependencies: own } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8"));
  for (const name of Object.keys(own)) await visit(name, false);
  return found;
}
