/** Lists of numbers that travel as bytes. */
const LISTS = { Uint8Array, Int32Array, Float32Array } as const;
type ListName = keyof typeof LISTS;
type List = Uint8Array | Int32Array | Float32Array;

/** A list's place in what is packed: its type, and how many bytes. */
interface Part {
  readonly list: ListName;
  readonly bytes: number;
}

const isList = (value: unknown): value is List =>
  value instanceof Uint8Array || value instanceof Int32Array || value instanceof Float32Array;

const nameOf = (list: List) => Object.entries(LISTS).find(([, kind]) => list instanceof kind)?.[0] as ListName;

/** JSON in which lists of numbers stand as `{ "$list": n }`, and those lists. */
export interface Packed {
  readonly json: string;
  readonly lists: readonly List[];
}

/** An answer as it travels: JSON, and lists of numbers beside it. */
export function pack(value: unknown): Packed {
  const lists: List[] = [];
  const json = JSON.stringify(value, (_, one: unknown) => {
    if (!isList(one)) return one;
    lists.push(one);
    return { $list: lists.length - 1 };
  });
  return { json: json ?? "null", lists };
}

/** What {@link pack} made, as one run of bytes: the length of a head, the head, each list's bytes. */
export function toBytes({ json, lists }: Packed): Uint8Array {
  const parts: Part[] = lists.map((list) => ({ list: nameOf(list), bytes: list.byteLength }));
  const head = new TextEncoder().encode(JSON.stringify({ json, parts }));
  const bytes = new Uint8Array(4 + head.length + lists.reduce((sum, { byteLength }) => sum + byteLength, 0));
  new DataView(bytes.buffer).setUint32(0, head.length, true);
  bytes.set(head, 4);
  let at = 4 + head.length;
  for (const list of lists) {
    bytes.set(new Uint8Array(list.buffer, list.byteOffset, list.byteLength), at);
    at += list.byteLength;
  }
  return bytes;
}

/** What {@link toBytes} was given {@link pack} of. */
export function fromBytes({ buffer, byteOffset, byteLength }: Uint8Array): unknown {
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  const start = 4 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(bytes.subarray(4, start))) as { json: string; parts: Part[] };
  let at = start;
  const lists = head.parts.map(({ list, bytes: length }) => {
    const own = bytes.slice(at, at + length).buffer;
    at += length;
    return new LISTS[list](own);
  });
  return JSON.parse(head.json, (_, one: unknown) => {
    const place = (one as { $list?: unknown } | null)?.$list;
    return typeof place === "number" ? lists[place] : one;
  });
}
