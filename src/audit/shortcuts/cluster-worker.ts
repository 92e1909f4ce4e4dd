import { parentPort, workerData } from "node:worker_threads";
import type { ClusterRequest } from "./cluster-in-worker.js";
import { spectralClusters, umapCoordinates } from "./clusters.js";

const { rows, seed } = workerData as ClusterRequest;
parentPort?.postMessage({ ...spectralClusters(rows, { seed }), scattered: await umapCoordinates(rows, { seed }) });
