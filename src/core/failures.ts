import { type ErrorCode, SightlineError } from "./errors.js";

/** What is wrong with the call itself, whichever picture or map it meets. */
const OF_THE_CALL: readonly ErrorCode[] = [
  ...(["aborted", "bad-config", "unknown-label", "unknown-layer", "unknown-method", "unknown-option"] as const),
  ...(["model-closed", "worker-died", "write-failed"] as const),
];

/** Why one of several things could not be done. */
export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
}

/** Whether every other thing of the same call would fail likewise, so that there is nothing to go on with. */
export function isOfTheCall(error: unknown): boolean {
  return error instanceof SightlineError && OF_THE_CALL.includes(error.code);
}

/** An error as a result keeps it; what is none of ours is `run-failed`. */
export function failureOf(error: unknown): Failure {
  return {
    code: error instanceof SightlineError ? error.code : "run-failed",
    message: error instanceof Error ? error.message : String(error),
  };
}
