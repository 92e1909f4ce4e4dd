/** A SHA-256 that is fed piece by piece. */
export interface Sha256 {
  update(piece: Uint8Array | string): void;
  /** The hash of all pieces so far, 64 hexadecimal digits. */
  hex(): string;
}
