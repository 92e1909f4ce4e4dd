import { Worker } from "node:worker_threads";
import { throwIfAborted } from "../../core/errors.js";
import type { SpectralResult } from "./clusters.js";

export interface ClusterRequest {
  readonly rows: readonly Float32Array[];
  readonly seed: number;
}

export interface Clusters extends SpectralResult {
  /** Two coordinates of each row by UMAP. */
  readonly scattered: readonly (readonly [number, number])[];
}

/**
 * Groups and scatters rows in a worker thread: it takes seconds, in which the caller's thread stays free.
 * @throws SightlineError `aborted`
 */
export async function clusterInWorker(request: ClusterRequest, signal?: AbortSignal): Promise<Clusters> {
  throwIfAborted(signal);
  const worker = new Worker(new URL("./cluster-worker.js", import.meta.url), { workerData: request, execArgv: [] });
  const terminate = () => void worker.terminate();
  signal?.addEventListener("abort", terminate);
  try {
    return await new Promise<Clusters>((resolve, reject) => {
      worker.once("message", resolve);
      worker.once("error", reject);
      worker.once("exit", () => reject(new Error("the clustering thread ended")));
    });
  } catch (error) {
    throwIfAborted(signal);
    throw error;
  } finally {
    signal?.removeEventListener("abort", terminate);
  }
}
