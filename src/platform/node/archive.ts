import { buffer } from "node:stream/consumers";
import { type Entry, fromBufferPromise } from "yauzl";
import type { Unzip } from "../archive.js";

export const unzip: Unzip = async (archive, { entry: wanted, atMost }) => {
  const zip = await fromBufferPromise(Buffer.from(archive.buffer, archive.byteOffset, archive.byteLength));
  const entries = new Map<string, Uint8Array>();
  let size = 0;
  for await (const entry of zip.eachEntry() as AsyncIterable<Entry>) {
    if (wanted !== undefined && entry.fileName !== wanted) continue;
    size += entry.uncompressedSize;
    if (size > atMost) throw new Error(`it unpacks to more than ${atMost} bytes`);
    entries.set(entry.fileName, await buffer(await zip.openReadStreamPromise(entry)));
  }
  return entries;
};
