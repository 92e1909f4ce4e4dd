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

const percent = (share: number) => `${Math.round(100 * share)} %`;

/** What an audit's findings say of single pictures. */
export const flagsOf = (findings: readonly Finding[]): PictureFlag[] =>
  findings.flatMap((finding, index) =>
    finding.pictures.map((path) => ({ path, kind: finding.kind, finding: index, claim: claimOf(finding) })),
  );

/** A finding in a sentence. */
export function claimOf({ kind, prediction, flips, control }: Finding): string {
  const what =
    kind === "shortcut" ? "a region that these pictures share" : "a thing that these pictures share, elsewhere in each";
  return `Looks like a shortcut for ${prediction}: ${what}, pasted on pictures of other classes, turns ${percent(flips)} of them into it; the same with other pictures turns ${percent(control)}.`;
}
