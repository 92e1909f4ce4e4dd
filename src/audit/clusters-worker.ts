import { parentPort, workerData } from "node:worker_threads";
import { spectralClusters, umapCoordinates } from "./clusters.js";
import type { ClusterWork } from "./clusters-aside.js";

const { rows, seed } = workerData as ClusterWork;
parentPort?.postMessage({ ...spectralClusters(rows, { seed }), scattered: await umapCoordinates(rows, { seed }) });
