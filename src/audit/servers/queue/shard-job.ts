import * as z from "../../../core/zod.js";
import { auditSettings } from "../../manifest.js";
import { SHARD } from "../../shards/shard.js";
import type { Storage } from "../../shards/storage.js";
import { auditItem } from "../../sources/item.js";
import { storageAt } from "../storage-at.js";

/** No system has longer paths. */
const LONGEST_PATH = 4096;
/** Shards of an audit: a thousand million pictures. */
const MOST_SHARDS = 2 ** 24;
/** Characters of a method's options as JSON. */
const LONGEST_OPTIONS = 2 ** 16;

const path = z.string().min(1).max(LONGEST_PATH);

/** What is put on the queue for a shard; a worker takes no other job. */
export const shardJob = z.object({
  format: z.literal("sightline-shard"),
  formatVersion: z.literal(1),
  /** Where the shards go, as the audit's machine names it, and the audit's own folder there. */
  place: path,
  folder: z.string().regex(/^[0-9a-f]{0,64}$/),
  index: z.number().int().nonnegative().max(MOST_SHARDS),
  items: z
    .array(auditItem.extend({ path, file: path, mask: path.optional() }))
    .min(1)
    .max(SHARD),
  settings: auditSettings.refine(
    ({ options }) => JSON.stringify(options).length <= LONGEST_OPTIONS,
    "options that are too long",
  ),
});

export type ShardJob = z.infer<typeof shardJob>;

/** What a worker reports of a shard under way. */
export const shardProgress = z.object({ pictures: z.number(), errors: z.number() });
export type ShardProgress = z.infer<typeof shardProgress>;

/** Where workers put the shards of one audit. */
export const shardStorage = (place: string, folder: string): Promise<Storage> | Storage =>
  storageAt(folder === "" ? place : `${place.replace(/\/+$/, "")}/${folder}`);
