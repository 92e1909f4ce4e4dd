import type { AuditSummary } from "../../explorer/summary.js";
import type { ExplorerBackend } from "../../explorer/types.js";

/** Traits of {@link AuditExplorer}, which its browser half reads. */
export interface AuditExplorerTraits {
  /** The audited model's name. */
  model: string;
  /** How many pictures the audit has. */
  pictures: number;
  /** What a page without a kernel shows; null before the widget is shown. */
  summary: AuditSummary | null;
}

/** A question to the audit; the answer comes back as a message of the type "answer" with the same number. */
export interface AskRequest {
  readonly type: "ask";
  readonly id: number;
  readonly name: keyof ExplorerBackend;
  readonly given: readonly unknown[];
}

/** The answer to an {@link AskRequest}; what was asked for lies beside it, packed. */
export interface AnswerMessage {
  readonly type: "answer";
  readonly id: number;
}
