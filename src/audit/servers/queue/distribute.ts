import { createHash } from "node:crypto";
import { hostname } from "node:os";
import { resolve } from "node:path";
import type { Job, Queue, QueueEvents } from "bullmq";
import { SightlineError } from "../../../core/errors.js";
import type { Model } from "../../../model/types.js";
import type { AuditOptions } from "../../options.js";
import type { AuditPlan } from "../../plan.js";
import { type ShardWatch, shardItems, watchShards } from "../../shards/run-shards.js";
import { SHARD_FOLDERS, shardFiles } from "../../shards/shard.js";
import type { Storage } from "../../shards/storage.js";
import { connectionTo, connectQueue } from "./connect.js";
import { type ShardJob, type ShardProgress, shardProgress, shardStorage } from "./shard-job.js";

/** A shard that fails is given to the queue so many times, at growing intervals. */
const ATTEMPTS = 4;
const FIRST_RETRY = 1000;
/** The queue holds this many shards for each worker, and no fewer than these; the next one waits for room. */
const SHARDS_PER_WORKER = 4;
const FEWEST_WAITING = 16;
/** Milliseconds after which a shard is asked for although no event came. */
const RECHECK = 30_000;

/**
 * Gives the open shards of an audit to a queue and waits until workers have done them all. The queue never holds more
 * than a few shards for each worker. An interrupted audit leaves shards that workers finish, and collects them when it
 * resumes.
 * @throws SightlineError `not-installed`, `queue-failed`, `audit-failed`, `aborted`
 */
export async function distributeShards(
  model: Model,
  plan: AuditPlan,
  options: Pick<AuditOptions, "out" | "queue" | "shards" | "signal" | "onProgress"> & { queue: string },
): Promise<void> {
  const { bullmq, name } = await connectQueue(options.queue, model);
  const connection = connectionTo(options.queue);
  const queue = new bullmq.Queue<ShardJob>(name, { connection });
  const events = new bullmq.QueueEvents(name, { connection });
  // lost connections are restored by themselves
  queue.on("error", () => {});
  events.on("error", () => {});
  // every shard under way listens
  queue.setMaxListeners(0);
  events.setMaxListeners(0);
  const id = createHash("sha256")
    .update(JSON.stringify([hostname(), resolve(options.out), plan.manifest]))
    .digest("hex")
    .slice(0, 16);
  const location = options.shards ?? options.out;
  const place = location.startsWith("s3:") ? location : resolve(location);
  const folder = options.shards === undefined ? "" : id;
  const storage = await shardStorage(place, folder);
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
  /** Where workers put their results. */
  readonly storage: Storage;
}

async function distribute(work: Distribution, open: readonly number[], watch: ShardWatch): Promise<void> {
  const { queue, events, id } = work;
  const reported = new Map<string, ShardProgress>();
  const report = (jobId: string, progress: ShardProgress) => {
    const before = reported.get(jobId) ?? { pictures: 0, errors: 0 };
    // a shard that is retried starts from nothing
    if (progress.pictures <= before.pictures) return;
    reported.set(jobId, progress);
    watch.advance(progress.pictures - before.pictures, Math.max(0, progress.errors - before.errors));
  };
  const jobs = new Map(open.map((index) => [`${id}-${index}`, index]));
  events.on("progress", ({ jobId, data }) => {
    const progress = shardProgress.safeParse(data);
    if (jobs.has(jobId) && progress.success) report(jobId, progress.data);
  });
  const aborted = rejectOnAbort(watch.signal);
  const running = new Map<string, Promise<void>>();
  try {
    for (const [jobId, index] of jobs) {
      while (running.size >= (await mostRunning(queue))) await Promise.race([aborted, ...running.values()]);
      const shard = runOnQueue(work, jobId, index).then((errors) => {
        report(jobId, { pictures: shardItems(work.plan, index).length, errors });
        running.delete(jobId);
      });
      shard.catch(() => {});
      running.set(jobId, shard);
    }
    await Promise.race([aborted, Promise.all(running.values())]);
  } catch (error) {
    // what no worker has begun yet is taken back
    await Promise.allSettled([...running.keys()].map((jobId) => queue.remove(jobId)));
    throw error;
  }
}

function rejectOnAbort(signal: AbortSignal | undefined): Promise<never> {
  const aborted = new Promise<never>((_, reject) => {
    const abort = () => reject(new SightlineError("aborted", "the audit was cancelled", { cause: signal?.reason }));
    if (signal?.aborted) abort();
    signal?.addEventListener("abort", abort, { once: true });
  });
  aborted.catch(() => {});
  return aborted;
}

const mostRunning = async (queue: Queue<ShardJob>) =>
  Math.max(FEWEST_WAITING, SHARDS_PER_WORKER * (await queue.getWorkersCount().catch(() => 0)));

/** One shard, from the queue to the audit's own storage; how many of its pictures have errors. */
async function runOnQueue(work: Distribution, jobId: string, index: number): Promise<number> {
  const { plan, queue, events, place, folder } = work;
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
        next: "fix that, then rerun to resume",
      });
    }
    if (state !== "completed") continue;
    await collectShard(work, index);
    await job.remove();
    return typeof errors === "number" ? errors : 0;
  }
}

/** Moves a finished shard into the audit's own storage, its rows last. */
async function collectShard({ plan, place, folder, storage }: Distribution, index: number): Promise<void> {
  const own = shardFiles(index);
  const shared = folder === "";
  const names = shared ? [own.rows] : SHARD_FOLDERS.map((name) => own[name]);
  for (const name of names) {
    const file = await storage.read(name);
    if (!file) {
      throw new SightlineError("audit-failed", `a worker finished shard ${index}, but ${name} is not in ${place}`, {
        next: "start workers that see the same folder, or give both the same --shards",
      });
    }
    if (!shared) await plan.storage.write(name, file);
  }
  if (!shared) for (const name of names) await storage.remove(name);
}
