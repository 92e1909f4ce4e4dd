/** Where an audit keeps its files. Names are relative, with `/`. */
export interface Storage {
  /** Undefined where there is no such file. */
  read(name: string): Promise<Uint8Array | undefined>;
  /** All or nothing, and durable when it returns: a reader sees the old file or the new one. */
  write(name: string, data: Uint8Array | string): Promise<void>;
  /** Names of the files in a folder, sorted. */
  list(folder: string): Promise<string[]>;
  /** Nothing happens where there is no such file. */
  remove(name: string): Promise<void>;
}
