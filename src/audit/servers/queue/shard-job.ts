import { z } from "zod";
import { auditSettings } from "../../manifest.js";
import type { Storage } from "../../shards/storage.js";
import { auditItem } from "../../sources/item.js";
import { storageAt } from "../storage-at.js";

/** What is put on the queue for a shard. */
export const shardJob = z.object({
  format: z.literal("sightline-shard"),
  formatVersion: z.literal(1),
  /** Where the shards go, as the audit's machine names it, and the audit's own folder there. */
  place: z.string(),
  folder: z.string().regex(/^[0-9a-f]*$/),
  index: z.number().int().nonnegative(),
  items: z.array(auditItem),
  settings: auditSettings,
});

export type ShardJob = z.infer<typeof shardJob>;

/** What a worker reports of a shard under way. */
export const shardProgress = z.object({ pictures: z.number(), errors: z.number() });
export type ShardProgress = z.infer<typeof shardProgress>;

/** Where workers put the shards of one audit. */
export const shardStorage = (place: string, folder: string): Promise<Storage> | Storage =>
  storageAt(folder === "" ? place : `${place.replace(/\/+$/, "")}/${folder}`);
