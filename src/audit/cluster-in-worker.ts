import { Worker } from "node:worker_threads";
import { throwIfAborted } from "../core/errors.js";
import type { SpectralResult } from "./clusters.js";

export interface ClusterWork {
  readonly rows: readonly Float32Array[];
  readonly seed: number;
}

export interface Clusters extends SpectralResult {
  /** Two coordinates of each row by UMAP. */
  readonly scattered: readonly (readonly [number, number])[];
}

/**
 * Groups and scatters rows in a thread of its own: it takes seconds, in which the caller's thread stays free.
 * @throws SightlineError `aborted`
 */
export async function clustersAside(work: ClusterWork, signal?: AbortSignal): Promise<Clusters> {
  throwIfAborted(signal);
  const worker = new Worker(new URL("./cluster-worker.js", import.meta.url), { workerData: work, execArgv: [] });
  const stop = () => void worker.terminate();
  signal?.addEventListener("abort", stop);
  try {
    return await new Promise<Clusters>((resolve, reject) => {
      worker.once("message", resolve);
      worker.once("error", reject);
      worker.once("exit", () => reject(new Error("the thread that looks for clusters ended")));
    });
  } catch (error) {
    throwIfAborted(signal);
    throw error;
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}
