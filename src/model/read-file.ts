import { files } from "#platform/files";
import { type ErrorCode, SightlineError } from "../core/errors.js";
import { FileError, type ReadOptions } from "../platform/files.js";

/** What a file is for, for the error that says why it cannot be read. */
export interface FilePurpose extends ReadOptions {
  /** "the OpenVINO model's weights 'net.bin'" */
  readonly what: string;
  /** The code where the file is there and cannot be read. */
  readonly code: ErrorCode;
  /** What to do where it is missing, as half a sentence. */
  readonly next?: string;
  readonly received?: string;
}

/** @throws SightlineError `file-not-found`, or the purpose's own code */
export async function readFile(path: string, purpose: FilePurpose): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await files.read(path, purpose);
  } catch (cause) {
    throw fileFailure(cause, purpose);
  }
}

/**
 * The same of a file with weights, in memory that the model's thread reads, too, where there is such.
 * @throws SightlineError `file-not-found`, or the purpose's own code
 */
export async function readWeights(path: string, purpose: FilePurpose): Promise<Uint8Array> {
  try {
    return await files.readShared(path, purpose);
  } catch (cause) {
    throw fileFailure(cause, purpose);
  }
}

/** @throws SightlineError `file-not-found`, or the purpose's own code */
export async function readText(path: string, purpose: FilePurpose): Promise<string> {
  return new TextDecoder().decode(await readFile(path, purpose));
}

/** What `#platform/files` throws as one of our errors. */
export function fileFailure(cause: unknown, { what, code, next, received }: FilePurpose): unknown {
  if (!(cause instanceof FileError)) return cause;
  if (cause.problem === "missing") {
    return new SightlineError("file-not-found", `${what} is missing`, { received, next, cause });
  }
  return new SightlineError(code, `${what} cannot be read: ${cause.message}`, {
    received,
    expected: "a regular file that may be read",
    cause,
  });
}
