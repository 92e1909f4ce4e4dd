import * as path from "path-browserify";
import { SightlineError } from "../../core/errors.js";
import { FileError, type FileFacts, type Files, type ReadOptions, tooLarge, USUAL_LIMIT } from "../files.js";
import { siteUrl } from "./site.js";

/** Where a notebook's own files are: the page's contents manager. */
export interface Drive {
  /** Bytes of a file; undefined where there is none. */
  read(path: string): Promise<Uint8Array | undefined>;
  /** Names in a folder; undefined where there is none. */
  list(path: string): Promise<string[] | undefined>;
}

/** Where the site keeps the models that go by a name; what is read there comes from the site's own `models/`. */
export const CACHE = "/cache/sightline";

/** Where the assets of the package are; what is read there comes from the site's own `assets/`. */
const ASSETS = "/package";

/** Files that were written here; they live as long as the worker. */
const written = new Map<string, { readonly bytes: Uint8Array; readonly modified: number }>();
const folders = new Set<string>(["/", "/tmp"]);
const locked = new Set<string>();
let drive: Drive | undefined;
let home = "/";

/** Gives this worker the notebook's files. @param folder of the notebook, absolute */
export function useDrive(notebookDrive: Drive, folder = "/"): void {
  drive = notebookDrive;
  home = folder;
}

/** Files of the site that were asked for before anybody reads them; the first reader takes them. */
const ahead = new Map<string, Promise<Uint8Array<ArrayBuffer> | undefined>>();

/** Begins to fetch files of the site that are going to be read. @param names below the site's folder `sightline/` */
export function readAhead(names: readonly string[]): void {
  for (const name of names) {
    const bytes = fetchedFrom(siteUrl(name), { priority: "low" });
    // whoever reads it tries again, and says what is wrong
    bytes.catch(() => ahead.delete(siteUrl(name).href));
    ahead.set(siteUrl(name).href, bytes);
  }
}

/** The files of a page: what it wrote, the notebook's drive, the site's models. */
export const files: Files = {
  read,
  readShared: read,
  readText: async (name, options) => new TextDecoder().decode(await read(name, options)),
  readPart: async (name, start, length) => (await read(name)).slice(start, start + length),
  async *pieces(name) {
    yield await read(name);
  },
  async stat(name): Promise<FileFacts | undefined> {
    const place = resolve(name);
    const own = written.get(place);
    if (own) return { kind: "file", size: own.bytes.length, modified: own.modified };
    if (isFolder(place)) return { kind: "folder", size: 0, modified: 0 };
    const address = siteAddress(place);
    if (address) return headOf(address);
    if (await drive?.list(place)) return { kind: "folder", size: 0, modified: 0 };
    const bytes = await drive?.read(place);
    return bytes && { kind: "file", size: bytes.length, modified: 0 };
  },
  existsSync: (name) => written.has(resolve(name)) || isFolder(resolve(name)),
  async realPath(name) {
    if (await files.stat(name)) return resolve(name);
    throw new FileError("missing", `there is no '${name}'`);
  },
  async list(folder) {
    const place = resolve(folder);
    const below = place === "/" ? "/" : `${place}/`;
    const names = new Set(await drive?.list(place));
    for (const name of [...written.keys(), ...folders]) {
      if (name.startsWith(below) && name !== below) names.add(name.slice(below.length).split("/")[0]);
    }
    if (names.size === 0 && !isFolder(place)) throw new FileError("missing", `there is no folder '${folder}'`);
    return [...names].sort();
  },
  async entries(folder) {
    const names = await files.list(folder);
    return Promise.all(
      names.map(async (name) => {
        const kind = (await files.stat(path.join(folder, name)))?.kind ?? "file";
        return { name, kind, garbled: false };
      }),
    );
  },
  async makeFolder(folder) {
    for (let place = resolve(folder); place !== "/"; place = path.dirname(place)) folders.add(place);
  },
  async writeFileAtomic(name, data) {
    const place = resolve(name);
    const code = isFolder(place) ? "EISDIR" : (await inFolder(place)) ? undefined : "ENOENT";
    if (code) {
      throw new SightlineError("write-failed", `'${name}' could not be written (${code})`, {
        received: code,
        expected: code === "EISDIR" ? "a file's name: a folder has it" : "a folder that exists",
        next: "whatever was there before is untouched",
      });
    }
    const bytes = typeof data === "function" ? await drafted(place, data) : data;
    written.set(place, { bytes: bytesOf(bytes), modified: Date.now() });
  },
  async removeDrafts() {},
  async writer(name, { append = false } = {}) {
    const place = resolve(name);
    const pieces: Uint8Array[] = append ? [written.get(place)?.bytes ?? new Uint8Array()] : [];
    return {
      async write(piece) {
        pieces.push(piece.slice());
      },
      async close() {
        written.set(place, { bytes: joined(pieces), modified: Date.now() });
      },
    };
  },
  async append(name, data) {
    const writer = await files.writer(name, { append: true });
    await writer.write(data);
    await writer.close();
  },
  async move(from, to) {
    const file = written.get(resolve(from));
    if (!file) throw new FileError("missing", `there is no '${from}'`);
    written.delete(resolve(from));
    written.set(resolve(to), file);
  },
  async lock(name) {
    const place = resolve(name);
    if (locked.has(place)) return undefined;
    locked.add(place);
    return async () => void locked.delete(place);
  },
  async remove(name) {
    const place = resolve(name);
    for (const each of [...written.keys()]) if (each === place || each.startsWith(`${place}/`)) written.delete(each);
    for (const each of [...folders]) if (each === place || each.startsWith(`${place}/`)) folders.delete(each);
  },

  async asset(name) {
    const address = siteUrl(`assets/${name}`);
    const begun = await takenAhead(address);
    if (begun) return begun;
    const answer = await fetch(address);
    if (!answer.ok) throw new FileError("missing", `there is no '${name}' (the site answered ${answer.status})`);
    return new Uint8Array(await answer.arrayBuffer());
  },
  unpackedAsset: (name) => files.asset(name),
  assetUrl: (name) => files.toUrl(`${ASSETS}/${name}`),
  assetSync(name) {
    const request = new XMLHttpRequest();
    request.open("GET", siteUrl(`assets/${name}`), false);
    request.responseType = "arraybuffer";
    request.send();
    if (request.status !== 200)
      throw new FileError("missing", `there is no '${name}' (the site answered ${request.status})`);
    return new Uint8Array(request.response as ArrayBuffer);
  },

  cacheFolder: () => CACHE,

  join: path.join,
  resolve,
  relative: (from, to) => path.relative(resolve(from), resolve(to)),
  isAbsolute: path.isAbsolute,
  isInside(name, folder) {
    const way = path.relative(resolve(folder), resolve(name));
    return way !== "" && way.split("/")[0] !== "..";
  },
  dirname: path.dirname,
  basename: path.basename,
  extname: path.extname,
  fromUrl: (url) => decodeURIComponent(url.pathname),
  toUrl: (name) => new URL(`file://${encodeURI(resolve(name)).replaceAll("#", "%23").replaceAll("?", "%3F")}`),
};

function resolve(...parts: string[]): string {
  return path.resolve(home, ...parts);
}

const bytesOf = (data: Uint8Array | string) =>
  typeof data === "string" ? new TextEncoder().encode(data) : data.slice();

/** What a function writes under a name of its own. */
async function drafted(place: string, write: (draft: string) => Promise<void>): Promise<Uint8Array> {
  const draft = `${place}.draft`;
  try {
    await write(draft);
    return await read(draft);
  } finally {
    written.delete(draft);
  }
}

const isFolder = (place: string) =>
  folders.has(place) || [...written.keys()].some((name) => name.startsWith(`${place}/`));

/** Whether the folder is there in which a path lies. */
async function inFolder(place: string): Promise<boolean> {
  const folder = path.dirname(place);
  return isFolder(folder) || (await drive?.list(folder)) !== undefined;
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

async function read(name: string, { atMost = USUAL_LIMIT }: ReadOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
  const place = resolve(name);
  const bytes = written.get(place)?.bytes ?? (await fetched(place));
  if (!bytes) {
    if (isFolder(place)) throw new FileError("not-a-file", `'${name}' is a folder`);
    throw new FileError("missing", `there is no '${name}'`);
  }
  if (bytes.length > atMost) throw tooLarge(name, bytes.length, atMost);
  return new Uint8Array(bytes);
}

/** Address of a file that the site itself has: a model that goes by a name, an asset of the package. */
function siteAddress(place: string): URL | undefined {
  if (place.startsWith(`${CACHE}/`)) return siteUrl(place.slice(CACHE.length + 1));
  if (place.startsWith(`${ASSETS}/`)) return siteUrl(`assets/${place.slice(ASSETS.length + 1)}`);
  return undefined;
}

/** A file of the site, or of the notebook's drive. */
async function fetched(place: string): Promise<Uint8Array | undefined> {
  const address = siteAddress(place);
  if (!address) return drive?.read(place);
  return (await takenAhead(address)) ?? fetchedFrom(address);
}

/** A file of the site that was asked for before, if it could be had. */
async function takenAhead(address: URL): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const begun = ahead.get(address.href);
  ahead.delete(address.href);
  return begun?.catch(() => undefined);
}

async function fetchedFrom(address: URL, options?: RequestInit): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const answer = await fetch(address, options);
  return answer.ok ? new Uint8Array(await answer.arrayBuffer()) : undefined;
}

/** What the site's server says of a file without sending it. */
async function headOf(address: URL): Promise<FileFacts | undefined> {
  const answer = await fetch(address, { method: "HEAD" });
  return answer.ok ? { kind: "file", size: Number(answer.headers.get("content-length") ?? 0), modified: 0 } : undefined;
}
