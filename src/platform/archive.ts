export interface UnzipOptions {
  /** The one entry wanted; all of them when left out. */
  readonly entry?: string;
  /** Bytes that all of them may unpack to. */
  readonly atMost: number;
}

/** Entries of a zip archive by name, unpacked. Rejects where it is damaged or too large. */
export type Unzip = (archive: Uint8Array, options: UnzipOptions) => Promise<ReadonlyMap<string, Uint8Array>>;
