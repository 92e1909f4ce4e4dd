import { checkKeys } from "../../../core/checks.js";
import { SightlineError } from "../../../core/errors.js";
import { checkOptions, type Limits } from "../../../core/options.js";
import { checkModel } from "../../../model/check-model.js";
import { checkDevices, type Device } from "../../../model/device.js";
import type { Control, Model } from "../../../model/types.js";
import { ModelPool } from "../../model-pool.js";
import { runShard } from "../../shards/run-shards.js";
import { connectionTo, connectQueue } from "./connect.js";
import { ServedPlaces } from "./served-places.js";
import { type ShardJob, type ShardProgress, shardJob, shardStorage } from "./shard-job.js";

/** Options of {@link workOnAudits}. */
export interface WorkOptions extends Control {
  /** Address of the queue: `redis://…`. */
  queue: string;
  /**
   * Where this machine sees what the audit calls its shards: a folder or `s3://bucket/prefix`. Without it, audits may name
   * folders below the one that the process works in, and no other place.
   */
  shards?: string;
  /**
   * Where this machine sees the pictures' folder. Without it, audits may name pictures below the folder that the process
   * works in, and no others.
   */
  pictures?: string;
  /** Pictures that are decoded and explained side by side. */
  concurrency?: number;
  /** Devices that examine pictures side by side, such as ["cuda:0", "cuda:1"]; the model's own when absent. */
  devices?: readonly Device[];
  /** Seconds without a sign of life after which another worker retries a shard. */
  stalledAfter?: number;
  /** Called when shards can be taken, for each shard begun and done, and for what goes wrong. */
  onEvent?(event: WorkEvent): void;
}

/** What a worker of {@link workOnAudits} tells: that it is ready, a shard begun or done, a problem. */
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
  "devices",
  "stalledAfter",
  "onEvent",
  "signal",
] as const satisfies readonly (keyof WorkOptions)[];

const LIMITS: Limits<Pick<WorkOptions, "concurrency" | "stalledAfter">> = {
  concurrency: { from: 1, whole: true },
  stalledAfter: { above: 0 },
};

/** A shard whose workers die is retried so often. */
const MOST_STALLS = 5;

/** What is behind the `workOnAudits` of index.ts. */
export async function workOnAudits(model: Model, options: WorkOptions): Promise<number> {
  checkModel(model);
  checkKeys(options ?? {}, WORK_OPTIONS, "workOnAudits");
  checkOptions("workOnAudits", LIMITS, options ?? {});
  await checkDevices(options?.devices);
  const { bullmq, ping, name } = await connectQueue(options?.queue, model);
  const { stalledAfter = 30, onEvent, signal } = options;
  const places = new ServedPlaces(options);
  await using pool = await ModelPool.open(model, options);
  const running = new Set<Promise<number>>();
  let done = 0;
  const worker = new bullmq.Worker<unknown, number>(
    name,
    async (job) => {
      const parsed = shardJob.safeParse(job.data);
      if (!parsed.success) throw new bullmq.UnrecoverableError("this is not a shard that this worker's version knows");
      const { index, items } = parsed.data;
      const shard = { index, pictures: items.length };
      onEvent?.({ kind: "begun", ...shard });
      const local = served(parsed.data, places, (refusal) => new bullmq.UnrecoverableError(refusal));
      const work = runJob(pool, local, (progress) => job.updateProgress(progress));
      running.add(work);
      const errors = await work.finally(() => running.delete(work));
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
  const onProblem = ({ message }: Error) => onEvent?.({ kind: "problem", message });
  worker.on("error", onProblem);
  worker.on("failed", (_, error) => onProblem(error));
  const stopped = new Promise<void>((resolve) => {
    if (signal?.aborted) resolve();
    signal?.addEventListener("abort", () => resolve(), { once: true });
  });
  const ready = worker.waitUntilReady().then(() => onEvent?.({ kind: "ready" }));
  await Promise.race([ready, stopped]);
  await stopped;
  const serverGone = await ping().then(
    () => false,
    () => true,
  );
  if (serverGone) await Promise.allSettled(running);
  await worker.close(serverGone);
  return done;
}

/** A shard as this machine sees it; one that names other places is not tried again. */
function served(job: ShardJob, places: ServedPlaces, refuse: (refusal: string) => Error): ShardJob {
  try {
    return { ...job, place: places.shardsOf(job.place), items: job.items.map((item) => places.localItem(item)) };
  } catch (error) {
    throw error instanceof SightlineError ? refuse(error.message) : error;
  }
}

/** Milliseconds between two reports of a shard's progress. */
const REPORT_INTERVAL = 500;

/** Runs one shard; how many of its pictures have errors. */
async function runJob(
  pool: ModelPool,
  { place, folder, index, items, settings }: ShardJob,
  report: (progress: ShardProgress) => Promise<unknown>,
): Promise<number> {
  const storage = await shardStorage(place, folder);
  let done = 0;
  let errors = 0;
  let reportedAt = performance.now();
  await runShard(
    pool,
    { index, items, settings, storage },
    {
      onPicture: ({ row }) => {
        done += 1;
        if (row.error) errors += 1;
        if (performance.now() - reportedAt < REPORT_INTERVAL) return;
        reportedAt = performance.now();
        report({ pictures: done, errors }).catch(() => {});
      },
    },
  );
  return errors;
}
