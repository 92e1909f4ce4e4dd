import type { Unzip } from "../archive.js";

const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;
const LOCAL_HEADER = 0x04034b50;
const LONGEST_COMMENT = 65_535;
const STORED = 0;
const DEFLATED = 8;

/** An entry of the archive's directory. */
interface Entry {
  readonly name: string;
  readonly method: number;
  readonly packed: number;
  readonly size: number;
  /** Where its local header begins. */
  readonly offset: number;
}

/** Archives below 4 GiB, unpacked by the browser's own inflater. */
export const unzip: Unzip = async (archive, { entry: wanted, atMost }) => {
  const view = new DataView(archive.buffer, archive.byteOffset, archive.byteLength);
  const entries = directory(archive, view).filter(({ name }) => wanted === undefined || name === wanted);
  const size = entries.reduce((sum, entry) => sum + entry.size, 0);
  if (size > atMost) throw new Error(`it unpacks to more than ${atMost} bytes`);
  const unpacked = new Map<string, Uint8Array>();
  for (const entry of entries) unpacked.set(entry.name, await unpack(archive, view, entry));
  return unpacked;
};

function directory(archive: Uint8Array, view: DataView): Entry[] {
  let end = archive.length - 22;
  const first = Math.max(0, end - LONGEST_COMMENT);
  while (end >= first && view.getUint32(end, true) !== END_OF_DIRECTORY) end--;
  if (end < first) throw new Error("it has no directory");
  const count = view.getUint16(end + 10, true);
  const decoder = new TextDecoder();
  const entries: Entry[] = [];
  let at = view.getUint32(end + 16, true);
  for (let i = 0; i < count; i++) {
    if (view.getUint32(at, true) !== DIRECTORY_ENTRY) throw new Error("its directory is damaged");
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((offset) => view.getUint16(at + offset, true));
    entries.push({
      name: decoder.decode(archive.subarray(at + 46, at + 46 + nameLength)),
      method: view.getUint16(at + 10, true),
      packed: view.getUint32(at + 20, true),
      size: view.getUint32(at + 24, true),
      offset: view.getUint32(at + 42, true),
    });
    at += 46 + nameLength + extraLength + commentLength;
  }
  return entries;
}

async function unpack(archive: Uint8Array, view: DataView, { name, method, packed, size, offset }: Entry) {
  if (view.getUint32(offset, true) !== LOCAL_HEADER) throw new Error(`the header of '${name}' is damaged`);
  const start = offset + 30 + view.getUint16(offset + 26, true) + view.getUint16(offset + 28, true);
  const bytes = archive.slice(start, start + packed);
  if (method === STORED) return bytes;
  if (method !== DEFLATED) throw new Error(`'${name}' is packed by the unknown method ${method}`);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const unpacked = new Uint8Array(size);
  let at = 0;
  for await (const piece of stream) {
    if (at + piece.length > size) throw new Error(`'${name}' is larger than its directory says`);
    unpacked.set(piece, at);
    at += piece.length;
  }
  if (at < size) throw new Error(`'${name}' is shorter than its directory says`);
  return unpacked;
}
