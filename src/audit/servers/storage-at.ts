import { folderStorage } from "../shards/folder-storage.js";
import type { Storage } from "../shards/storage.js";
import { s3Storage } from "./s3.js";

/** @param location a folder, or `s3://bucket/prefix` */
export function storageAt(location: string): Promise<Storage> | Storage {
  return location.startsWith("s3:") ? s3Storage(location) : folderStorage(location);
}
