import { mkdir } from "node:fs/promises";
import { resolve } from "node:path";
import { z } from "zod";
import { beginWork } from "../ambient.js";
import { CASE_THRESHOLDS, type CaseThresholds } from "../cases.js";
import { checkKeys, SightlineError, throwIfAborted } from "../errors.js";
import type { Progress } from "../methods/method.js";
import { find } from "../methods/registry.js";
import type { Control, Model } from "../model/types.js";
import { version } from "../version.js";
import { type Examined, type ExamineOptions, examine } from "./examine.js";
import { type AuditItem, findItems } from "./items.js";
import { SHARD, shardFiles, writeShard } from "./shard.js";
import { folderStorage, type Storage } from "./storage.js";

export interface AuditOptions extends Control {
  /** Folder of the results; an audit that was cut off there goes on where it was. */
  out: string;
  /** A method's name; "auto" (the default) as in `explain`. */
  method?: string;
  preset?: ExamineOptions["preset"];
  /** The method's own options. */
  options?: Readonly<Record<string, unknown>>;
  seed?: number;
  /** A CSV or Parquet file with columns `path` and `label`; "folders": the names of the pictures' folders. */
  truth?: string;
  thresholds?: Partial<CaseThresholds>;
  /** Also measure how stable each map is; costs the method again a few times. */
  stability?: boolean;
  /** Look for shortcuts; by itself from 40 pictures on. */
  shortcuts?: boolean;
  /** Pictures that are decoded and explained side by side. */
  concurrency?: number;
  onProgress?(progress: AuditProgress): void;
}

export interface AuditProgress extends Progress {
  /** Of the pictures done, those that could not be looked at. */
  readonly errors: number;
  /** Estimate, in seconds. */
  readonly secondsLeft: number;
}

const OPTIONS = [
  "out",
  "method",
  "preset",
  "options",
  "seed",
  "truth",
  "thresholds",
  "stability",
  "shortcuts",
  "concurrency",
  "signal",
  "onProgress",
] as const satisfies readonly (keyof AuditOptions)[];

/** What `audit.json` says: enough to make the audit again, or to go on with it. */
const manifest = z.object({
  format: z.literal("sightline-audit"),
  formatVersion: z.literal(1),
  version: z.string(),
  model: z.object({ name: z.string(), sha256: z.string(), classes: z.number() }),
  source: z.string(),
  pictures: z.number().int(),
  shards: z.number().int(),
  settings: z.object({
    method: z.string(),
    preset: z.enum(["speed", "balance", "quality"]),
    seed: z.number(),
    options: z.record(z.string(), z.unknown()),
    thresholds: z.object({ high: z.number(), mixed: z.number(), plausible: z.number() }),
    stability: z.boolean(),
  }),
});

export type AuditManifest = z.infer<typeof manifest>;

const itemList = z.array(
  z.object({ path: z.string(), file: z.string(), truth: z.string().optional(), mask: z.string().optional() }),
);

/** A plan of work that any number of machines can share: which pictures, how, in which shards. */
export interface AuditPlan {
  readonly manifest: AuditManifest;
  readonly items: readonly AuditItem[];
  readonly storage: Storage;
}

/**
 * Makes the plan of an audit, or reads the one that is there.
 * @throws SightlineError `bad-config` when the folder holds an audit of another model or with other settings
 */
export async function planAudit(model: Model, source: string, options: AuditOptions): Promise<AuditPlan> {
  checkKeys(options, OPTIONS, "audit");
  const { method = "auto", preset = "balance", seed = 0, stability = false } = options;
  if (method !== "auto") find(method);
  const settings = {
    method,
    preset,
    seed,
    options: { ...options.options },
    thresholds: { ...CASE_THRESHOLDS, ...options.thresholds },
    stability,
  };
  await mkdir(options.out, { recursive: true }).catch((cause) => {
    throw new SightlineError("write-failed", `${options.out} cannot be made`, { received: cause.code, cause });
  });
  const storage = folderStorage(options.out);
  const { name, sha256, classes } = model.info;
  const there = await storage.read("audit.json");
  if (there) {
    const known = readManifest(there);
    const same = JSON.stringify(known.settings) === JSON.stringify(settings) && known.model.sha256 === sha256;
    if (same && known.source === resolve(source)) return { manifest: known, items: await readItems(storage), storage };
    throw new SightlineError("bad-config", `${options.out} holds another audit`, {
      received: { model: known.model.name, source: known.source, settings: known.settings },
      expected: "the same model, pictures and settings, to go on with it",
      next: "choose another folder",
    });
  }
  const items = await findItems(source, model.labels, { truth: options.truth });
  const made: AuditManifest = {
    format: "sightline-audit",
    formatVersion: 1,
    version,
    model: { name, sha256, classes },
    source: resolve(source),
    pictures: items.length,
    shards: Math.ceil(items.length / SHARD),
    settings,
  };
  await storage.write("pictures.json", JSON.stringify(items));
  await storage.write("audit.json", `${JSON.stringify(made, null, 2)}\n`);
  return { manifest: made, items, storage };
}

/** @throws SightlineError `bad-data` */
export function readManifest(bytes: Uint8Array): AuditManifest {
  return parsed(manifest, bytes, "audit.json");
}

/** @throws SightlineError `bad-data` */
export async function readItems(storage: Storage): Promise<AuditItem[]> {
  return parsed(itemList, (await storage.read("pictures.json")) ?? new Uint8Array(), "pictures.json");
}

function parsed<T>(schema: z.ZodType<T>, bytes: Uint8Array, name: string): T {
  try {
    return schema.parse(JSON.parse(new TextDecoder().decode(bytes)));
  } catch (cause) {
    throw new SightlineError("bad-data", `${name} of the audit is damaged`, {
      next: "start the audit in another folder",
      cause,
    });
  }
}

/** Shards whose rows are not stored yet. */
export async function openShards({ manifest: { shards }, storage }: AuditPlan): Promise<number[]> {
  const done = new Set((await storage.list("rows")).map((name) => `rows/${name}`));
  return Array.from({ length: shards }, (_, index) => index).filter((index) => !done.has(shardFiles(index).rows));
}

export interface ShardWork extends Control {
  readonly concurrency?: number;
  picture?(examined: Examined): void;
}

/** Looks at the pictures of one shard, several side by side, and stores them. */
export async function workShard(model: Model, plan: AuditPlan, index: number, work: ShardWork = {}): Promise<void> {
  const { settings } = plan.manifest;
  const items = plan.items.slice(index * SHARD, (index + 1) * SHARD);
  const examined: Examined[] = new Array(items.length);
  let next = 0;
  const lane = async () => {
    while (next < items.length) {
      const i = next++;
      throwIfAborted(work.signal);
      examined[i] = await examine(model, items[i], { ...settings, signal: work.signal });
      work.picture?.(examined[i]);
    }
  };
  await Promise.all(Array.from({ length: work.concurrency ?? 4 }, lane));
  await writeShard(plan.storage, index, examined);
}

/**
 * Looks at every picture of a folder, list or glob and stores what it finds in `out`. Memory does not grow with the
 * number of pictures; decoding, inference and writing overlap. Killed at any moment, it goes on where it was when it
 * is called again, and every picture is in the result exactly once.
 * @throws SightlineError `file-not-found`, `bad-config`, `unknown-method`, `write-failed`, `aborted`, …
 */
export async function runShards(model: Model, plan: AuditPlan, options: Omit<AuditOptions, "out"> = {}): Promise<void> {
  const { concurrency } = options;
  const open = await openShards(plan);
  const total = plan.items.length;
  const work = beginWork(`audit of ${total} pictures`, options.signal);
  const { signal } = work;
  const before = total - open.reduce((sum, index) => sum + Math.min(SHARD, total - index * SHARD), 0);
  const started = performance.now();
  let done = before;
  let errors = 0;
  const picture = ({ row }: Examined) => {
    done += 1;
    if (row.error) errors += 1;
    const secondsLeft = (((performance.now() - started) / 1000) * (total - done)) / Math.max(1, done - before);
    const progress = { done, total, errors, secondsLeft };
    options.onProgress?.(progress);
    work.progress(progress);
  };
  try {
    // the next shard begins while the last pictures of this one are looked at and stored
    let previous: Promise<void> = Promise.resolve();
    for (const index of open) {
      const current = workShard(model, plan, index, { concurrency, signal, picture });
      current.catch(() => {});
      await previous;
      previous = current;
    }
    await previous;
    work.end();
  } catch (error) {
    work.end(error);
    throw error;
  }
}
