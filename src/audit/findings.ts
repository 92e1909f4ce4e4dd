import { SightlineError } from "../core/errors.js";
import * as z from "../core/zod.js";
import type { Storage } from "./shards/storage.js";

/** What a finding is about. */
export const FINDING_KINDS = [
  "shortcut",
  "moving-shortcut",
  "property-shortcut",
  "leak",
  "duplicates",
  "conflicting-labels",
  "label-errors",
  "quality",
] as const;

/** What a {@link Finding} is about. */
export type FindingKind = (typeof FINDING_KINDS)[number];

/** A number with its 95 % interval. */
export interface Measured {
  /** What was measured, in words. */
  readonly what: string;
  readonly value: number;
  readonly interval: readonly [low: number, high: number];
}

/** What an audit flags, with its evidence. */
export interface Finding {
  readonly kind: FindingKind;
  /** The class that it is about; null where it is about several. */
  readonly label: string | null;
  /** What is claimed: a sentence. */
  readonly claim: string;
  /** What was measured, as a rule a share of pictures, 0…1. */
  readonly effect: Measured;
  /** The same where nothing is to be found: by chance, by other pictures, by random edits. */
  readonly null: Measured;
  /** Probability of such an effect where nothing is, after Benjamini and Hochberg's correction; null where there is no test. */
  readonly q: number | null;
  /** Further numbers and names that speak for the claim. */
  readonly evidence: Readonly<Record<string, string | number>>;
  /** How many pictures it is about. */
  readonly count: number;
  /** Paths of these pictures, at most 1,000 of them; the audit's tables have them all. */
  readonly pictures: readonly string[];
  /** Of duplicates and leaks: the path of the other picture, in the order of `pictures`. */
  readonly others?: readonly string[];
}

/** What was looked for in an audit, or why it was not. */
export interface Search {
  readonly of: "shortcuts" | "property-shortcuts" | "duplicates" | "leaks" | "label-errors" | "quality";
  readonly looked: boolean;
  /** How it was looked for, or why it was not: a sentence. */
  readonly note: string;
}

/** What was not looked for, and why: sentences. */
export const notLookedFor = (searches: readonly Search[]): string[] =>
  searches.flatMap(({ of, looked, note }) =>
    looked ? [] : [`${of.replaceAll("-", " ")} were not looked for: ${note}`],
  );

/** What stands in `findings.json`. */
export interface FindingsFile {
  readonly searches: readonly Search[];
  readonly findings: readonly Finding[];
}

/** Pictures that a finding names. */
const MOST_PICTURES = 1000;

/** A finding about pictures, of which the first are named. */
export const finding = (parts: Omit<Finding, "count">): Finding => ({
  ...parts,
  count: parts.pictures.length,
  pictures: parts.pictures.slice(0, MOST_PICTURES),
  ...(parts.others && { others: parts.others.slice(0, MOST_PICTURES) }),
});

/** Whether two audits flag the same thing, however strong it is in each. */
export const isSameFinding = (a: Finding, b: Finding): boolean =>
  a.kind === b.kind &&
  a.label === b.label &&
  a.evidence.property === b.evidence.property &&
  a.evidence.measure === b.evidence.measure &&
  a.effect.value > a.null.value === b.effect.value > b.null.value &&
  overlap(a, b, "x", "width") &&
  overlap(a, b, "y", "height");

/** Whether the regions of two findings meet along an axis; what has no region may be anywhere. */
function overlap({ evidence: a }: Finding, { evidence: b }: Finding, start: string, size: string): boolean {
  const [from, length, otherFrom, otherLength] = [a[start], a[size], b[start], b[size]].map(Number);
  return !(from >= otherFrom + otherLength || otherFrom >= from + length);
}

const measured = z.object({
  what: z.string(),
  value: z.number(),
  interval: z.tuple([z.number(), z.number()]),
});

const findingsFile = z.object({
  format: z.literal("sightline-findings"),
  formatVersion: z.literal(2),
  searches: z.array(
    z.object({
      of: z.enum(["shortcuts", "property-shortcuts", "duplicates", "leaks", "label-errors", "quality"]),
      looked: z.boolean(),
      note: z.string(),
    }),
  ),
  findings: z.array(
    z.object({
      kind: z.enum(FINDING_KINDS),
      label: z.string().nullable(),
      claim: z.string(),
      effect: measured,
      null: measured,
      q: z.number().nullable(),
      evidence: z.record(z.string(), z.union([z.string(), z.number()])),
      count: z.number().int(),
      pictures: z.array(z.string()),
      others: z.array(z.string()).optional(),
    }),
  ),
});

const FILE = "findings.json";

/**
 * What an audit has looked for, and what it has flagged.
 * @throws SightlineError `bad-data`
 */
export async function readFindings(storage: Storage): Promise<FindingsFile> {
  const bytes = await storage.read(FILE);
  try {
    return findingsFile.parse(JSON.parse(new TextDecoder().decode(bytes)));
  } catch (cause) {
    throw new SightlineError("bad-data", `the audit's ${FILE} is ${bytes ? "damaged" : "missing"}`, {
      next: "run the audit again",
      cause,
    });
  }
}

export async function writeFindings(storage: Storage, { searches, findings }: FindingsFile): Promise<void> {
  const file = { format: "sightline-findings", formatVersion: 2, searches, findings };
  await storage.write(FILE, `${JSON.stringify(file, null, 2)}\n`);
}
