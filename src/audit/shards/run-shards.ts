import { allowManyListeners } from "#platform/signals";
import { SightlineError, throwIfAborted } from "../../core/errors.js";
import { longWork } from "../../core/work.js";
import type { Control, Model } from "../../model/types.js";
import type { AuditManifest } from "../manifest.js";
import { ModelPool } from "../model-pool.js";
import type { AuditOptions } from "../options.js";
import { type Examined, examine } from "../pictures/examine.js";
import type { AuditPlan } from "../plan.js";
import type { AuditItem } from "../sources/item.js";
import { SHARD, shardFiles, writeShard } from "./shard.js";
import type { Storage } from "./storage.js";

/** Shards whose rows are not stored yet. */
export async function openShards({ manifest: { shards }, storage }: AuditPlan): Promise<number[]> {
  const stored = new Set((await storage.list("rows")).map((name) => `rows/${name}`));
  return Array.from({ length: shards }, (_, index) => index).filter((index) => !stored.has(shardFiles(index).rows));
}

/** The pictures of a shard. */
export const shardItems = ({ items }: AuditPlan, index: number) => items.slice(index * SHARD, (index + 1) * SHARD);

/** Pictures that are examined together and stored together; all that a machine needs to know to do it. */
export interface ShardWork {
  readonly index: number;
  readonly items: readonly AuditItem[];
  readonly settings: AuditManifest["settings"];
  readonly storage: Storage;
}

export interface ShardControl extends Control {
  onPicture?(examined: Examined): void;
}

/** Examines the pictures of one shard, several side by side, and stores them. */
export async function runShard(
  pool: ModelPool,
  { index, items, settings, storage }: ShardWork,
  { onPicture, signal }: ShardControl = {},
): Promise<void> {
  let failed = false;
  const examineItem = async (model: Model, item: AuditItem) => {
    throwIfAborted(signal);
    if (failed) throw new SightlineError("audit-failed", "another picture of the shard failed");
    const examined = await examine(model, item, { ...settings, signal });
    onPicture?.(examined);
    return examined;
  };
  const examined = await Promise.all(items.map((item) => pool.run((model) => examineItem(model, item)))).catch(
    (error) => {
      failed = true;
      throw error;
    },
  );
  await writeShard(storage, index, examined);
}

/** Shards under way, wherever they run. */
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
    if (shown.signal) allowManyListeners(shown.signal);
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

/** Runs all open shards on this machine; decoding, inference and writing overlap. */
export function runShards(
  model: Model,
  plan: AuditPlan,
  options: Pick<AuditOptions, "concurrency" | "devices" | "signal" | "onProgress"> = {},
): Promise<void> {
  const { settings } = plan.manifest;
  return watchShards(plan, options, async (open, { signal, advance }) => {
    if (open.length === 0) return;
    await using pool = await ModelPool.open(model, options);
    const onPicture = ({ row }: Examined) => advance(1, row.error ? 1 : 0);
    // the next shard begins while the last pictures of this one are examined and stored
    let previous: Promise<void> = Promise.resolve();
    for (const index of open) {
      const work = { index, items: shardItems(plan, index), settings, storage: plan.storage };
      const current = runShard(pool, work, { signal, onPicture });
      current.catch(() => {});
      await previous;
      previous = current;
    }
    await previous;
  });
}
