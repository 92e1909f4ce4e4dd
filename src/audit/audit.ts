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
import { Crew } from "./crew.js";
import { type Examined, type ExamineOptions, examine } from "./examine.js";
import { fingerprint } from "./fingerprint.js";
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
  /** Folder of an earlier audit whose slices, and the tests on them, are taken over. */
  slices?: string;
  /** Pictures that are decoded and explained side by side. */
  concurrency?: number;
  /** `redis://…`: the pictures are looked at by workers, on any machine, that run `sightline worker`. */
  queue?: string;
  /** With a queue: where workers put what they find, a folder that all machines share or `s3://bucket/prefix`; `out` when absent. */
  shards?: string;
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
  "slices",
  "concurrency",
  "queue",
  "shards",
  "signal",
  "onProgress",
] as const satisfies readonly (keyof AuditOptions)[];

export const auditSettings = z.object({
  method: z.string(),
  preset: z.enum(["speed", "balance", "quality"]),
  seed: z.number(),
  options: z.record(z.string(), z.unknown()),
  thresholds: z.object({ high: z.number(), mixed: z.number(), plausible: z.number() }),
  stability: z.boolean(),
});

export const auditItem = z.object({
  path: z.string(),
  file: z.string(),
  truth: z.string().optional(),
  mask: z.string().optional(),
});

/** What `audit.json` says: enough to make the audit again, or to go on with it. */
const manifest = z.object({
  format: z.literal("sightline-audit"),
  formatVersion: z.literal(1),
  version: z.string(),
  model: z.object({
    name: z.string(),
    sha256: z.string(),
    /** Of weights, labels and preprocessing together. */
    fingerprint: z.string(),
    classes: z.number(),
  }),
  source: z.string(),
  pictures: z.number().int(),
  shards: z.number().int(),
  settings: auditSettings,
});

export type AuditManifest = z.infer<typeof manifest>;

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
  const print = await fingerprint(model);
  const there = await storage.read("audit.json");
  if (there) {
    const known = readManifest(there);
    const same = JSON.stringify(known.settings) === JSON.stringify(settings) && known.model.fingerprint === print;
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
    model: { name, sha256, fingerprint: print, classes },
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
  return parsed(z.array(auditItem), (await storage.read("pictures.json")) ?? new Uint8Array(), "pictures.json");
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

/** The pictures of a shard. */
export const shardItems = ({ items }: AuditPlan, index: number) => items.slice(index * SHARD, (index + 1) * SHARD);

/** Pictures that are looked at together and stored together; what a machine needs to know to do it. */
export interface ShardWork {
  readonly index: number;
  readonly items: readonly AuditItem[];
  readonly settings: AuditManifest["settings"];
  readonly storage: Storage;
}

export interface ShardControl extends Control {
  picture?(examined: Examined): void;
}

/** Looks at the pictures of one shard, several side by side, and stores them. */
export async function workShard(
  crew: Crew,
  { index, items, settings, storage }: ShardWork,
  { picture, signal }: ShardControl = {},
): Promise<void> {
  let failed = false;
  const look = async (model: Model, item: AuditItem) => {
    throwIfAborted(signal);
    if (failed) throw new SightlineError("audit-failed", "another picture of the shard failed");
    const examined = await examine(model, item, { ...settings, signal });
    picture?.(examined);
    return examined;
  };
  const examined = await Promise.all(items.map((item) => crew.employ((model) => look(model, item)))).catch((error) => {
    failed = true;
    throw error;
  });
  await writeShard(storage, index, examined);
}

/** What goes on while shards are worked at, wherever that is. */
export interface ShardWatch {
  readonly signal?: AbortSignal;
  /** So many more pictures are done, so many of them with errors. */
  advance(pictures: number, errors: number): void;
}

/** Does all open shards by `work`, and tells the caller and the notebook how far it is. */
export async function watchShards(
  plan: AuditPlan,
  { signal, onProgress }: Pick<AuditOptions, "signal" | "onProgress">,
  work: (open: readonly number[], watch: ShardWatch) => Promise<void>,
): Promise<void> {
  const open = await openShards(plan);
  const total = plan.items.length;
  const before = total - open.reduce((sum, index) => sum + shardItems(plan, index).length, 0);
  const shown = beginWork(`audit of ${total} pictures`, signal);
  const started = performance.now();
  let done = before;
  let errors = 0;
  const advance = (pictures: number, failed: number) => {
    done += pictures;
    errors += failed;
    const secondsLeft = (((performance.now() - started) / 1000) * (total - done)) / Math.max(1, done - before);
    onProgress?.({ done, total, errors, secondsLeft });
    shown.progress({ done, total, secondsLeft });
  };
  try {
    await work(open, { signal: shown.signal, advance });
    shown.end();
  } catch (error) {
    shown.end(error);
    throw error;
  }
}

/** Looks at the pictures of all open shards on this machine; decoding, inference and writing overlap. */
export function runShards(
  model: Model,
  plan: AuditPlan,
  options: Pick<AuditOptions, "concurrency" | "signal" | "onProgress"> = {},
): Promise<void> {
  const { settings } = plan.manifest;
  return watchShards(plan, options, async (open, { signal, advance }) => {
    if (open.length === 0) return;
    await using crew = await Crew.of(model, options.concurrency);
    const picture = ({ row }: Examined) => advance(1, row.error ? 1 : 0);
    // the next shard begins while the last pictures of this one are looked at and stored
    let previous: Promise<void> = Promise.resolve();
    for (const index of open) {
      const work = { index, items: shardItems(plan, index), settings, storage: plan.storage };
      const current = workShard(crew, work, { signal, picture });
      current.catch(() => {});
      await previous;
      previous = current;
    }
    await previous;
  });
}
