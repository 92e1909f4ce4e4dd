import { sha256 as noble } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import type { Sha256 } from "../hash.js";

const bytesOf = (piece: Uint8Array | string) => (typeof piece === "string" ? new TextEncoder().encode(piece) : piece);

/** By library: the browser's own hash cannot be fed piece by piece, nor asked without waiting. */
export function createSha256(): Sha256 {
  const hash = noble.create();
  return {
    update: (piece) => void hash.update(bytesOf(piece)),
    hex: () => bytesToHex(hash.clone().digest()),
  };
}

/** The SHA-256 of pieces, one behind the other, as 64 hexadecimal digits. */
export function sha256(...pieces: readonly (Uint8Array | string)[]): string {
  const hash = createSha256();
  for (const piece of pieces) hash.update(piece);
  return hash.hex();
}

/** The same of large pieces, by the quickest way that there is: the browser's own hash, which pages without https have not. */
export async function digest(...pieces: readonly Uint8Array[]): Promise<string> {
  if (!globalThis.crypto?.subtle) return sha256(...pieces);
  const parts = pieces as readonly Uint8Array<ArrayBuffer>[];
  const whole = parts.length === 1 ? parts[0] : await new Blob([...parts]).arrayBuffer();
  return bytesToHex(new Uint8Array(await crypto.subtle.digest("SHA-256", whole)));
}
