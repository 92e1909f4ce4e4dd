import { engineVersions } from "#platform/versions";
import { SightlineError } from "../core/errors.js";
import { version } from "../core/version.js";
import * as z from "../core/zod.js";
import type { Storage } from "./shards/storage.js";
import { type AuditItem, auditItem } from "./sources/item.js";

/** @internal */
export const auditSettings = z.object({
  method: z.string(),
  preset: z.enum(["speed", "balance", "quality"]),
  seed: z.number(),
  options: z.record(z.string(), z.unknown()),
  thresholds: z.object({ high: z.number(), mixed: z.number(), plausible: z.number() }),
  stability: z.boolean(),
  decode: z.literal("fast").optional(),
  trained: z.boolean().optional(),
});

/**
 * What an audit's `audit.json` says: versions, model, pictures and settings. The same manifest gives the same
 * results.
 */
export interface AuditManifest {
  format: "sightline-audit";
  formatVersion: 1;
  /** What it was made with: the numbers of another version of the runtime may differ. */
  versions: { sightline: string; [dependency: string]: string };
  model: {
    name: string;
    sha256: string;
    /** Of weights, labels and preprocessing together. */
    fingerprint: string;
    classes: number;
    /** What was found and assumed where it was loaded, as `model.info.notes` said: sentences. */
    notes: string[];
  };
  /** Where the pictures come from; several where several sources were given. */
  source: string | string[];
  /** Where the true classes come from, as it was given. */
  truth: string | null;
  pictures: number;
  /** Of `pictures.json`: which pictures, with which truths and masks. */
  picturesSha256: string;
  shards: number;
  /** What was noticed of the pictures and their truths: sentences. */
  notes: string[];
  settings: {
    method: string;
    preset: "speed" | "balance" | "quality";
    seed: number;
    options: Record<string, unknown>;
    thresholds: { high: number; mixed: number; plausible: number };
    stability: boolean;
    /** How pictures were decoded, where that was not "full". */
    decode?: "fast";
    /** Whether the model was trained on the pictures, where that was said. */
    trained?: boolean;
  };
}

/** Where an audit is stored, and what its `audit.json` says. */
export interface StoredAudit {
  readonly folder: string;
  readonly manifest: AuditManifest;
}

const manifest: z.ZodType<AuditManifest> = z.object({
  format: z.literal("sightline-audit"),
  formatVersion: z.literal(1),
  versions: z.object({ sightline: z.string() }).catchall(z.string()),
  model: z.object({
    name: z.string(),
    sha256: z.string(),
    fingerprint: z.string(),
    classes: z.number(),
    notes: z.array(z.string()).default([]),
  }),
  source: z.union([z.string(), z.array(z.string())]),
  truth: z.string().nullable(),
  pictures: z.number().int(),
  picturesSha256: z.string(),
  shards: z.number().int(),
  notes: z.array(z.string()).default([]),
  settings: auditSettings,
});

/** Versions of what an audit's numbers depend on. */
export const versions = (): AuditManifest["versions"] => ({ sightline: version, ...engineVersions() });

/** @throws SightlineError `bad-data` */
export function readManifest(bytes: Uint8Array): AuditManifest {
  return parsed(manifest, bytes, "audit.json");
}

/** @throws SightlineError `bad-data` */
export async function readItems(storage: Storage): Promise<AuditItem[]> {
  return parsed(z.array(auditItem), (await storage.read("pictures.json")) ?? new Uint8Array(), "pictures.json");
}

function parsed<T>(schema: z.ZodType<T>, bytes: Uint8Array, name: string): T {
  try {
    return schema.parse(JSON.parse(new TextDecoder().decode(bytes)));
  } catch (cause) {
    throw new SightlineError("bad-data", `the audit's ${name} is damaged`, {
      next: "start the audit in another folder",
      cause,
    });
  }
}
