import { InvalidArgumentError } from "commander";
import type { Finding, Search } from "../audit/index.js";
import { didYouMean } from "../core/errors.js";
import { percent, plural } from "../render/format.js";

/** What a rule can be about, and the search that has to be made for it. */
const SUBJECTS = {
  finding: undefined,
  shortcut: "shortcuts",
  leak: "leaks",
  duplicates: "duplicates",
  "conflicting-labels": "duplicates",
  "label-errors": "label-errors",
  quality: "quality",
  "missed-labels": undefined,
  "mistaken-labels": undefined,
  unreadable: undefined,
} as const satisfies Record<string, Search["of"] | undefined>;

type Subject = keyof typeof SUBJECTS;

/** When a command fails: more pictures than a limit are concerned, `label-errors>2%`. */
export interface FailRule {
  readonly subject: Subject;
  /** Pictures, or, with `share`, a share of all pictures; without a rule's own limit 0. */
  readonly limit: number;
  readonly share: boolean;
  readonly text: string;
}

const RULE = /^([a-z-]+)(?:>(\d+(?:\.\d+)?)(%?))?$/;

export const FAIL_ON_HELP = `exit with 1 when this is found, by commas: ${Object.keys(SUBJECTS).join(", ")}; with a limit of pictures as in label-errors>2% or leak>10`;

/** @throws InvalidArgumentError */
export function failRules(text: string, before: readonly FailRule[]): FailRule[] {
  return [...before, ...text.split(",").map((rule) => failRule(rule.trim()))];
}

function failRule(text: string): FailRule {
  const [, subject = text, limit = "0", sign = ""] = RULE.exec(text.replaceAll(" ", "")) ?? [];
  if (!Object.hasOwn(SUBJECTS, subject)) {
    const names = Object.keys(SUBJECTS);
    const hint =
      didYouMean(subject, names) ?? `expected ${names.join(", ")}, each with a limit where wanted, as label-errors>2%`;
    throw new InvalidArgumentError(`'${text}' is no rule; ${hint}.`);
  }
  const share = sign === "%";
  return { subject: subject as Subject, limit: share ? Number(limit) / 100 : Number(limit), share, text };
}

/** What rules are held against. */
export interface Inspected {
  readonly findings: readonly Finding[];
  readonly searches: readonly Search[];
  readonly pictures: number;
  readonly unreadable: number;
  /** Of independent labels: pictures in which one is missed, or seen though it is not there; null where that is not known. */
  readonly labels: { readonly missed: number; readonly mistaken: number } | null;
}

/** Why the command fails: a sentence for each rule that is broken, or that cannot be judged. */
export function brokenRules(rules: readonly FailRule[], inspected: Inspected): string[] {
  return rules.flatMap((rule) => unlooked(rule, inspected) ?? broken(rule, inspected) ?? []);
}

/** Silence is no good sign where nobody looked. */
function unlooked({ subject, text }: FailRule, { searches, labels }: Inspected): string | undefined {
  if (subject === "missed-labels" || subject === "mistaken-labels") {
    return labels ? undefined : `${text}: it takes a model of independent labels and pictures whose labels are known`;
  }
  const of = subject === "finding" ? "shortcuts" : SUBJECTS[subject];
  const search = searches.find((one) => one.of === of);
  if (of === undefined || search?.looked) return undefined;
  return `${text}: ${of} were not looked for, so none can be ruled out${search ? `: ${search.note}` : ""}`;
}

function broken({ subject, limit, share, text }: FailRule, inspected: Inspected): string | undefined {
  const { pictures } = inspected;
  const concerned = inspected.findings.filter(({ kind }) => isAbout(subject, kind));
  const counted = countedPictures(subject, inspected);
  const count = counted?.pictures ?? concerned.reduce((sum, finding) => sum + finding.count, 0);
  const value = share ? count / Math.max(1, pictures) : count;
  if (value <= limit) return undefined;
  const found =
    counted !== undefined
      ? `${plural(counted.pictures, "picture")} ${counted.what}`
      : `${plural(concerned.length, "finding")} flagged, about ${plural(count, "picture")}`;
  return `${text}: ${found}${share ? ` (${percent(value)})` : ""}`;
}

/** What is counted picture by picture, without a finding. */
function countedPictures(subject: Subject, { unreadable, labels }: Inspected) {
  if (subject === "unreadable") return { pictures: unreadable, what: "could not be looked at" };
  if (subject === "missed-labels") return { pictures: labels?.missed ?? 0, what: "with a label that is not seen" };
  if (subject === "mistaken-labels") {
    return { pictures: labels?.mistaken ?? 0, what: "in which a label is seen that is not there" };
  }
  return undefined;
}

const isAbout = (subject: Subject, kind: Finding["kind"]) =>
  subject === "finding" || kind === subject || (subject === "shortcut" && kind.endsWith("shortcut"));
