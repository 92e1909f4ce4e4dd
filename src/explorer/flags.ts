import type { Finding } from "../audit/findings.js";

/** Why an audit flags a picture. */
export interface PictureFlag {
  readonly path: string;
  readonly kind: string;
  /** Place of the finding among the audit's. */
  readonly finding: number;
  /** In a sentence. */
  readonly claim: string;
}

/** What an audit's findings say of single pictures. */
export const flagsOf = (findings: readonly Finding[]): PictureFlag[] =>
  findings.flatMap((finding, index) =>
    finding.pictures.map((path) => ({ path, kind: finding.kind, finding: index, claim: finding.claim })),
  );
