import { openThread } from "#platform/threads";
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
 * Groups and scatters rows in a thread: it takes seconds, in which the caller's thread stays free.
 * @throws SightlineError `aborted`
 */
export async function clusterInWorker(request: ClusterRequest, signal?: AbortSignal): Promise<Clusters> {
  throwIfAborted(signal);
  let end = () => {};
  try {
    return await new Promise<Clusters>((resolve, reject) => {
      const thread = openThread<never, Clusters>("audit/shortcuts/cluster-worker", {
        data: request,
        onMessage: resolve,
        onEnd: (error) => reject(error ?? new Error("the clustering thread ended")),
      });
      thread.keepAlive(true);
      end = () => void thread.end();
      signal?.addEventListener("abort", end);
    });
  } catch (error) {
    throwIfAborted(signal);
    throw error;
  } finally {
    signal?.removeEventListener("abort", end);
    end();
  }
}
