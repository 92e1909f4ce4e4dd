/** A place inside a state: keys and indices from its root. */
export type BufferPath = readonly (string | number)[];

/** A state as it travels: JSON, and its binary values beside it, each with its place. */
export interface SplitState {
  readonly state: Record<string, unknown>;
  readonly buffer_paths: readonly BufferPath[];
  readonly buffers: readonly Uint8Array[];
}

/** Objects that stand for themselves by a text in JSON, as widgets do. */
export const referenceSymbol: unique symbol = Symbol("reference");

/** Takes the binary values out of a state (they become null in lists, and are left out of objects). */
export function splitBuffers(values: Readonly<Record<string, unknown>>): SplitState {
  const buffer_paths: BufferPath[] = [];
  const buffers: Uint8Array[] = [];
  const keep = (bytes: Uint8Array, path: BufferPath) => {
    buffer_paths.push(path);
    buffers.push(bytes);
  };
  const walkObject = (object: object, path: BufferPath): Record<string, unknown> => {
    const out: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(object)) {
      if (value === undefined) continue;
      const bytes = asBytes(value);
      if (bytes) keep(bytes, [...path, key]);
      else out[key] = walk(value, [...path, key]);
    }
    return out;
  };
  const walk = (value: unknown, path: BufferPath): unknown => {
    if (typeof value !== "object" || value === null) return value;
    if (referenceSymbol in value) return value[referenceSymbol];
    if (!Array.isArray(value)) return walkObject(value, path);
    return value.map((item: unknown, index) => {
      const bytes = asBytes(item);
      if (!bytes) return walk(item, [...path, index]);
      keep(bytes, [...path, index]);
      return null;
    });
  };
  return { state: walkObject(values, []), buffer_paths, buffers };
}

/** Puts binary values back in the places that {@link splitBuffers} took them from; paths to anywhere else are ignored. */
export function joinBuffers(
  state: Record<string, unknown>,
  paths: readonly unknown[],
  buffers: readonly unknown[],
): Record<string, unknown> {
  for (const [i, path] of paths.entries()) {
    const keys: readonly unknown[] = Array.isArray(path) ? path : [];
    const last = keys.at(-1);
    const place = keys.slice(0, -1).reduce(valueBehind, state);
    if (Array.isArray(place)) {
      if (isIndexOf(place, last)) place[last] = buffers[i];
    } else if (isRecord(place) && typeof last === "string" && !(last in place)) place[last] = buffers[i];
  }
  return state;
}

/** What lies behind a key that came from outside, if anything does. */
function valueBehind(value: unknown, key: unknown): unknown {
  if (Array.isArray(value)) return isIndexOf(value, key) ? value[key] : undefined;
  return isRecord(value) && typeof key === "string" && Object.hasOwn(value, key) ? value[key] : undefined;
}

function isIndexOf(list: readonly unknown[], key: unknown): key is number {
  return typeof key === "number" && Number.isInteger(key) && key >= 0 && key < list.length;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** The bytes of a typed array or buffer, not copied; undefined for anything else. */
export function asBytes(value: unknown): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value;
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return value instanceof ArrayBuffer ? new Uint8Array(value) : undefined;
}

/** The values of a typed array as bytes, not copied. */
export function bytes(values: Float32Array | Int32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
