import type { Serve } from "../../platform/threads.js";
import type { ClusterRequest, Clusters } from "./cluster-in-worker.js";
import { spectralClusters, umapCoordinates } from "./clusters.js";

export const serve: Serve<never, Clusters, ClusterRequest> = async (port, { rows, seed }) => {
  port.post({ ...spectralClusters(rows, { seed }), scattered: await umapCoordinates(rows, { seed }) });
};
