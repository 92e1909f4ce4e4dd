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
