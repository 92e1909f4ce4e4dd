import { createHash } from "node:crypto";
import { hostname } from "node:os";
import { relative, resolve, sep } from "node:path";
import type { Job, Queue, QueueEvents } from "bullmq";
import { z } from "zod";
import { checkKeys, SightlineError } from "../core/errors.js";
import type { Control, Model } from "../model/types.js";
import { fingerprint } from "./fingerprint.js";
import type { AuditItem } from "./items.js";
import { Crew } from "./model-pool.js";
import { optionalPackage } from "./optional-dependency.js";
import {
  type AuditOptions,
  type AuditPlan,
  auditItem,
  auditSettings,
  type ShardWatch,
  shardItems,
  watchShards,
  workShard,
} from "./run-audit.js";
import { shardFiles } from "./shard.js";
import { type Storage, storageAt } from "./storage.js";

/** What is put on the queue for a shard. */
const shardJob = z.object({
  format: z.literal("sightline-shard"),
  formatVersion: z.literal(1),
  /** Where the shards go, as the audit's machine names it, and the audit's own folder there. */
  place: z.string(),
  folder: z.string().regex(/^[0-9a-f]*$/),
  index: z.number().int().nonnegative(),
  items: z.array(auditItem),
  settings: auditSettings,
});

type ShardJob = z.infer<typeof shardJob>;

const shardProgress = z.object({ pictures: z.number(), errors: z.number() });
type ShardProgress = z.infer<typeof shardProgress>;

/** A shard that fails is given to the queue so many times, at growing intervals. */
const ATTEMPTS = 4;
const FIRST_RETRY = 1000;
/** A shard whose workers die is taken up so often again. */
const MOST_STALLS = 5;
/** The queue holds this many shards for each worker, and no fewer than these; the next one waits for room. */
const SHARDS_A_WORKER = 4;
const FEWEST_WAITING = 16;
/** Milliseconds after which a shard is asked for although no event came. */
const RECHECK = 30_000;

const connectionTo = (url: string) => ({ url, maxRetriesPerRequest: null });

async function redisQueue(url: string, model: Model) {
  const { bullmq, Redis } = await optionalPackage("an audit over a queue", ["bullmq", "ioredis"], async () => ({
    bullmq: await import("bullmq"),
    Redis: (await import("ioredis")).Redis,
  }));
  if (!/^rediss?:\/\//.test(url)) {
    throw new SightlineError("bad-config", "this is no address of a queue", { expected: "redis://host:port" });
  }
  // BullMQ waits for ever for a server that is not there
  const reach = async () => {
    const probe = new Redis(url, { lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 });
    probe.on("error", () => {});
    try {
      await probe.connect();
      await probe.ping();
    } catch (cause) {
      throw new SightlineError("queue-failed", `no Redis answers at ${new URL(url).host}`, {
        received: (cause as Error).message,
        next: "start redis-server there, or check the address and the password",
        cause,
      });
    } finally {
      probe.disconnect();
    }
  };
  await reach();
  return { bullmq, reach, name: `sightline-audit-${(await fingerprint(model)).slice(0, 16)}` };
}

/**
 * Gives the open shards of an audit to a queue and waits until workers have done them all. The queue never holds more
 * than a few shards for each worker. An audit that is cut off leaves shards that workers go on with, and takes them up
 * again when it is run again.
 * @throws SightlineError `not-installed`, `queue-failed`, `audit-failed`, `aborted`
 */
export async function distributeShards(
  model: Model,
  plan: AuditPlan,
  options: Pick<AuditOptions, "out" | "queue" | "shards" | "signal" | "onProgress"> & { queue: string },
): Promise<void> {
  const { bullmq, name } = await redisQueue(options.queue, model);
  const connection = connectionTo(options.queue);
  const queue = new bullmq.Queue<ShardJob>(name, { connection });
  const events = new bullmq.QueueEvents(name, { connection });
  // lost connections are taken up again by themselves
  queue.on("error", () => {});
  events.on("error", () => {});
  // every shard under way listens
  queue.setMaxListeners(0);
  events.setMaxListeners(0);
  const id = createHash("sha256")
    .update(JSON.stringify([hostname(), resolve(options.out), plan.manifest]))
    .digest("hex")
    .slice(0, 16);
  const asked = options.shards ?? options.out;
  const place = asked.startsWith("s3:") ? asked : resolve(asked);
  const folder = options.shards === undefined ? "" : id;
  const storage = await placed(place, folder);
  const distribution = { plan, queue, events, id, place, folder, storage };
  try {
    await events.waitUntilReady();
    await watchShards(plan, options, (open, watch) => distribute(distribution, open, watch));
  } finally {
    await Promise.all([queue.close(), events.close()]);
  }
}

interface Distribution {
  readonly plan: AuditPlan;
  readonly queue: Queue<ShardJob>;
  readonly events: QueueEvents;
  readonly id: string;
  readonly place: string;
  readonly folder: string;
  /** Where workers put what they find. */
  readonly storage: Storage;
}

async function distribute(work: Distribution, open: readonly number[], watch: ShardWatch): Promise<void> {
  const { queue, events, id } = work;
  const told = new Map<string, ShardProgress>();
  const tell = (jobId: string, progress: ShardProgress) => {
    const before = told.get(jobId) ?? { pictures: 0, errors: 0 };
    // a shard that is done a second time begins again from nothing
    if (progress.pictures <= before.pictures) return;
    told.set(jobId, progress);
    watch.advance(progress.pictures - before.pictures, Math.max(0, progress.errors - before.errors));
  };
  const own = new Map(open.map((index) => [`${id}-${index}`, index]));
  events.on("progress", ({ jobId, data }) => {
    const progress = shardProgress.safeParse(data);
    if (own.has(jobId) && progress.success) tell(jobId, progress.data);
  });
  const stopped = new Promise<never>((_, reject) => {
    const stop = () =>
      reject(new SightlineError("aborted", "the audit was cancelled", { cause: watch.signal?.reason }));
    if (watch.signal?.aborted) stop();
    watch.signal?.addEventListener("abort", stop, { once: true });
  });
  stopped.catch(() => {});
  const running = new Map<string, Promise<void>>();
  try {
    for (const [jobId, index] of own) {
      while (running.size >= (await room(queue))) await Promise.race([stopped, ...running.values()]);
      const shard = finished(work, jobId, index).then((errors) => {
        tell(jobId, { pictures: shardItems(work.plan, index).length, errors });
        running.delete(jobId);
      });
      shard.catch(() => {});
      running.set(jobId, shard);
    }
    await Promise.race([stopped, Promise.all(running.values())]);
  } catch (error) {
    // what no worker has begun yet is taken back
    await Promise.allSettled([...running.keys()].map((jobId) => queue.remove(jobId)));
    throw error;
  }
}

const room = async (queue: Queue<ShardJob>) =>
  Math.max(FEWEST_WAITING, SHARDS_A_WORKER * (await queue.getWorkersCount().catch(() => 0)));

/** One shard, from the queue to the audit's own storage; how many of its pictures have errors. */
async function finished(work: Distribution, jobId: string, index: number): Promise<number> {
  const { plan, queue, events, place, folder, storage } = work;
  const { rows, maps, thumbnails } = shardFiles(index);
  const before = await queue.getJob(jobId);
  if (before && ((await before.isCompleted()) || (await before.isFailed()))) await before.remove();
  const data: ShardJob = {
    format: "sightline-shard",
    formatVersion: 1,
    place,
    folder,
    index,
    items: [...shardItems(plan, index)],
    settings: plan.manifest.settings,
  };
  const options = { jobId, attempts: ATTEMPTS, backoff: { type: "exponential", delay: FIRST_RETRY } };
  let job: Job<ShardJob>;
  for (;;) {
    // the same name again changes nothing while the queue knows it
    job = await queue.add("shard", data, options);
    const errors: unknown = await job.waitUntilFinished(events, RECHECK).catch(() => undefined);
    const state = await job.getState();
    if (state === "failed") {
      const { failedReason } = (await queue.getJob(jobId)) ?? job;
      throw new SightlineError("audit-failed", `shard ${index} failed on every worker that tried: ${failedReason}`, {
        received: failedReason,
        next: "mend that and run the audit again: it goes on where it was",
      });
    }
    if (state !== "completed") continue;
    const names = folder === "" ? [rows] : [maps, thumbnails, rows];
    for (const name of names) {
      const file = await storage.read(name);
      if (!file) {
        throw new SightlineError("audit-failed", `a worker finished shard ${index}, but ${name} is not in ${place}`, {
          next: "start workers that see the same folder, or give both the same --shards",
        });
      }
      if (folder !== "") await plan.storage.write(name, file);
    }
    if (folder !== "") for (const name of names) await storage.remove(name);
    await job.remove();
    return typeof errors === "number" ? errors : 0;
  }
}

const placed = (place: string, folder: string) =>
  storageAt(folder === "" ? place : `${place.replace(/\/+$/, "")}/${folder}`);

export interface WorkOptions extends Control {
  /** Address of the queue: `redis://…`. */
  queue: string;
  /** Where this machine sees what the audit calls its shards: a folder or `s3://bucket/prefix`. */
  shards?: string;
  /** Where this machine sees the pictures' folder. */
  pictures?: string;
  /** Pictures that are decoded and explained side by side. */
  concurrency?: number;
  /** Seconds without a sign of life after which another worker takes up a shard. */
  stalledAfter?: number;
  /** Called when shards can be taken, for each shard begun and done, and for what goes wrong. */
  onEvent?(event: WorkEvent): void;
}

export type WorkEvent =
  | { readonly kind: "ready" }
  | { readonly kind: "begun"; readonly index: number; readonly pictures: number }
  | { readonly kind: "done"; readonly index: number; readonly pictures: number; readonly errors: number }
  | { readonly kind: "problem"; readonly message: string };

const WORK_OPTIONS = [
  "queue",
  "shards",
  "pictures",
  "concurrency",
  "stalledAfter",
  "onEvent",
  "signal",
] as const satisfies readonly (keyof WorkOptions)[];

/**
 * Takes shards of audits of this model from a queue until the signal fires, which lets begun shards be finished. Any
 * number of machines may do so; a shard of one that dies or falls silent is taken up by another, and what both store is
 * the same.
 * @returns how many shards were done
 * @throws SightlineError `not-installed`, `queue-failed`, `bad-config`
 */
export async function workOnAudits(model: Model, options: WorkOptions): Promise<number> {
  checkKeys(options, WORK_OPTIONS, "workOnAudits");
  const { stalledAfter = 30, onEvent, signal } = options;
  const { bullmq, reach, name } = await redisQueue(options.queue, model);
  await using crew = await Crew.of(model, options.concurrency);
  const underWay = new Set<Promise<number>>();
  let done = 0;
  const worker = new bullmq.Worker<unknown, number>(
    name,
    async (job) => {
      const task = shardJob.safeParse(job.data);
      if (!task.success) throw new bullmq.UnrecoverableError("this worker's version does not know this kind of shard");
      const shard = { index: task.data.index, pictures: task.data.items.length };
      onEvent?.({ kind: "begun", ...shard });
      const taken = takeUp(crew, task.data, options, (progress) => job.updateProgress(progress));
      underWay.add(taken);
      const errors = await taken.finally(() => underWay.delete(taken));
      done += 1;
      onEvent?.({ kind: "done", ...shard, errors });
      return errors;
    },
    {
      connection: connectionTo(options.queue),
      // the next shard is begun while the last pictures of one are stored
      concurrency: 2,
      lockDuration: 1000 * stalledAfter,
      stalledInterval: 1000 * stalledAfter,
      maxStalledCount: MOST_STALLS,
    },
  );
  const problem = ({ message }: Error) => onEvent?.({ kind: "problem", message });
  worker.on("error", problem);
  worker.on("failed", (_, error) => problem(error));
  const stopped = new Promise<void>((resolve) => {
    if (signal?.aborted) resolve();
    signal?.addEventListener("abort", () => resolve(), { once: true });
  });
  const ready = worker.waitUntilReady().then(() => onEvent?.({ kind: "ready" }));
  await Promise.race([ready, stopped]);
  await stopped;
  const gone = await reach().then(
    () => false,
    () => true,
  );
  if (gone) await Promise.allSettled(underWay);
  await worker.close(gone);
  return done;
}

/** Milliseconds between two reports of a shard's progress. */
const PACE = 500;

async function takeUp(
  crew: Crew,
  { place, folder, index, items, settings }: ShardJob,
  options: WorkOptions,
  report: (progress: ShardProgress) => Promise<unknown>,
): Promise<number> {
  const { pictures } = options;
  const storage = await placed(options.shards ?? place, folder);
  const here = pictures === undefined ? items : items.map((item) => movedTo(pictures, item));
  let looked = 0;
  let errors = 0;
  let told = performance.now();
  const work = { index, items: here, settings, storage };
  await workShard(crew, work, {
    picture: ({ row }) => {
      looked += 1;
      if (row.error) errors += 1;
      if (performance.now() - told < PACE) return;
      told = performance.now();
      report({ pictures: looked, errors }).catch(() => {});
    },
  });
  return errors;
}

/**
 * The same picture where this machine sees it.
 * @throws SightlineError `bad-data` where that is outside the folder
 */
function movedTo(folder: string, { file, path, mask, ...item }: AuditItem): AuditItem {
  const inside = (name: string) => {
    const place = resolve(folder, name);
    if (place.startsWith(resolve(folder) + sep)) return place;
    throw new SightlineError("bad-data", `'${name}' is not in the pictures' folder`, { received: name });
  };
  const root = file.endsWith(path) ? file.slice(0, -path.length) : undefined;
  const moved = root !== undefined && mask !== undefined ? inside(relative(root, mask)) : mask;
  return { ...item, path, file: inside(path), ...(moved !== undefined && { mask: moved }) };
}
