import { createHash } from "node:crypto";
import type { Sha256 } from "../hash.js";

export function createSha256(): Sha256 {
  const hash = createHash("sha256");
  return {
    update: (piece) => void hash.update(piece),
    hex: () => hash.copy().digest("hex"),
  };
}

/** The SHA-256 of pieces, one behind the other, as 64 hexadecimal digits. */
export function sha256(...pieces: readonly (Uint8Array | string)[]): string {
  const hash = createSha256();
  for (const piece of pieces) hash.update(piece);
  return hash.hex();
}

/** The same of large pieces, by the quickest way that there is. */
export const digest = async (...pieces: readonly Uint8Array[]): Promise<string> => sha256(...pieces);
