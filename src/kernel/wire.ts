import { createHmac, getHashes, randomUUID, timingSafeEqual } from "node:crypto";

/** The version of the Jupyter messaging protocol that the kernel speaks. */
export const PROTOCOL_VERSION = "5.3";

const DELIMITER = Buffer.from("<IDS|MSG>");

export interface Header {
  msg_id: string;
  msg_type: string;
  session: string;
  username: string;
  date: string;
  version: string;
  [key: string]: unknown;
}

/** A message of the Jupyter protocol, as it came. */
export interface Message {
  /** Routing prefixes of the ZeroMQ envelope. */
  identities: Uint8Array[];
  header: Header;
  parentHeader: Partial<Header>;
  metadata: Record<string, unknown>;
  content: Record<string, unknown>;
  buffers: Uint8Array[];
}

/** What a sender fills in; the rest is made by {@link encode}. */
export interface Outgoing {
  type: string;
  /** JSON text. */
  content: string;
  parent?: Partial<Header>;
  /** JSON text. */
  metadata?: string;
  buffers?: readonly Uint8Array[];
  identities?: readonly Uint8Array[];
  /** Its id, where the sender must know it. */
  id?: string;
}

/** Why a message was refused; the kernel logs it and goes on. */
export class WireError extends Error {
  override readonly name = "WireError";
}

/** Signs and verifies messages; with an empty key nothing is signed, as the protocol says. */
export class Signer {
  readonly #hash: string;
  readonly #key: string;
  readonly #seen = new Set<string>();

  /** @param scheme `hmac-<hash>` with any hash that Node's crypto knows */
  constructor(key: string, scheme = "hmac-sha256") {
    const hash = /^hmac-(.+)$/.exec(scheme)?.[1] ?? "";
    if (key && !getHashes().some((known) => known.toLowerCase() === hash.toLowerCase())) {
      throw new WireError(`unknown signature scheme '${scheme}'`);
    }
    this.#hash = hash;
    this.#key = key;
  }

  sign(parts: readonly Uint8Array[]): string {
    if (!this.#key) return "";
    const hmac = createHmac(this.#hash, this.#key);
    for (const part of parts) hmac.update(part);
    return hmac.digest("hex");
  }

  /** Checks a signature in constant time and refuses one that was seen before. */
  verify(signature: Uint8Array, parts: readonly Uint8Array[]): void {
    if (!this.#key) return;
    const expected = Buffer.from(this.sign(parts));
    if (signature.length !== expected.length || !timingSafeEqual(signature, expected)) {
      throw new WireError("bad signature");
    }
    const text = expected.toString();
    if (this.#seen.has(text)) throw new WireError("replayed message");
    this.#seen.add(text);
    if (this.#seen.size > REPLAY_MEMORY) {
      let surplus = REPLAY_MEMORY / 4;
      for (const old of this.#seen) {
        if (surplus-- <= 0) break;
        this.#seen.delete(old);
      }
    }
  }
}

const REPLAY_MEMORY = 65_536;

/** A verified message whose JSON is not read yet. */
export interface Sealed {
  identities: Uint8Array[];
  /** Header, parent header, metadata, content: JSON as it came. */
  parts: string[];
  buffers: Uint8Array[];
}

/** Splits and verifies frames without reading their JSON. */
export function unwrap(signer: Signer, frames: readonly Uint8Array[]): Sealed {
  const at = frames.findIndex((frame) => frame.length === DELIMITER.length && DELIMITER.equals(frame));
  if (at < 0) throw new WireError("no delimiter");
  if (frames.length < at + 6) throw new WireError("truncated message");
  const parts = frames.slice(at + 2, at + 6);
  signer.verify(frames[at + 1], parts);
  return {
    identities: frames.slice(0, at),
    parts: parts.map((part) => Buffer.from(part.buffer, part.byteOffset, part.byteLength).toString()),
    buffers: frames.slice(at + 6),
  };
}

/** Reads the JSON of a verified message. */
export function parse({ identities, parts, buffers }: Sealed): Message {
  const [header, parentHeader, metadata, content] = parts.map(parsePart);
  if (typeof header.msg_type !== "string" || typeof header.msg_id !== "string") throw new WireError("bad header");
  return { identities, header: header as Header, parentHeader, metadata, content, buffers };
}

function parsePart(part: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(part);
  } catch (cause) {
    throw new WireError("a part is not JSON", { cause });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new WireError("a part is no object");
  return value as Record<string, unknown>;
}

/** The frames of a message; binary buffers are the caller's memory, not copies. */
export function encode(signer: Signer, session: string, message: Outgoing): Uint8Array[] {
  const { type, content, parent = {}, metadata = "{}", buffers = [], identities = [], id = randomUUID() } = message;
  const header: Header = {
    msg_id: id,
    msg_type: type,
    session,
    username: "kernel",
    date: new Date().toISOString(),
    version: PROTOCOL_VERSION,
  };
  const parts = [JSON.stringify(header), JSON.stringify(parent), metadata, content].map((part) => Buffer.from(part));
  return [...identities, DELIMITER, Buffer.from(signer.sign(parts)), ...parts, ...buffers];
}

/** The bytes behind a typed array, a DataView or an ArrayBuffer, not copied. */
export function bytesOf(buffer: ArrayBufferView | ArrayBuffer): Uint8Array {
  return ArrayBuffer.isView(buffer)
    ? new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength)
    : new Uint8Array(buffer);
}
