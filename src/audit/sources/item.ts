import * as z from "../../core/zod.js";

/** One picture of an audit. */
export interface AuditItem {
  /** Its name in the results: relative to the folder or list that it came from, with `/`. */
  readonly path: string;
  /** Where the file is. */
  readonly file: string;
  /** Label of the true class; several, with `|` between them, where more than one is right. */
  readonly truth?: string;
  /** A mask of the true object, drawn on the picture: white inside. */
  readonly mask?: string;
  /** What it is for: "train", "test", … */
  readonly split?: string;
}

/** @internal */
export const auditItem = z.object({
  path: z.string(),
  file: z.string(),
  truth: z.string().optional(),
  mask: z.string().optional(),
  split: z.string().optional(),
});
