/** What came of an export. */
export interface ExportOutcome {
  readonly to: string;
  readonly pictures: number;
  /** Files that are not where they were audited, or are no files. */
  readonly missing: readonly string[];
  readonly notes: readonly string[];
}
