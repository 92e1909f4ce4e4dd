import { distance } from "fastest-levenshtein";

/**
 * What an error says besides its sentence: what came, what was expected (half a sentence), what to do next (half a
 * sentence). `Sure` names those that every error of the code has.
 */
export type ErrorParts<Received = unknown, Sure extends "received" | "expected" | "next" = never> = {
  readonly received?: Received;
  readonly expected?: string;
  readonly next?: string;
} & Readonly<Required<Pick<{ received?: Received; expected?: string; next?: string }, Sure>>>;

/**
 * Every code that a {@link SightlineError} can carry, what it means, and the fields that belong to it. Codes are stable:
 * programs branch on them. `npm run errors` writes docs/errors.md from this list.
 */
export interface ErrorFields {
  /** The work was cancelled, by the caller's `signal` or a Cancel button; `cause` is the signal's reason. */
  aborted: ErrorParts;
  /** Several classes or targets have that name; `received` is the name, `expected` the indices. */
  "ambiguous-label": ErrorParts<string, "received" | "expected">;
  /** An audit is not finished, or a shard of it failed on every worker. */
  "audit-failed": ErrorParts<string | undefined>;
  /** A PyTorch checkpoint cannot be read, or holds another network than the one asked for. */
  "bad-checkpoint": ErrorParts<string | undefined, "expected">;
  /** An option has a value that it cannot have, or options contradict each other. */
  "bad-config": ErrorParts;
  /** A list, a stored audit or a query holds what cannot be used; `received` is the offending part. */
  "bad-data": ErrorParts;
  /** A saved explanation is damaged, or the value is not one. */
  "bad-explanation": ErrorParts<unknown, "next">;
  /** Bytes or pixels that are not a picture; `received` is what came: a type, a number of bytes, an object. */
  "bad-image": ErrorParts<unknown, "received" | "expected">;
  /** A list of labels does not fit the model, or a truth is none of its classes. */
  "bad-labels": ErrorParts;
  /** The model's file is damaged or not a model, or a tensor of its graph cannot be found. */
  "bad-model": ErrorParts<string | undefined>;
  /** The file is not a notebook of format 4, or takes no parameters. */
  "bad-notebook": ErrorParts<unknown, "expected">;
  /** A file is not the one that was expected: its SHA-256 is another. */
  "checksum-mismatch": ErrorParts<string | undefined, "expected" | "next">;
  /** The graphics card was lost or gave up in the middle of a pass; `cause` is the runtime's own error. */
  "device-lost": ErrorParts<unknown, "next">;
  /** A value cannot be shown in a notebook: looking at it throws, it is not JSON, or it is never ready. */
  "display-failed": ErrorParts;
  /** A file could not be fetched; `received` is its address. */
  "download-failed": ErrorParts<string | undefined>;
  /** There is no such file or folder, or it cannot be read; `received` is its path where one was given. */
  "file-not-found": ErrorParts<string | undefined>;
  /** A picture, a text or a canvas has more pixels than can be worked on. */
  "image-too-large": ErrorParts<unknown, "expected" | "next">;
  /** There is no class or box of that number; `received` is the number. */
  "index-out-of-range": ErrorParts<number, "received" | "expected">;
  /** The Jupyter kernel could not start, did not answer, or ended. */
  "kernel-failed": ErrorParts;
  /** The model was closed while it was still wanted. */
  "model-closed": ErrorParts<unknown, "next">;
  /** The runtime crashed on the model, in a process of its own; `received` is what it said last. */
  "model-crashed": ErrorParts<string, "received" | "next">;
  /** The graph has no layer that the method could look at. */
  "no-feature-layer": ErrorParts;
  /** The model does not take one picture, or gives no score per class, or several outputs could be the scores; `received` is what it does have. */
  "not-a-classifier": ErrorParts<string, "received" | "expected">;
  /** A tensor or a map holds NaN or infinity. */
  "not-finite": ErrorParts<number | undefined, "expected" | "next">;
  /** An optional package is missing. */
  "not-installed": ErrorParts<unknown, "next">;
  /** The model, method, device or front end cannot do what was asked, and the sentence says why. */
  "not-supported": ErrorParts;
  /** A cell of a notebook failed or ran too long; `received` is the error's traceback. */
  "notebook-failed": ErrorParts;
  /** The job queue does not answer; `received` is its address. */
  "queue-failed": ErrorParts<string, "received" | "next">;
  /** The runtime failed in the middle of a pass; `cause` is its own error. */
  "run-failed": ErrorParts;
  /** A tensor, region or list has another shape than was expected; `received` is the shape. */
  "shape-mismatch": ErrorParts<number | string | readonly number[] | undefined>;
  /** There is no class of that name, or no map of it; `received` is the name or index. */
  "unknown-label": ErrorParts<string | number, "received">;
  /** There is no layer of that name; `received` is the name. */
  "unknown-layer": ErrorParts<string, "received" | "expected">;
  /** There is no method of that name; `received` is the name. */
  "unknown-method": ErrorParts<string, "received" | "expected">;
  /** There is no model of that name in the catalog; `received` is the name. */
  "unknown-model": ErrorParts<string, "received" | "expected">;
  /** There is no option, metric or parameter of that name; `received` is the name. */
  "unknown-option": ErrorParts<string | { readonly metric: string; readonly name: string }, "received" | "expected">;
  /** An operator of the graph is not known to the runtime, to a reader or to the backward pass. */
  "unsupported-operator": ErrorParts<string | undefined>;
  /** The thread that runs the model ended; load the model again. */
  "worker-died": ErrorParts<unknown, "next">;
  /** A file or folder could not be written; `received` is its path where one was given. */
  "write-failed": ErrorParts;
}

/** Every code that a {@link SightlineError} can carry. */
export type ErrorCode = keyof ErrorFields;

/** What an error of a code says besides its sentence, and the error beneath it. */
export type ErrorDetails<Code extends ErrorCode = ErrorCode> = ErrorFields[Code] & { readonly cause?: unknown };

/** The one error class of the library: a code, what came, what was expected and the next step. */
export class SightlineError<Code extends ErrorCode = ErrorCode> extends Error {
  override readonly name = "SightlineError";
  /** What came. */
  readonly received: ErrorFields[Code]["received"];
  /** What was expected, as half a sentence: "a whole number from 1". */
  readonly expected: ErrorFields[Code]["expected"];
  /** What to do next, as half a sentence: "did you mean 'tiger cat'?". */
  readonly next: ErrorFields[Code]["next"];

  /** @param what the sentence without its end: "unknown label 'tigre cat'" */
  constructor(
    readonly code: Code,
    what: string,
    ...[details]: object extends ErrorDetails<Code> ? [details?: ErrorDetails<Code>] : [details: ErrorDetails<Code>]
  ) {
    const { received, expected, next, cause }: ErrorDetails = details ?? ({} as ErrorDetails);
    const tail = [expected && `expected ${expected}`, next].filter(Boolean).join("; ");
    super(tail ? `${what}: ${tail}` : what, cause === undefined ? undefined : { cause });
    this.received = received;
    this.expected = expected;
    this.next = next;
  }

  /** The code, the message and its parts, as the command line prints them with `--json`. */
  toJSON(): { code: ErrorCode; message: string; expected?: string; next?: string } {
    return { code: this.code, message: this.message, expected: this.expected, next: this.next };
  }
}

/**
 * Whether an error is ours, and one of these codes (any when none is named). Narrows the fields with the code.
 * @example
 * try {
 *   model.classIndex("bota");
 * } catch (error) {
 *   if (!isSightlineError(error, "unknown-label")) throw error;
 *   console.log(error.received, error.next);                  // bota did you mean 'boat'?
 * }
 */
export function isSightlineError<Code extends ErrorCode = ErrorCode>(
  error: unknown,
  ...codes: readonly Code[]
): error is { [Each in Code]: SightlineError<Each> }[Code] {
  return (
    error instanceof SightlineError && (codes.length === 0 || (codes as readonly ErrorCode[]).includes(error.code))
  );
}

/** "did you mean 'tiger cat'?" — or undefined where nothing is near enough to be a slip of the pen. */
export function didYouMean(word: string, candidates: Iterable<string>): string | undefined {
  const near = closest(word, candidates, 1)[0];
  return near === undefined ? undefined : `did you mean '${near}'?`;
}

/** The candidates nearest to a word by edit distance, nearest first, none further than about 40 % of its length. */
export function closest(word: string, candidates: Iterable<string>, count: number): string[] {
  const needle = String(word).toLowerCase();
  const limit = Math.max(2, Math.ceil(needle.length * 0.4));
  return [...candidates]
    .map((candidate) => ({ candidate, far: distance(needle, candidate.toLowerCase()) }))
    .filter(({ far }) => far <= limit)
    .sort((a, b) => a.far - b.far)
    .filter(({ far }, _, [nearest]) => far <= nearest.far + 1)
    .slice(0, count)
    .map(({ candidate }) => candidate);
}

/** Throws `aborted` when the signal has fired. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) {
    throw new SightlineError("aborted", "the work was cancelled", { cause: signal.reason });
  }
}
