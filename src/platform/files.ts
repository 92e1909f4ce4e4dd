/** Why a file could not be read. */
export type FileProblem = "missing" | "not-a-file" | "too-large" | "unreadable";

/** What `#platform/files` throws; rooms above say what the file was for. */
export class FileError extends Error {
  override readonly name = "FileError";

  /** @param message a sentence that names the path */
  constructor(
    readonly problem: FileProblem,
    message: string,
    /** The system's own word, "EACCES". */
    readonly code?: string,
    cause?: unknown,
  ) {
    super(message, { cause });
  }
}

/** What lies under a path. */
export interface FileFacts {
  /** "special": a device, a pipe, a socket. */
  readonly kind: "file" | "folder" | "special";
  /** Bytes. */
  readonly size: number;
  /** When it was last written, in milliseconds since 1970. */
  readonly modified: number;
}

/** What a folder holds. */
export interface FolderEntry {
  readonly name: string;
  /** Links are not followed. */
  readonly kind: "file" | "folder" | "link" | "special";
  /** The name is not valid Unicode; what is shown stands for it and opens nothing. */
  readonly garbled: boolean;
}

/** What a file may have in bytes unless its reader says otherwise: more than any list, notebook, record or picture needs. */
export const USUAL_LIMIT = 256 * 2 ** 20;

/** What files of models, of their weights and of maps may have: as much as can be read in one piece. */
export const GREAT_LIMIT = 2 ** 31 - 1;

export interface ReadOptions {
  /** Larger files are refused before they are read; {@link USUAL_LIMIT} when left out. */
  atMost?: number;
}

export const tooLarge = (path: string, size: number, atMost: number) =>
  new FileError("too-large", `'${path}' has ${size} bytes, more than ${atMost}`);

/** A file that is written piece by piece. */
export interface FileWriter {
  write(piece: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/** Files, and the names of files. Whatever fails is a `FileError` that says why. */
export interface Files {
  /** Regular files alone: devices and pipes, which may never end, are refused. */
  read(path: string, options?: ReadOptions): Promise<Uint8Array<ArrayBuffer>>;
  /** The same into memory that is sent to threads without a copy, where there is such. */
  readShared(path: string, options?: ReadOptions): Promise<Uint8Array>;
  /** UTF-8; a byte order mark is left out. */
  readText(path: string, options?: ReadOptions): Promise<string>;
  /** Some bytes of a regular file; fewer where it ends before. */
  readPart(path: string, start: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
  /** A regular file piece by piece. */
  pieces(path: string): AsyncIterable<Uint8Array>;
  /** Undefined where there is nothing; links are followed. */
  stat(path: string): Promise<FileFacts | undefined>;
  /** Whether there is anything, where nobody can wait. */
  existsSync(path: string): boolean;
  /** The path without links. */
  realPath(path: string): Promise<string>;
  /** Names in a folder, sorted by code unit. */
  list(folder: string): Promise<string[]>;
  /** What is in a folder, sorted by name. */
  entries(folder: string): Promise<FolderEntry[]>;
  /** With the folders above it; nothing happens where it is there already. */
  makeFolder(folder: string): Promise<void>;
  /**
   * Writes a file as a whole or not at all, and durably: whatever fails, the old file stays as it was and nothing else is
   * left.
   * @param data a function writes the file itself, under the name that it is given; its SightlineErrors are passed on
   * @throws SightlineError `write-failed`
   */
  writeFileAtomic(path: string, data: Uint8Array | string | ((draft: string) => Promise<void>)): Promise<void>;
  /** Removes what interrupted writes have left in a folder. */
  removeDrafts(folder: string): Promise<void>;
  /** Writes a file from its beginning, or with `append` behind what is there. */
  writer(path: string, options?: { append?: boolean }): Promise<FileWriter>;
  /**
   * Adds to a file, or begins one, and durably: in one piece behind what others add, and where it fails, what has come onto
   * the disk may be a beginning of it.
   */
  append(path: string, data: Uint8Array): Promise<void>;
  /** Gives a file another name, in the place of what has that name. */
  move(from: string, to: string): Promise<void>;
  /**
   * Takes the lock that a file stands for, unless a process has it that is alive.
   * @returns what gives it back; undefined where it is taken
   */
  lock(path: string): Promise<(() => Promise<void>) | undefined>;
  /** A file, or a folder with all that is in it; nothing happens where there is nothing. */
  remove(path: string): Promise<void>;

  /** A file that comes with the package, by its path in `src`: `image/resample.wasm`. */
  asset(name: string): Promise<Uint8Array<ArrayBuffer>>;
  /** The same where nobody can wait. */
  assetSync(name: string): Uint8Array<ArrayBuffer>;
  /** Its `file:` URL, whose path the functions here read. */
  assetUrl(name: string): URL;
  /** One that the package brings compressed by Brotli, as `name.br`, and a site unpacked. */
  unpackedAsset(name: string): Promise<Uint8Array<ArrayBuffer>>;

  /** Where downloaded models are kept: `SIGHTLINE_CACHE`, or the system's folder for such things. */
  cacheFolder(): string;

  join(...parts: string[]): string;
  /** From the working folder. */
  resolve(...parts: string[]): string;
  relative(from: string, to: string): string;
  isAbsolute(path: string): boolean;
  /** Whether a path names something in a folder or below it; links are not looked at. */
  isInside(path: string, folder: string): boolean;
  dirname(path: string): string;
  /** Last part of a path, without `ending` where it has it. */
  basename(path: string, ending?: string): string;
  /** ".png"; empty where there is none. */
  extname(path: string): string;
  /** Path of a `file:` URL. */
  fromUrl(url: URL): string;
  toUrl(path: string): URL;
}
