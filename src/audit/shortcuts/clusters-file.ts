import { parquetWriteBuffer } from "hyparquet-writer";
import type { ShortcutReport } from "./types.js";

/** `clusters.parquet`: which pictures were clustered, and where each is in the scatters. */
export function clustersFile({ points }: ShortcutReport): Uint8Array {
  const coordinate = (key: "x" | "y" | "u" | "v") => ({
    name: key,
    type: "DOUBLE" as const,
    data: points.map((point) => point[key]),
  });
  const path = { name: "path", type: "STRING" as const, data: points.map((point) => point.path) };
  const cluster = { name: "cluster", type: "INT32" as const, data: points.map((point) => point.cluster) };
  const columnData = [path, cluster, coordinate("x"), coordinate("y"), coordinate("u"), coordinate("v")];
  return new Uint8Array(parquetWriteBuffer({ columnData }));
}
