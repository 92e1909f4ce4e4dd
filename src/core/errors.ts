import { distance } from "fastest-levenshtein";

/** Every code that a {@link SightlineError} can carry; stable, for programs to branch on. */
export type ErrorCode =
  | "aborted"
  | "audit-failed"
  | "bad-checkpoint"
  | "bad-config"
  | "bad-data"
  | "bad-explanation"
  | "bad-image"
  | "bad-labels"
  | "bad-model"
  | "bad-notebook"
  | "checksum-mismatch"
  | "download-failed"
  | "file-not-found"
  | "image-too-large"
  | "index-out-of-range"
  | "kernel-failed"
  | "model-closed"
  | "no-feature-layer"
  | "not-a-classifier"
  | "not-finite"
  | "not-installed"
  | "not-supported"
  | "notebook-failed"
  | "queue-failed"
  | "run-failed"
  | "shape-mismatch"
  | "unknown-label"
  | "unknown-layer"
  | "unknown-method"
  | "unknown-model"
  | "unknown-option"
  | "unsupported-operator"
  | "worker-died"
  | "write-failed";

/** What an error says besides its sentence. */
export interface ErrorDetails {
  /** What came. */
  received?: unknown;
  /** What was expected, as half a sentence. */
  expected?: string;
  /** What to do next, as half a sentence. */
  next?: string;
  cause?: unknown;
}

/** The one error class of the library: a code, what came, what was expected and the next step. */
export class SightlineError extends Error {
  override readonly name = "SightlineError";
  readonly received?: unknown;
  readonly expected?: string;
  readonly next?: string;

  /** @param what the sentence without its end: "unknown label 'tigre cat'" */
  constructor(
    readonly code: ErrorCode,
    what: string,
    { received, expected, next, cause }: ErrorDetails = {},
  ) {
    const tail = [expected && `expected ${expected}`, next].filter(Boolean).join("; ");
    super(tail ? `${what}: ${tail}` : what, cause === undefined ? undefined : { cause });
    this.received = received;
    this.expected = expected;
    this.next = next;
  }

  toJSON(): { code: ErrorCode; message: string; expected?: string; next?: string } {
    return { code: this.code, message: this.message, expected: this.expected, next: this.next };
  }
}

/** "did you mean 'tiger cat'?" — or undefined where nothing is near enough to be a slip of the pen. */
export function didYouMean(word: string, candidates: Iterable<string>): string | undefined {
  const near = closest(word, candidates, 1)[0];
  return near === undefined ? undefined : `did you mean '${near}'?`;
}

/** The candidates nearest to a word by edit distance, nearest first, none further than about 40 % of its length. */
export function closest(word: string, candidates: Iterable<string>, count: number): string[] {
  const needle = word.toLowerCase();
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

/**
 * Refuses keys that are not known, with suggestions. `aliases` are taken, but not listed.
 * @throws SightlineError `unknown-option`
 */
export function checkKeys(options: object, known: Iterable<string>, of: string, aliases: readonly string[] = []): void {
  const names = new Set(known);
  for (const key of Object.keys(options)) {
    if (names.has(key) || aliases.includes(key)) continue;
    throw new SightlineError("unknown-option", `unknown option '${key}' of ${of}`, {
      received: key,
      expected: `one of ${[...names].join(", ")}`,
      next: didYouMean(key, names),
    });
  }
}
