import { SightlineError } from "../../core/errors.js";

const CODES: ReadonlySet<string> = new Set(["bad-image", "image-too-large", "file-not-found", "not-finite"]);

/** Whether an error is the picture's fault, which its row tells, and not the model's or the disk's, which ends the audit. */
export const isPictureError = (error: unknown): error is SightlineError =>
  error instanceof SightlineError && CODES.has(error.code);
