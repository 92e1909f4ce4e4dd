import { readFileSync } from "node:fs";
import posix from "node:path/posix";
import { concatenate } from "../../../src/core/bytes.js";
import { SightlineError } from "../../../src/core/errors.js";
import { FileError, type FileFacts, type Files, type ReadOptions, USUAL_LIMIT } from "../../../src/platform/files.js";

interface Entry {
  /** Undefined for folders. */
  readonly bytes?: Uint8Array<ArrayBuffer>;
  readonly modified: number;
}

const entries = new Map<string, Entry>([["/", { modified: 0 }]]);
const ASSETS = "/assets/";
const absolute = (path: string) => posix.resolve("/", path);

/** Files in memory. Every promise is settled when it is returned. */
export const files: Files = {
  read: async (path, options) => read(path, options),
  readShared: async (path, options) => read(path, options),
  readText: async (path, options) => new TextDecoder().decode(read(path, options)),
  readPart: async (path, start, length) => read(path).slice(start, start + length),
  async *pieces(path) {
    yield read(path);
  },
  stat: async (path) => stat(path),
  existsSync: (path) => stat(path) !== undefined,
  async realPath(path) {
    if (!stat(path)) throw new FileError("missing", `there is no '${path}'`);
    return absolute(path);
  },
  async list(folder) {
    if (stat(folder)?.kind !== "folder") throw new FileError("missing", `there is no folder '${folder}'`);
    const inside = [...entries.keys()].filter((path) => path !== "/" && posix.dirname(path) === absolute(folder));
    return inside.map((path) => posix.basename(path)).sort();
  },
  async entries(folder) {
    const names = await files.list(folder);
    return names.map((name) => {
      const kind = stat(posix.join(folder, name))?.kind ?? "file";
      return { name, kind, garbled: false };
    });
  },
  async makeFolder(folder) {
    for (let path = absolute(folder); !entries.has(path); path = posix.dirname(path)) {
      entries.set(path, { modified: Date.now() });
    }
  },
  async writeFileAtomic(path, data) {
    if (stat(posix.dirname(absolute(path)))?.kind !== "folder" || stat(path)?.kind === "folder") {
      throw new SightlineError("write-failed", `'${path}' could not be written`);
    }
    if (typeof data === "function") {
      await data(`${path}.draft`);
      await files.move(`${path}.draft`, path);
      return;
    }
    const bytes = typeof data === "string" ? new TextEncoder().encode(data) : new Uint8Array(data);
    entries.set(absolute(path), { bytes, modified: Date.now() });
  },
  async removeDrafts() {},
  async writer(path, { append = false } = {}) {
    const pieces = append && stat(path) ? [read(path)] : [];
    return {
      write: async (piece) => void pieces.push(new Uint8Array(piece)),
      close: () => files.writeFileAtomic(path, concatenate(pieces)),
    };
  },
  append: (path, data) => files.writeFileAtomic(path, concatenate([...(stat(path) ? [read(path)] : []), data])),
  async move(from, to) {
    await files.writeFileAtomic(to, read(from));
    entries.delete(absolute(from));
  },
  async lock(path) {
    if (stat(path)) return undefined;
    await files.writeFileAtomic(path, "");
    return () => files.remove(path);
  },
  async remove(path) {
    for (const other of entries.keys()) {
      if (other === absolute(path) || files.isInside(other, path)) entries.delete(other);
    }
  },

  asset: async (name) => asset(name),
  assetSync: asset,
  assetUrl: (name) => new URL(`file://${ASSETS}${name}`),
  unpackedAsset: (name) => files.asset(name),

  cacheFolder: () => "/cache",

  join: posix.join,
  resolve: (...parts) => posix.resolve("/", ...parts),
  relative: (from, to) => posix.relative(absolute(from), absolute(to)),
  isAbsolute: posix.isAbsolute,
  isInside(path, folder) {
    const way = posix.relative(absolute(folder), absolute(path));
    return way !== "" && way.split("/")[0] !== "..";
  },
  dirname: posix.dirname,
  basename: posix.basename,
  extname: posix.extname,
  fromUrl: ({ pathname }) => decodeURIComponent(pathname),
  toUrl: (path) => new URL(`file://${encodeURI(absolute(path)).replaceAll("#", "%23").replaceAll("?", "%3F")}`),
};

function read(path: string, { atMost = USUAL_LIMIT }: ReadOptions = {}): Uint8Array<ArrayBuffer> {
  if (path.startsWith(ASSETS)) return asset(path.slice(ASSETS.length));
  const entry = entries.get(absolute(path));
  if (!entry) throw new FileError("missing", `there is no '${path}'`);
  if (!entry.bytes) throw new FileError("not-a-file", `'${path}' is a folder`);
  const { length } = entry.bytes;
  if (length > atMost) throw new FileError("too-large", `'${path}' has ${length} bytes, more than ${atMost}`);
  return entry.bytes.slice();
}

function stat(path: string): FileFacts | undefined {
  const entry = entries.get(absolute(path));
  if (!entry) return undefined;
  return { kind: entry.bytes ? "file" : "folder", size: entry.bytes?.length ?? 0, modified: entry.modified };
}

/** What comes with the package is all that the machine itself gives. */
function asset(name: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(new URL(`../../../src/${name}`, import.meta.url)));
}
