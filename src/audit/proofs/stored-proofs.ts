import { sha256 } from "#platform/hash";
import { fromBase64, toBase64 } from "../../core/bytes.js";
import { SightlineError } from "../../core/errors.js";
import * as z from "../../core/zod.js";
import type { Finding } from "../findings.js";
import type { Storage } from "../shards/storage.js";
import type { PictureClaim, ShortcutProof } from "./types.js";

/** A folder of the audit; each proof has a file of its own, so that two people never write the same one half and half. */
const FOLDER = "proofs";

/** A picture in a file: Base64. */
const png = z.base64().max(32 * 2 ** 20);

const measured = z.object({
  what: z.string(),
  value: z.number(),
  interval: z.tuple([z.number(), z.number()]),
});
const side = z.object({
  pictures: z.int(),
  effect: measured,
  null: measured,
  control: measured.nullable().default(null),
});

const shortcutProof = z.object({
  kind: z.string(),
  label: z.string(),
  sentence: z.string(),
  added: side,
  removed: side.nullable(),
  examples: z.array(
    z.object({
      side: z.enum(["added", "removed"]),
      path: z.string(),
      before: z.string(),
      after: z.string(),
      picture: png,
    }),
  ),
  seed: z.number(),
  notes: z.array(z.string()),
});

const pictureClaim = z.object({
  path: z.string(),
  sentence: z.string(),
  target: z.string(),
  before: z.number(),
  after: z.number(),
  area: z.number(),
  fill: z.string(),
  controls: z.array(z.number()),
  chance: z.number(),
  seed: z.number(),
  figure: png,
});

const fileOf = async (...key: readonly (string | number | null)[]) =>
  `${FOLDER}/${await sha256(JSON.stringify(key))}.json`;

async function read<T>(storage: Storage, name: string, schema: z.ZodType<T>): Promise<T | undefined> {
  const bytes = await storage.read(name);
  if (!bytes) return undefined;
  try {
    return schema.parse(JSON.parse(new TextDecoder().decode(bytes)));
  } catch (cause) {
    throw new SightlineError("bad-data", `the audit's ${name} is damaged`, {
      next: "remove it and test again",
      cause,
    });
  }
}

const write = (storage: Storage, name: string, value: unknown) => storage.write(name, `${JSON.stringify(value)}\n`);

/** What a proof is about. */
type Proven = Pick<Finding, "kind" | "label" | "evidence">;

/** A class may be flagged more than once: by its place, and by its property, findings of one class differ. */
const fileOfProof = ({ kind, label, evidence }: Proven) =>
  fileOf("finding", kind, label, ...["property", "x", "y", "width", "height"].flatMap((name) => evidence[name] ?? []));

/** The proof of a finding; undefined where there is none. @throws SightlineError `bad-data` */
export async function readProof(storage: Storage, finding: Proven): Promise<ShortcutProof | undefined> {
  const stored = await read(storage, await fileOfProof(finding), shortcutProof);
  const examples = stored?.examples.map((one) => ({ ...one, picture: fromBase64(one.picture) }));
  return stored && { ...stored, examples: examples ?? [] };
}

export async function writeProof(storage: Storage, finding: Proven, proof: ShortcutProof): Promise<void> {
  const examples = proof.examples.map((one) => ({ ...one, picture: toBase64(one.picture) }));
  await write(storage, await fileOfProof(finding), { ...proof, examples });
}

/** The test of a picture; undefined where there is none. @throws SightlineError `bad-data` */
export async function readClaim(storage: Storage, path: string): Promise<PictureClaim | undefined> {
  const stored = await read(storage, await fileOf("picture", path), pictureClaim);
  return stored && { ...stored, figure: fromBase64(stored.figure) };
}

export async function writeClaim(storage: Storage, claim: PictureClaim): Promise<void> {
  await write(storage, await fileOf("picture", claim.path), { ...claim, figure: toBase64(claim.figure) });
}
