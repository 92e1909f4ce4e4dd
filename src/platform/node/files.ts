import { constants, readFileSync } from "node:fs";
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, extname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { SightlineError } from "../../core/errors.js";
import { FileError, type FileFacts, type Files, type ReadOptions } from "../files.js";

const require = createRequire(import.meta.url);
const source = new URL("../../", import.meta.url);

/** Files of the machine that Node runs on. */
export const files: Files = {
  read,
  readText: async (path, options) => new TextDecoder().decode(await read(path, options)),
  async stat(path) {
    try {
      return factsOf(await stat(path));
    } catch (cause) {
      const error = fileError(path, cause);
      if (error.problem === "missing") return undefined;
      throw error;
    }
  },
  async list(folder) {
    try {
      return (await readdir(folder)).sort();
    } catch (cause) {
      throw fileError(folder, cause);
    }
  },
  async makeFolder(folder) {
    try {
      await mkdir(folder, { recursive: true });
    } catch (cause) {
      throw fileError(folder, cause);
    }
  },
  writeFileAtomic,
  remove: (path) => rm(path, { recursive: true, force: true }),

  asset: (name) => read(assetPath(name)),
  assetSync: (name) => plain(readFileSync(assetPath(name))),

  join,
  resolve,
  relative,
  isAbsolute,
  isInside(path, folder) {
    const way = relative(folder, path);
    return way !== "" && way.split(sep)[0] !== ".." && !isAbsolute(way);
  },
  dirname,
  basename,
  extname,
  fromUrl: fileURLToPath,
  toUrl: pathToFileURL,
};

/** Opened without waiting, so that a pipe nobody writes to is refused, and looked at before it is read. */
async function read(
  path: string,
  { atMost = Number.POSITIVE_INFINITY }: ReadOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const { kind, size } = factsOf(await handle.stat());
    if (kind !== "file")
      throw new FileError("not-a-file", `'${path}' is ${kind === "folder" ? "a folder" : "not a regular file"}`);
    if (size > atMost) throw new FileError("too-large", `'${path}' has ${size} bytes, more than ${atMost}`);
    return plain(await handle.readFile());
  } catch (cause) {
    throw fileError(path, cause);
  } finally {
    await handle?.close();
  }
}

function factsOf(stats: { isFile(): boolean; isDirectory(): boolean; size: number; mtimeMs: number }): FileFacts {
  return {
    kind: stats.isFile() ? "file" : stats.isDirectory() ? "folder" : "special",
    size: stats.size,
    modified: stats.mtimeMs,
  };
}

function fileError(path: string, cause: unknown): FileError {
  if (cause instanceof FileError) return cause;
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === "ENOENT" || code === "ENOTDIR") return new FileError("missing", `there is no '${path}'`, code, cause);
  return new FileError("unreadable", `'${path}' cannot be used (${code ?? message})`, code, cause);
}

/** The same memory, without the methods that only Node's buffers have. */
function plain({ buffer, byteOffset, byteLength }: Buffer): Uint8Array<ArrayBuffer> {
  return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
}

function assetPath(name: string): string {
  const packaged = /^node_modules\/(.+)$/.exec(name)?.[1];
  return packaged ? require.resolve(packaged) : fileURLToPath(new URL(name, source));
}

/** A draft beside the file takes its place when it is safely on the disk. */
async function writeFileAtomic(path: string, data: Uint8Array | string): Promise<void> {
  const draft = join(dirname(path), `.${basename(path).slice(0, 40)}.${crypto.randomUUID()}.tmp`);
  try {
    const handle = await open(draft, "wx");
    try {
      await handle.writeFile(data);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, path);
  } catch (cause) {
    await rm(draft, { force: true }).catch(() => {});
    const { code } = cause as NodeJS.ErrnoException;
    throw new SightlineError("write-failed", `'${path}' could not be written (${code ?? String(cause)})`, {
      received: code,
      expected: "a folder that exists, may be written to and has room",
      next: "whatever was there before is untouched",
      cause,
    });
  }
}
