import { parentPort, workerData } from "node:worker_threads";
import type { ClusterWork } from "./cluster-in-worker.js";
import { spectralClusters, umapCoordinates } from "./clusters.js";

const { rows, seed } = workerData as ClusterWork;
parentPort?.postMessage({ ...spectralClusters(rows, { seed }), scattered: await umapCoordinates(rows, { seed }) });
