import { createHash } from "node:crypto";
import { setMaxListeners } from "node:events";
import { mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import sharp from "sharp";
import { z } from "zod";
import { checkKeys, SightlineError, throwIfAborted } from "../core/errors.js";
import { version } from "../core/version.js";
import type { Progress } from "../core/work.js";
import { longWork } from "../core/work.js";
import { CASE_THRESHOLDS, type CaseThresholds } from "../explain/cases.js";
import { type CommonOptions, planOf } from "../explain/explain.js";
import type { Control, Model } from "../model/types.js";
import { type Examined, type ExamineOptions, examine } from "./audit-picture.js";
import { fingerprint } from "./fingerprint.js";
import { type AuditItem, findItems } from "./items.js";
import { Crew } from "./model-pool.js";
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
  /**
   * A CSV or Parquet file with columns `path` and `label` (a class's name or number; others are refused); "folders": the
   * names of the pictures' folders.
   */
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
  /** What it was made with: the numbers of another version of the runtime may differ. */
  versions: z.object({ sightline: z.string(), "onnxruntime-node": z.string(), libvips: z.string() }),
  model: z.object({
    name: z.string(),
    sha256: z.string(),
    /** Of weights, labels and preprocessing together. */
    fingerprint: z.string(),
    classes: z.number(),
  }),
  source: z.string(),
  /** Where the true classes come from, as it was said. */
  truth: z.string().nullable(),
  pictures: z.number().int(),
  /** Of `pictures.json`: which pictures, with which truths and masks. */
  picturesSha256: z.string(),
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
 * @throws SightlineError `bad-config` when the folder holds an audit of another model or other pictures, or with other
 *   settings or versions; `unknown-method`, `unknown-option`, `file-not-found`, …
 */
export async function planAudit(model: Model, source: string, options: AuditOptions): Promise<AuditPlan> {
  checkKeys(options, OPTIONS, "audit");
  const { out, truth, method = "auto", preset = "balance", seed = 0, stability = false } = options;
  checkKeys({ ...options.thresholds }, Object.keys(CASE_THRESHOLDS), "thresholds");
  planOf(model, { ...options.options, method, preset } as CommonOptions);
  const settings = {
    method,
    preset,
    seed,
    options: { ...options.options },
    thresholds: { ...CASE_THRESHOLDS, ...options.thresholds },
    stability,
  };
  await mkdir(out, { recursive: true }).catch((cause) => {
    throw new SightlineError("write-failed", `${out} cannot be made`, { received: cause.code, cause });
  });
  const storage = folderStorage(out);
  const there = await storage.read("audit.json");
  if (!there && (await storage.list("rows")).length > 0) {
    throw new SightlineError("bad-data", `${out} holds rows of an audit, but no audit.json that says of which`, {
      next: "choose another folder, or empty this one",
    });
  }
  const known = there && readManifest(there);
  const { name, sha256, classes } = model.info;
  const items = await findItems(source, model.labels, { truth });
  const pictures = JSON.stringify(items);
  const made: AuditManifest = {
    format: "sightline-audit",
    formatVersion: 1,
    versions: versions(),
    model: { name, sha256, fingerprint: await fingerprint(model), classes },
    source: resolve(source),
    truth: truth ?? null,
    pictures: items.length,
    picturesSha256: createHash("sha256").update(pictures).digest("hex"),
    shards: Math.ceil(items.length / SHARD),
    settings: JSON.parse(JSON.stringify(settings)),
  };
  if (!known) {
    await storage.write("pictures.json", pictures);
    await storage.write("audit.json", `${JSON.stringify(made, null, 2)}\n`);
    return { manifest: made, items, storage };
  }
  const other = PARTS.filter(([, of]) => !isDeepStrictEqual(of(known), of(made)));
  if (other.length === 0) return { manifest: known, items, storage };
  throw new SightlineError("bad-config", `${out} holds another audit: ${other.map(([part]) => part).join(", ")}`, {
    received: Object.fromEntries(other.map(([part, of]) => [part, { there: of(known), now: of(made) }])),
    expected: "the same model, pictures, settings and versions, to go on with it",
    next: "choose another folder",
  });
}

/** What must be the same to go on with an audit. */
const PARTS: readonly (readonly [string, (manifest: AuditManifest) => unknown])[] = [
  ["another model", ({ model }) => model.fingerprint],
  ["other pictures or truths", ({ source, picturesSha256 }) => [source, picturesSha256]],
  ["other settings", ({ settings }) => settings],
  ["other versions", (manifest) => manifest.versions],
];

function versions(): AuditManifest["versions"] {
  const runtime = createRequire(import.meta.url)("onnxruntime-node/package.json") as { version: string };
  return { sightline: version, "onnxruntime-node": runtime.version, libvips: sharp.versions.vips };
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
  return longWork(`audit of ${total} pictures`, signal, async (shown) => {
    // every pass of every picture under way listens
    if (shown.signal) setMaxListeners(0, shown.signal);
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
    await work(open, { signal: shown.signal, advance });
    throwIfAborted(shown.signal);
  });
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
