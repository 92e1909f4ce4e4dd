import { threadAnswer } from "../thread-answer.js";
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
 * Groups and scatters rows in a thread.
 * @throws SightlineError `aborted`
 */
export const clusterInWorker = (request: ClusterRequest, signal?: AbortSignal): Promise<Clusters> =>
  threadAnswer("audit/shortcuts/cluster-worker", request, signal);
