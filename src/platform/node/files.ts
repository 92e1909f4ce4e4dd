import { isUtf8 } from "node:buffer";
import { constants, createReadStream, type Dirent, existsSync, readFileSync } from "node:fs";
import {
  type FileHandle,
  mkdir,
  open,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from "node:fs/promises";
import { basename, dirname, extname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { brotliDecompress } from "node:zlib";
import { SightlineError } from "../../core/errors.js";
import {
  FileError,
  type FileFacts,
  type Files,
  type FolderEntry,
  type ReadOptions,
  tooLarge,
  USUAL_LIMIT,
} from "../files.js";
import { cacheFolder } from "./cache-folder.js";

const source = new URL("../../", import.meta.url);

/** Files of the machine that Node runs on. */
export const files: Files = {
  read,
  readShared,
  readText: async (path, options) => new TextDecoder().decode(await read(path, options)),
  readPart,
  pieces,
  async stat(path) {
    try {
      return factsOf(await stat(path));
    } catch (cause) {
      const error = fileError(path, cause);
      if (error.problem === "missing") return undefined;
      throw error;
    }
  },
  existsSync,
  realPath: (path) => realpath(path).catch((cause) => Promise.reject(fileError(path, cause))),
  async list(folder) {
    try {
      return (await readdir(folder)).sort();
    } catch (cause) {
      throw fileError(folder, cause);
    }
  },
  async entries(folder) {
    try {
      const entries = await readdir(folder, { withFileTypes: true, encoding: "buffer" });
      return entries.map(toEntry).sort((a, b) => (a.name < b.name ? -1 : 1));
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
  async removeDrafts(folder) {
    const names = await readdir(folder).catch(() => []);
    await Promise.all(names.filter(isDraft).map((name) => rm(join(folder, name), { force: true })));
  },
  async writer(path, { append = false } = {}) {
    const handle = await open(path, append ? "a" : "w").catch((cause) => Promise.reject(fileError(path, cause)));
    return { write: (piece) => handle.writeFile(piece), close: () => handle.close() };
  },
  append,
  move: (from, to) => rename(from, to).catch((cause) => Promise.reject(fileError(from, cause))),
  lock,
  remove: (path) => rm(path, { recursive: true, force: true }),

  asset: (name) => read(assetPath(name)),
  assetSync: (name) => plain(readFileSync(assetPath(name))),
  unpackedAsset: async (name) => plain(await promisify(brotliDecompress)(await read(assetPath(`${name}.br`)))),
  assetUrl: (name) => pathToFileURL(assetPath(name)),

  cacheFolder,

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

function read(path: string, { atMost = USUAL_LIMIT }: ReadOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
  return withRegularFile(path, async (handle, size) => {
    if (size > atMost) throw tooLarge(path, size, atMost);
    return plain(await handle.readFile());
  });
}

function readShared(path: string, { atMost = USUAL_LIMIT }: ReadOptions = {}): Promise<Uint8Array> {
  return withRegularFile(path, async (handle, size) => {
    if (size > atMost) throw tooLarge(path, size, atMost);
    const bytes = new Uint8Array(new SharedArrayBuffer(size));
    return bytes.subarray(0, await fill(handle, bytes, 0));
  });
}

/** Reads from some place on as much as there is room for; how many bytes that were. */
async function fill(handle: FileHandle, bytes: Uint8Array, start: number): Promise<number> {
  let read = 0;
  while (read < bytes.length) {
    const { bytesRead } = await handle.read(bytes, read, bytes.length - read, start + read);
    if (bytesRead === 0) break;
    read += bytesRead;
  }
  return read;
}

/** Opened without waiting, so that a pipe nobody writes to is refused, and looked at before it is read. */
async function withRegularFile<T>(path: string, work: (handle: FileHandle, size: number) => Promise<T>): Promise<T> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const { kind, size } = factsOf(await handle.stat());
    if (kind !== "file")
      throw new FileError("not-a-file", `'${path}' is ${kind === "folder" ? "a folder" : "not a regular file"}`);
    return await work(handle, size);
  } catch (cause) {
    throw fileError(path, cause);
  } finally {
    await handle?.close();
  }
}

async function readPart(path: string, start: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
  return withRegularFile(path, async (handle, size) => {
    const bytes = new Uint8Array(Math.max(0, Math.min(length, size - start)));
    return bytes.subarray(0, await fill(handle, bytes, start));
  });
}

async function append(path: string, data: Uint8Array): Promise<void> {
  const handle = await open(path, "a").catch((cause) => Promise.reject(fileError(path, cause)));
  try {
    for (let at = 0; at < data.length; ) at += (await handle.write(data, at)).bytesWritten;
    await handle.sync();
  } catch (cause) {
    throw fileError(path, cause);
  } finally {
    await handle.close();
  }
}

async function* pieces(path: string): AsyncIterable<Uint8Array> {
  await withRegularFile(path, async () => {});
  yield* createReadStream(path);
}

/** A lock file holds the number of the process that has it; one of a process that is gone does not count. */
async function lock(path: string): Promise<(() => Promise<void>) | undefined> {
  const release = () => rm(path, { force: true });
  const take = () =>
    writeFile(path, String(process.pid), { flag: "wx" })
      .then(() => release)
      .catch(() => undefined);
  const taken = await take();
  if (taken) return taken;
  const owner = Number(await readFile(path, "utf8").catch(() => "0"));
  if (owner === process.pid || isRunning(owner)) return undefined;
  await release();
  return take();
}

function isRunning(id: number): boolean {
  try {
    return id > 0 && process.kill(id, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function factsOf(stats: { isFile(): boolean; isDirectory(): boolean; size: number; mtimeMs: number }): FileFacts {
  return {
    kind: stats.isFile() ? "file" : stats.isDirectory() ? "folder" : "special",
    size: stats.size,
    modified: stats.mtimeMs,
  };
}

function toEntry(entry: Dirent<Buffer>): FolderEntry {
  const name = entry.name.toString("utf8");
  const kind = entry.isSymbolicLink() ? "link" : entry.isFile() ? "file" : entry.isDirectory() ? "folder" : "special";
  return { name, kind, garbled: !isUtf8(entry.name) };
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

const assetPath = (name: string) => fileURLToPath(new URL(name, source));

const draftOf = (path: string) => join(dirname(path), `.${basename(path).slice(0, 40)}.${crypto.randomUUID()}.tmp`);

const isDraft = (name: string) => /^\..{1,40}\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/s.test(name);

/** A draft beside the file takes its place when it is safely on the disk. */
async function writeFileAtomic(
  path: string,
  data: Uint8Array | string | ((draft: string) => Promise<void>),
): Promise<void> {
  const draft = draftOf(path);
  try {
    if (typeof data === "function") await data(draft);
    const handle = await open(draft, typeof data === "function" ? "r+" : "wx");
    try {
      if (typeof data !== "function") await handle.writeFile(data);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, path);
    await syncFolder(dirname(path));
  } catch (cause) {
    await rm(draft, { force: true }).catch(() => {});
    if (cause instanceof SightlineError) throw cause;
    const { code } = cause as NodeJS.ErrnoException;
    throw new SightlineError("write-failed", `'${path}' could not be written (${code ?? String(cause)})`, {
      received: code,
      expected: "a folder that exists, may be written to and has room",
      next: "whatever was there before is untouched",
      cause,
    });
  }
}

/** A rename is durable when its folder is; not every system lets a folder be opened. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder).catch(() => undefined);
  await handle?.sync().catch(() => {});
  await handle?.close();
}
