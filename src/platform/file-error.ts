/** Why a file could not be read. */
export type FileProblem = "missing" | "not-a-file" | "too-large" | "unreadable";

/** What `#platform/files` throws; rooms above say what the file was for. */
export class FileError extends Error {
  override readonly name = "FileError";

  constructor(
    readonly problem: FileProblem,
    readonly path: string,
    message: string,
    cause?: unknown,
  ) {
    super(message, { cause });
  }
}
