import { createHmac, getHashes, randomUUID, timingSafeEqual } from "node:crypto";
import { type Header, type Message, type Outgoing, PROTOCOL_VERSION } from "../protocol.js";

const DELIMITER = Buffer.from("<IDS|MSG>");

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
    if (key && !getHashes().some((name) => name.toLowerCase() === hash.toLowerCase())) {
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

/**
 * Splits and verifies frames without reading their JSON.
 * @param largest bytes of a part that is kept; a larger one counts as empty, and its message's buffers are left out
 */
export function unwrap(signer: Signer, frames: readonly Uint8Array[], largest = Number.POSITIVE_INFINITY): Sealed {
  const at = frames.findIndex((frame) => frame.length === DELIMITER.length && DELIMITER.equals(frame));
  if (at < 0) throw new WireError("no delimiter");
  if (frames.length < at + 6) throw new WireError("truncated message");
  const parts = frames.slice(at + 2, at + 6);
  signer.verify(frames[at + 1], parts);
  return {
    identities: frames.slice(0, at),
    parts: parts.map((part) =>
      part.length > largest ? "{}" : Buffer.from(part.buffer, part.byteOffset, part.byteLength).toString(),
    ),
    buffers: parts.some(({ length }) => length > largest) ? [] : frames.slice(at + 6),
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
