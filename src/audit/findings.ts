import { SightlineError } from "../core/errors.js";
import * as z from "../core/zod.js";
import type { Storage } from "./shards/storage.js";
import type { ShortcutReport } from "./shortcuts/types.js";

const finding = z.object({
  kind: z.enum(["shortcut", "moving-shortcut"]),
  prediction: z.string(),
  pictures: z.array(z.string()),
  share: z.number(),
  flips: z.number(),
  control: z.number(),
});

const findingsFile = z.object({
  format: z.literal("sightline-findings"),
  formatVersion: z.literal(1),
  findings: z.array(finding),
});

/** What an audit flags. */
export interface Finding {
  /** A region that a group of pictures has in one place, or a thing that is elsewhere in each picture of a class. */
  readonly kind: "shortcut" | "moving-shortcut";
  /** The class that the pictures are taken for. */
  readonly prediction: string;
  /** Paths. */
  readonly pictures: readonly string[];
  /** Share of the evidence in the region, 0…1. */
  readonly share: number;
  /** Share of pictures of other classes that become this class with the region, or what the regions have in common, pasted on. */
  readonly flips: number;
  /** The same with regions of other classes' pictures. */
  readonly control: number;
}

const FILE = "findings.json";

/** The flagged ones of a search for shortcuts, those that lie in one place first. */
export function findingsOf({ groups, moving }: ShortcutReport): Finding[] {
  const fixed = groups.filter(({ flagged }) => flagged).map((group) => described("shortcut", group, group.flips));
  const elsewhere = moving
    .filter(({ flagged }) => flagged)
    .map((shortcut) => described("moving-shortcut", shortcut, shortcut.common));
  return [...fixed, ...elsewhere];
}

function described(
  kind: Finding["kind"],
  { prediction, pictures, share, control }: Omit<Finding, "kind" | "flips" | "control"> & { control: number | null },
  flips: number | null,
): Finding {
  return { kind, prediction, pictures, share, flips: flips ?? 0, control: control ?? 0 };
}

/**
 * What an audit has flagged; undefined where shortcuts were not looked for.
 * @throws SightlineError `bad-data`
 */
export async function readFindings(storage: Storage): Promise<Finding[] | undefined> {
  const bytes = await storage.read(FILE);
  if (!bytes) return undefined;
  try {
    return findingsFile.parse(JSON.parse(new TextDecoder().decode(bytes))).findings;
  } catch (cause) {
    throw new SightlineError("bad-data", `the audit's ${FILE} is damaged`, { next: "run the audit again", cause });
  }
}

/** Stores what was flagged, or that shortcuts were not looked for. */
export async function writeFindings(storage: Storage, shortcuts: ShortcutReport | undefined): Promise<void> {
  if (!shortcuts) return storage.remove(FILE);
  const file = { format: "sightline-findings", formatVersion: 1, findings: findingsOf(shortcuts) };
  await storage.write(FILE, `${JSON.stringify(file, null, 2)}\n`);
}
